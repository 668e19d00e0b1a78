// One feature map by itself: its view opens over the list, as the page's address says, and leads to the next one.
const { one, all, make } = scripts.dom;
const { rowFrom } = scripts.moving;
const { say, copy } = scripts.saying;
const { cameFromElsewhere } = scripts.coming;
const { describe } = scripts.describing;
const { setUpLarge } = scripts.large;
const { itemsOf } = scripts.nine;
const { showAlike } = scripts.alike;

/** The words of a command, none broken at a hyphen unless it is long. */
const words = text => text.split(/( )/).map(word => word.length < 30 && word !== " " ? make("span", { className: "whole-word" }, word) : word);

const QUANTILES = ["90 %", "75 %", "50 %"]; // three images of each

function unitView(gallery, stars, patches, known, shown) {
  const dialog = one("#unit"), title = document.title;
  let here = gallery.layers[0], current = null, clicked = false, next = null;
  known.whenChanged(() => { if (current) fill(); });
  const large = setUpLarge();

  function follow() {
    const match = /^#(u\d+(-\d+)?)$/.exec(location.hash);
    const card = match && document.getElementById(match[1]);
    if (!card) { if (dialog.open) leave(); return; }
    current = card;
    here = gallery.layers[card.closest(".list").dataset.layer];
    if (clicked) history.replaceState({ fromList: true }, ""); // so that closing it goes back, also after a reload
    clicked = false;
    known.load(here);
    if (!dialog.open) { dialog.showModal(); one("#unit-title").focus(); }
    fill();
    dialog.scrollTop = 0;
  }

  /** Back at the list: where one left it, with the feature map seen last in sight. */
  function leave() {
    const target = next ?? (current && !current.hidden ? one("a", current) : one("#maps"));
    if (large.open) large.close();
    dialog.close();
    document.title = title;
    const see = frames => {
      if (target.closest(".map") && !dialog.open) target.scrollIntoView({ block: "nearest" });
      if (frames) requestAnimationFrame(() => see(frames - 1)); // again, with what was not yet laid out
    };
    see(6);
    target.focus({ preventScroll: true });
    current = next = null;
  }

  function fill() {
    const map = Number(current.dataset.number), name = `${here.layer}:${map}`;
    one("#unit-title").replaceChildren(...`${here.layer} : ${map}`.split(/(?<=[._])/).flatMap(part => [part, make("wbr")]));
    document.title = `${name} · ${gallery.model} · deconvviz`;
    starred();
    one(".cli").replaceChildren(...words(here.cli.replaceAll("%MAP%", String(map))));
    one(".python").textContent = here.python.replaceAll("%MAP%", String(map));
    const data = known.of(here), facts = data?.maps.find(m => m.map === map);
    dialog.classList.toggle("waiting", !facts && !known.failed); // shown at once when it is complete: nothing moves
    const nine = one(".nine");
    nine.classList.toggle("sharp", here.sheet.sharp);
    if (!facts) {
      nine.replaceChildren();
      one(".numbers").replaceChildren();
      one(".histogram").hidden = one(".alike").hidden = one(".middle").hidden = true;
      one(".standing").textContent = known.failed ? `What the gallery knows of it, data/${here.file}.js, could not be loaded.` : "";
      return;
    }
    describe(facts, here, data);
    const sheet = one("img", current)?.src, how = { gallery, layer: here, data, patches };
    const items = itemsOf(facts.top, { ...how, sheet, geometry: here.sheet });
    nine.replaceChildren(...items);
    const others = facts.middle ? itemsOf(facts.middle, { ...how, sheet: middleOf(sheet), geometry: here.middle, rankOf: rank => QUANTILES[Math.floor(rank / 3)] }) : [];
    one(".middle").hidden = !others.length;
    one(".middle .nine").classList.toggle("sharp", here.sheet.sharp);
    one(".middle .nine").replaceChildren(...others);
    large.of([...items, ...others], here.sheet.sharp);
    showAlike(facts, map => one(`.map[data-number="${map}"]:not(.dead)`, current.closest(".list")));
  }

  /** Where the sheet of images that are not the strongest lies, beside that of the strongest; in a single file, in it. */
  const middleOf = sheet => gallery.middle?.[current.dataset.unit] ?? sheet.replace(/(\.[a-z]+)$/, "-middle$1");

  /** The star, and whether there is a previous and a next one. */
  function starred() {
    if (!current) return;
    const on = stars.has(current.dataset.unit);
    one("#unit-star").setAttribute("aria-pressed", String(on));
    one("#unit-star").textContent = on ? "★ Starred" : "☆ Star";
    one("#unit-before").disabled = !neighbour(-1);
    one("#unit-after").disabled = !neighbour(1);
  }

  /** The one before or after, as the list is sorted and filtered now; also of one that the filter has taken away. */
  function neighbour(by) {
    const cards = all("#maps .map");
    let at = cards.indexOf(current);
    do at += by; while (cards[at]?.hidden);
    return cards[at];
  }

  function show(card) {
    if (!card) return;
    history.replaceState(history.state, "", `#${card.id}`);
    follow();
    say(one("#unit-title").textContent);
  }

  /** Close it and put the focus on `element`, or on the feature map in the list; `listed`: not on the page that led here. */
  function close(element = null, listed = false) {
    if (!current) return;
    next = element;
    if (cameFromElsewhere() && !element && !listed) { history.back(); return; } // to the page that led here
    if (history.state?.fromList) history.back(); // then `follow` leaves
    else { history.replaceState(null, "", "#"); follow(); }
  }

  one(".alike").addEventListener("click", event => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(document.getElementById(link.hash.slice(1)));
  });
  one("#maps").addEventListener("click", event => {
    if (event.target.closest("a.sheet") && !(event.ctrlKey || event.metaKey || event.shiftKey)) clicked = true;
  });
  addEventListener("hashchange", follow);
  dialog.addEventListener("cancel", event => { event.preventDefault(); close(); });
  one("#unit-close").addEventListener("click", () => close(null, true));
  one("#unit-before").addEventListener("click", () => show(neighbour(-1)));
  one("#unit-after").addEventListener("click", () => show(neighbour(1)));
  one("#unit-star").addEventListener("click", () => stars.toggle(current.dataset.unit));
  for (const button of all("[data-copy]")) {
    button.addEventListener("click", () => {
      const what = button.dataset.copy;
      copy(what === "link" ? location.href : one(`.${what}`).textContent, button);
    });
  }
  follow();
  return {
    get enlarged() { return large.open; }, reduce: large.close, another: large.step, kind: large.kind,
    get open() { return dialog.open; }, card: () => current, close, show, starred,
    step: by => show(neighbour(by)), row: by => show(rowFrom(shown(), current, by)),
  };
}

scripts.unit = { unitView };
