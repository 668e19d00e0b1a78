// A layer's feature maps as they are sorted and filtered; in a single file, those of several layers, each in its list.
const { one, all } = scripts.dom;
const { linkedStars, linkOf } = scripts.stars;
const { readSearch, findLayer, isIn } = scripts.asking;
const { address } = scripts.address;
const { shownCards } = scripts.moving;
const { copy } = scripts.saying;

const number = card => Number(card.dataset.number);

/** Arrange them, now and whenever something asks for it; returns the lists, and what arranges them again. `known`: of layers. */
function setUpArranging(gallery, stars, known) {
  const maps = one("#maps"), search = one("#search"), count = one("#count");
  const lists = all(".list", maps).map(section => ({ section, layer: gallery.layers[section.dataset.layer], cards: all(".map", section) }));
  const cards = lists.flatMap(list => list.cards);

  /** What a text is looked for in: the class that a map likes, and, once they are known, the files of its images. */
  function textOf(card, layer) {
    const files = known.filesOf(layer, number(card));
    return [card.dataset.likes ?? "", ...files].join("\n").toLowerCase();
  }

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
    if (wanted.text) for (const list of lists) known.load(list.layer);
    let shown = 0;
    for (const { layer, card } of lists.flatMap(list => list.cards.map(card => ({ layer: list.layer, card })))) {
      const dead = card.classList.contains("dead");
      const asked = "map" in wanted && (lists.length > 1 || !wanted.alone); // one number alone is opened, not filtered by
      const here = !wanted.layer || findLayer(gallery, wanted.layer) === layer;
      const fits = asked ? here && isIn(wanted.ranges, number(card)) : !wanted.text || textOf(card, layer).includes(wanted.text);
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

  const said = { sort: () => one("#sort").value, reversed: () => one("#reverse").checked ? "yes" : "", show: () => one("#filter").value };
  const usual = { sort: "number", reversed: "", show: "all", linked: "" };
  function readAddress() {
    for (const [id, name] of [["#sort", "sort"], ["#filter", "show"]]) {
      const value = address.read(name);
      if (value && [...one(id).options].some(option => option.value === value)) one(id).value = value;
    }
    one("#reverse").checked = address.read("reversed") === "yes";
  }
  /** The address says it. */
  function writeAddress() {
    for (const [name, value] of Object.entries(said)) address.write(name, [usual[name], "linked"].includes(value()) ? null : value());
  }
  for (const id of ["#sort", "#reverse", "#filter"]) one(id).addEventListener("change", () => { arrange(); writeAddress(); });
  one("#copy-stars").addEventListener("click", event => {
    copy(linkOf(one("#filter").value === "linked" ? linked : shownCards(maps).map(card => card.dataset.unit)), event.target);
  });
  one("#keep-stars").addEventListener("click", () => { stars.add(linked); arrange(); maps.focus(); });
  search.addEventListener("input", arrange);
  one("#show-all").addEventListener("click", () => {
    search.value = ""; one("#filter").value = "all"; arrange(); writeAddress(); maps.focus();
  });
  addEventListener("hashchange", () => { readLink(); arrange(); });
  stars.whenChanged(() => {
    if (one("#filter").value !== "starred") return;
    const at = shownCards(maps).indexOf(document.activeElement?.closest(".map"));
    arrange();
    const now = shownCards(maps);
    if (at >= 0) (now.length ? one("a", now[Math.min(at, now.length - 1)]) : maps).focus();
  });
  readAddress();
  writeAddress();
  readLink();
  arrange();
  return { lists, arrange };
}

scripts.arranging = { number, setUpArranging };
