// A layer's feature maps as they are sorted and filtered; in a single file, those of several layers, each in its list.
const { one, all } = scripts.dom;
const { linkedStars, linkOf } = scripts.stars;
const { readSearch } = scripts.asking;
const { shownCards } = scripts.moving;
const { copy } = scripts.saying;

const number = card => Number(card.dataset.number);

/** Arrange them, now and whenever something asks for it; returns the lists, and what arranges them again. */
function setUpArranging(gallery, stars) {
  const maps = one("#maps"), search = one("#search"), count = one("#count");
  const lists = all(".list", maps).map(section => ({ section, layer: gallery.layers[section.dataset.layer], cards: all(".map", section) }));
  const cards = lists.flatMap(list => list.cards);

  let linked = []; // the stars of a link, to be looked at beside one's own
  const inLink = new Option("starred in the link", "linked"); // not hidden when there is none: Safari would show it
  function readLink() {
    const now = linkedStars();
    if (now.join() === linked.join() || (!now.length && location.hash)) return; // as one comes back from a map's view
    linked = now;
    if (linked.length) { one("#filter").append(inLink); one("#filter").value = "linked"; search.value = ""; }
    else inLink.remove(); // if it was chosen, "all" is now
  }

  let sorted = "number false";
  function sortCards() {
    const sort = one("#sort").value, reversed = one("#reverse").checked, sign = reversed ? -1 : 1;
    if (sorted === `${sort} ${reversed}`) return;
    sorted = `${sort} ${reversed}`;
    const of = card => sort === "number" ? -number(card) : Number(card.dataset[sort] ?? -1);
    const values = new Map(cards.map(card => [card, of(card)]));
    for (const list of lists) {
      list.cards.sort((a, b) => sign * (values.get(b) - values.get(a)) || number(a) - number(b));
      one(".maps", list.section).append(...list.cards);
    }
  }

  function arrange() {
    sortCards();
    const wanted = readSearch(search.value), filter = one("#filter").value;
    let shown = 0;
    for (const card of cards) {
      const dead = card.classList.contains("dead");
      const fits = "map" in wanted ? lists.length < 2 || number(card) === wanted.map : !wanted.text || (card.dataset.classes ?? "").toLowerCase().includes(wanted.text);
      card.hidden = !fits || { all: false, alive: dead, dead: !dead, starred: !stars.has(card.dataset.unit), linked: !linked.includes(card.dataset.unit) }[filter];
      shown += Number(!card.hidden);
    }
    for (const list of lists) list.section.hidden = list.cards.every(card => card.hidden);
    count.textContent = (shown === cards.length ? "" : `${shown} of `) + (cards.length === 1 ? "1 map" : `${cards.length} maps`);
    one("#none").hidden = shown > 0;
    one("#none span").textContent = filter === "linked" && !search.value ? "None of the link's feature maps is here." : "No feature map is like that.";
    one("#copy-stars").hidden = filter !== "linked" && (filter !== "starred" || !shown);
    one("#keep-stars").hidden = filter !== "linked" || linked.every(unit => stars.has(unit));
  }

  for (const id of ["#sort", "#reverse", "#filter"]) one(id).addEventListener("change", arrange);
  one("#copy-stars").addEventListener("click", event => {
    copy(linkOf(one("#filter").value === "linked" ? linked : shownCards(maps).map(card => card.dataset.unit)), event.target);
  });
  one("#keep-stars").addEventListener("click", () => { stars.add(linked); arrange(); maps.focus(); });
  search.addEventListener("input", arrange);
  one("#show-all").addEventListener("click", () => {
    search.value = ""; one("#filter").value = "all"; arrange(); maps.focus();
  });
  addEventListener("hashchange", () => { readLink(); arrange(); });
  stars.whenChanged(() => {
    if (one("#filter").value !== "starred") return;
    const at = shownCards(maps).indexOf(document.activeElement?.closest(".map"));
    arrange();
    const now = shownCards(maps);
    if (at >= 0) (now.length ? one("a", now[Math.min(at, now.length - 1)]) : maps).focus();
  });
  readLink();
  arrange();
  return { lists, arrange };
}

scripts.arranging = { number, setUpArranging };
