// @ts-check
// What a gallery's pages do beyond being read: views, sorting, searching, stars, keys, and each feature map by itself.
// One classic script: it also runs from file://, where modules and fetch do not. No page needs it to be looked at.
// Joined from small scripts, each in a block: what it uses of others is at its top, what it gives at its end.
"use strict";

(() => {
/** @type {Record<string, any>} */
const scripts = {};

// --- dom ---
{
// The page's elements: found and made, in few words.

const root = document.documentElement;

/** @type {(selector: string, within?: ParentNode) => any} */
const one = (selector, within = document) => within.querySelector(selector);
/** @type {(selector: string, within?: ParentNode) => any[]} */
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** An element with properties (aria-… and style as attributes) and children; text is only ever text. */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && key !== "style") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

scripts.dom = { root, one, all, make };
}

// --- kept ---
{
// What is kept in this browser, from one page to the next.

const kept = {
  read(key, otherwise) {
    try { return JSON.parse(localStorage.getItem("deconvviz." + key) ?? "null") ?? otherwise; } catch { return otherwise; }
  },
  write(key, value) {
    try { localStorage.setItem("deconvviz." + key, JSON.stringify(value)); } catch { /* private window: for this page only */ }
  },
};

scripts.kept = { kept };
}

// --- views ---
{
// Views and size: which half of the sheets is shown, and how large.
const { root, one, all } = scripts.dom;
const { kept } = scripts.kept;

const VIEWS = ["projections", "both", "patches"], SIZE = 9.5;

// At once, before the page is drawn: nothing moves afterwards.
root.classList.add("scripted");
root.dataset.view = kept.read("view", "both");
root.style.setProperty("--h", kept.read("size", SIZE) + "rem");

function setView(view) {
  root.dataset.view = view;
  const radio = one(`input[name=view][value=${view}]`);
  if (radio) radio.checked = true;
  kept.write("view", view);
}

function setUpViews(patches) {
  const view = root.dataset.view ?? "";
  if (patches) setView(VIEWS.includes(view) ? view : "both"); else root.dataset.view = "projections";
  for (const radio of all("input[name=view]")) radio.addEventListener("change", () => setView(radio.value));
  const size = one("#size");
  if (size) size.value = kept.read("size", SIZE);
  size?.addEventListener("input", () => {
    root.style.setProperty("--h", size.value + "rem");
    kept.write("size", Number(size.value));
  });
}

function toggleView() {
  if (document.body.dataset.patches !== "yes") return;
  setView(VIEWS[(VIEWS.indexOf(root.dataset.view ?? "both") + 1) % 3]);
}

scripts.views = { setUpViews, toggleView };
}

// --- stars ---
{
// The stars of a gallery, and the links that hold stars.
const { all } = scripts.dom;
const { kept } = scripts.kept;

/** The stars of a gallery. Other tabs may change them too, so each change begins with what is kept. */
function starsOf(gallery) {
  const key = "stars." + gallery.id;
  let starred = new Set(kept.read(key, []));
  const listeners = [];
  const mark = () => { for (const card of all(".map[data-unit]")) if (card.classList.contains("starred") !== starred.has(card.dataset.unit)) card.classList.toggle("starred"); };
  const read = () => { starred = new Set(kept.read(key, [...starred])); };
  const tell = () => { mark(); for (const listener of listeners) listener(); };
  const change = how => { read(); how(); kept.write(key, [...starred]); tell(); };
  const again = () => { read(); tell(); };
  addEventListener("storage", event => { if (event.key === "deconvviz." + key) again(); });
  addEventListener("pageshow", event => { if (event.persisted) again(); });
  mark();
  return {
    has: unit => starred.has(unit),
    all: () => [...starred],
    toggle(unit) { change(() => starred.delete(unit) || starred.add(unit)); },
    add(units) { change(() => { for (const unit of units) starred.add(unit); }); },
    clear() { change(() => starred.clear()); },
    whenChanged(listener) { listeners.push(listener); },
    mark,
  };
}

/** The stars that this page's link holds. */
function linkedStars() {
  const plain = text => { try { return decodeURIComponent(text); } catch { return ""; } };
  return (/^#stars=(.*)/.exec(location.hash)?.[1] ?? "").split(",").map(plain).filter(Boolean);
}
/** A link to this page that holds stars. */
const linkOf = units => `${location.href.split("#")[0]}#stars=${units.map(encodeURIComponent).join(",")}`;

scripts.stars = { starsOf, linkedStars, linkOf };
}

// --- asking ---
{
// What a search asks for: a feature map by its number, with or without its layer, or a class.

/** `12`, `features.28:12`, or anything else: a class. */
function readSearch(text) {
  const unit = /^\s*(?:(.+):)?\s*(\d+)\s*$/.exec(text);
  return unit ? { layer: unit[1]?.trim(), map: Number(unit[2]) } : { text: text.trim().toLowerCase() };
}
const findLayer = (gallery, name) => gallery.layers.find(l => l.layer === name)
  ?? gallery.layers.find(l => [l.alias, l.file, l.read_at].includes(name));
const shows = (layer, map) => layer.maps ? layer.maps.includes(map) : map < layer.channels;

scripts.asking = { readSearch, findLayer, shows };
}

// --- moving ---
{
// Where the keys lead to: from card to card, from row to row, from section to section.
const { one, all } = scripts.dom;

/** Cards in the order they are shown, and how many make a row. */
const shownCards = within => all(".map", within).filter(card => !card.closest("[hidden]"));

/** The card a row further: of those in the next row, the nearest to being right above or below. */
function rowFrom(cards, card, by) {
  const beyond = cards.filter(other => by * (other.offsetTop - card.offsetTop) > 0);
  const next = beyond.at(by > 0 ? 0 : -1), aside = other => Math.abs(other.offsetLeft - card.offsetLeft);
  const row = beyond.filter(other => other.offsetTop === next.offsetTop);
  return row.reduce((best, other) => best && aside(best) <= aside(other) ? best : other, undefined);
}

/** The section before or after the one with the focus, or else before or after the top of the screen. */
function sectionFrom(sections, by) {
  const focused = sections.findIndex(section => section.contains(document.activeElement));
  const below = sections.findIndex(section => section.getBoundingClientRect().top > one(".tools").offsetHeight + 30);
  const at = focused >= 0 ? focused + by : (below < 0 ? sections.length : below) - Number(by < 0);
  return at < 0 ? undefined : sections[at];
}

/** Move the focus among cards; false if there is nowhere to go, so that the page scrolls. */
function moveFocus(cards, by, rows) {
  const from = document.activeElement?.closest(".map"), at = cards.indexOf(from);
  if (at < 0 && rows) return false;
  const card = rows ? rowFrom(cards, from, by) : cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by];
  if (!card) return !rows;
  one("a", card).focus();
  return true;
}

scripts.moving = { shownCards, rowFrom, sectionFrom, moveFocus };
}

// --- saying ---
{
// What is said aloud by a screen reader, and copying, which says that it was done.
const { one, make } = scripts.dom;

function say(text) { const status = one("#said"); if (status) status.textContent = text; }

async function copy(text, button) {
  let done = true;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = make("textarea", { value: text });
    (button.closest("dialog") ?? document.body).append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const label = button.dataset.label ??= button.textContent;
  button.textContent = done ? "Copied" : "Not copied";
  say(button.textContent);
  setTimeout(() => { button.textContent = label; }, 1500);
}

scripts.saying = { say, copy };
}

// --- keys ---
{
// The keys, and the dialog that lists them and can turn them off. What a key does there, each kind of page says itself.
const { one } = scripts.dom;
const { kept } = scripts.kept;
const { toggleView } = scripts.views;

function setUpHelp() {
  const help = one("#help");
  one("#help-button").addEventListener("click", () => help.showModal());
  one("#single-keys").checked = kept.read("keys", true);
  one("#single-keys").addEventListener("change", event => kept.write("keys", event.target.checked));
}

function setUpKeys(page) {
  document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    const typed = "[]".includes(event.key); // on many keyboards only with AltGr or Option
    if (event.metaKey || event.defaultPrevented || ((event.ctrlKey || event.altKey) && !typed)) return;
    const writing = target.matches("input[type=search], select, textarea");
    if (event.key === "Escape") {
      if (one("#help").open) return; // the dialog closes itself
      event.preventDefault();
      if (writing && target.matches("input[type=search]")) {
        /** @type {HTMLInputElement} */ (target).value = "";
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (writing) target.blur(); else page.back();
      return;
    }
    if (writing || one("#help").open || !kept.read("keys", true)) return;
    if (event.key.startsWith("Arrow") && (event.shiftKey || target.matches("input"))) return; // theirs: slider, views
    const act = {
      ArrowLeft: () => page.step(-1), ArrowRight: () => page.step(1),
      ArrowUp: () => page.row(-1), ArrowDown: () => page.row(1),
      "[": () => page.layer(-1), "]": () => page.layer(1),
      "/": () => page.search(), t: toggleView, s: () => page.star(), "?": () => one("#help").showModal(),
    }[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}

scripts.keys = { setUpHelp, setUpKeys };
}

// --- cards ---
{
// The cards that the script itself adds to the index: of stars, and of what a search finds.
const { one, make } = scripts.dom;
const { readSearch, findLayer, shows } = scripts.asking;

function cardsOf(gallery, stars) {
  const unitsOf = names => names.map(name => readSearch(name)).flatMap(({ layer, map }) => {
    const known = layer && findLayer(gallery, layer);
    return known && shows(known, map) ? [{ layer: known, map }] : [];
  });

  function card({ layer, map }, note = "") {
    const { sheet } = layer, unit = `${layer.layer}:${map}`;
    const href = `layers/${encodeURIComponent(layer.file)}.html#u${map}`;
    const image = layer.dead.includes(map) ? make("span", { className: "nothing" }, `${unit} is dead: no image excites it`) : make("img", {
      loading: "lazy", decoding: "async", width: sheet.width, height: sheet.height,
      src: `sheets/${encodeURIComponent(layer.file)}/${String(map).padStart(4, "0")}.${sheet.ending}`,
      alt: `${unit}${note ? ", " + note : ""}`,
    });
    const item = make("li", { className: "map" + (sheet.sharp ? " sharp" : ""), style: `--ratio: ${sheet.width / sheet.height}; --block: ${sheet.block / sheet.height}` },
      make("a", { className: "sheet", href }, image),
      make("p", {}, make("b", {}, unit), make("span", { className: "class" }, note)));
    item.dataset.unit = unit;
    return item;
  }

  /** Show these cards, and no others, in a section of the index. */
  function list(section, cards, title) {
    if (title) one("h2", section).textContent = title;
    one(".maps", section).replaceChildren(...cards);
    section.hidden = false;
    const layer = gallery.layers[0].sheet;
    section.style.cssText = `--ratio: ${layer.width / layer.height}; --block: ${layer.block / layer.height}`;
    stars.mark();
  }

  return { unitsOf, card, list };
}

scripts.cards = { cardsOf };
}

// --- starred ---
{
// The index's section of stars: one's own, or those of a link, to be looked at beside them.
const { one } = scripts.dom;
const { linkedStars, linkOf } = scripts.stars;
const { shownCards } = scripts.moving;
const { copy } = scripts.saying;

function setUpStarred(stars, { unitsOf, card, list }) {
  const starred = one("#starred");
  let asked = linkedStars(); // to be looked at beside one's own

  function showStars() {
    const looked = starred.contains(document.activeElement) ? null : document.activeElement?.closest(".map");
    const before = looked?.getBoundingClientRect().top;
    const focused = starred.contains(document.activeElement) && document.activeElement?.closest(".map");
    const at = focused ? shownCards(starred).indexOf(focused) : -1;
    const cards = unitsOf(asked.length ? asked : stars.all()).map(unit => card(unit));
    list(starred, cards, asked.length ? "Starred in the link" : "Starred");
    starred.hidden = !cards.length;
    one("#keep-stars").hidden = asked.every(unit => stars.has(unit));
    one("#clear-stars").textContent = asked.length ? "Leave the link" : "Remove all stars";
    const now = shownCards(starred);
    if (at >= 0 && now.length) one("a", now[Math.min(at, now.length - 1)]).focus();
    const hold = () => scrollBy({ top: looked.getBoundingClientRect().top - before, behavior: "instant" });
    if (looked) { hold(); requestAnimationFrame(() => requestAnimationFrame(hold)); } // again, with what was not yet laid out
  }

  one("#copy-stars").addEventListener("click", event => {
    copy(linkOf(asked.length ? asked : stars.all()), event.target);
  });
  one("#keep-stars").addEventListener("click", () => stars.add(asked));
  one("#clear-stars").addEventListener("click", () => {
    if (!asked.length) { stars.clear(); return; }
    history.replaceState(null, "", "#");
    asked = [];
    showStars();
  });
  stars.whenChanged(showStars);
  addEventListener("hashchange", () => { asked = linkedStars(); showStars(); });
  showStars();
}

scripts.starred = { setUpStarred };
}

// --- finding ---
{
// The index's search: of a number the feature maps that have it, of a class those that like it most.
const { one, make } = scripts.dom;
const { readSearch, findLayer, shows } = scripts.asking;

/** Set it up; returns what looks for what the field says now. */
function setUpFinding(gallery, { card, list }) {
  const search = one("#search"), found = one("#found"), first = one("#first");

  let classes = null; // loaded when first asked for
  globalThis.deconvvizClasses = content => { classes = new Map(content.map(([name, count, maps]) => [name, { count, maps }])); look(); };

  /** Of the classes that `fits` the maps that like them, most first; as cards, with a title. */
  function likers(fits) {
    const matching = [...classes.keys()].filter(fits);
    const units = matching.flatMap(name => classes.get(name).maps.map(([layer, map, same, images]) => ({ layer: gallery.layers[layer], map, same, images, name })));
    const total = matching.reduce((sum, name) => sum + classes.get(name).count, 0);
    units.sort((a, b) => b.same - a.same);
    const few = units.slice(0, 48).map(unit => card(unit, `${unit.same} of ${unit.images} are ${unit.name}`));
    const like = matching.length > 3 ? `“${search.value.trim()}”` : matching.join(", ");
    return { cards: few, title: `Feature maps that like ${like}` + (few.length < total ? `: the first ${few.length} of ${total}` : "") };
  }

  function look() {
    const wanted = readSearch(search.value), text = search.value.trim();
    if (first) first.hidden = Boolean(text);
    if (!text) { found.hidden = true; return; }
    if (!classes && !wanted.layer) {
      if (!one("#classes")) document.head.append(make("script", { id: "classes", src: "classes.js" }));
      if (!("map" in wanted)) return;
    }
    if ("map" in wanted) {
      const layers = wanted.layer ? [findLayer(gallery, wanted.layer)].filter(Boolean) : gallery.layers;
      const cards = layers.filter(layer => shows(layer, wanted.map)).map(layer => card({ layer, map: wanted.map }));
      const named = classes?.has(text) ? likers(name => name === text).cards : []; // a class may be called 12
      list(found, [...cards, ...named], cards.length ? `Map ${wanted.map}` + (named.length ? `, and maps that like class ${text}` : "") : `There is no ${text} in this gallery`);
      return;
    }
    const { cards, title } = likers(name => name.toLowerCase().includes(wanted.text));
    const none = classes.size ? `No feature map likes “${text}”` : "The images have no classes: search for a number, like 12";
    list(found, cards, cards.length ? title : none);
  }

  search.addEventListener("input", look);
  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    const wanted = readSearch(search.value), layer = wanted.layer && findLayer(gallery, wanted.layer);
    if (layer && shows(layer, wanted.map)) location.href = `layers/${encodeURIComponent(layer.file)}.html#u${wanted.map}`;
  });
  return look;
}

scripts.finding = { setUpFinding };
}

// --- index ---
{
// The index: its stars, its search, and what the keys do there.
const { one, all } = scripts.dom;
const { shownCards, sectionFrom, moveFocus } = scripts.moving;
const { cardsOf } = scripts.cards;
const { setUpStarred } = scripts.starred;
const { setUpFinding } = scripts.finding;

function indexPage(gallery, stars) {
  const search = one("#search"), cards = cardsOf(gallery, stars);
  setUpStarred(stars, cards);
  const look = setUpFinding(gallery, cards);

  const sections = all(".layer");
  return {
    step: by => moveFocus(shownCards(), by, false),
    row: by => moveFocus(shownCards(), by, true),
    layer(by) {
      const next = sectionFrom(sections, by) ?? sections.at(by < 0 ? 0 : -1);
      next.scrollIntoView();
      one("h2 a", next).focus({ preventScroll: true });
    },
    search: () => search.focus(),
    star() {
      const card = document.activeElement?.closest(".map");
      if (card) stars.toggle(card.dataset.unit);
    },
    back() { if (search.value) { search.value = ""; look(); } },
  };
}

scripts.index = { indexPage };
}

// --- arranging ---
{
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
}

// --- numbers ---
{
// How numbers are written: as few digits as say enough.

const brief = value => Math.abs(value) >= 1000 && Math.abs(value) < 1e5 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
const percent = share => `${(100 * share).toFixed((share > 0 && share < .1) || (share > .99 && share < 1) ? 1 : 0)}\u00a0%`;

scripts.numbers = { brief, percent };
}

// --- histogram ---
{
// The histogram of a feature map: how strongly its images excite it.
const { one, all } = scripts.dom;
const { brief } = scripts.numbers;

/** How many images excite the map how strongly: one bar a bin, two bins an octave. */
function histogram(facts, edges) {
  const figure = one(".histogram"), { first, counts } = facts.histogram;
  all("svg", figure).forEach(svg => svg.remove());
  figure.hidden = facts.dead || !counts.length;
  if (figure.hidden) return;
  const weakest = counts.findIndex((n, at) => n && first + at > 0); // between zero and this bin all are empty
  const positive = counts.slice(weakest), zero = first === 0 ? 2 : 0; // its bar stands apart, with a gap
  const most = Math.max(...counts), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: `0 0 ${Math.max(positive.length + zero, 12) * 10} 60`, preserveAspectRatio: "none", role: "img", "aria-label": "Histogram of the map's strongest activation in each image" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const bar = (n, place, fill) => {
    const rect = document.createElementNS(svg.namespaceURI, "rect"), height = n ? Math.max(60 * n / most, 1) : 0;
    for (const [key, value] of Object.entries({ x: place * 10 + 1, y: 60 - height, width: 8, height, fill })) rect.setAttribute(key, String(value));
    svg.append(rect);
  };
  if (zero) bar(counts[0], 0, "var(--quiet)");
  positive.forEach((n, at) => bar(n, at + zero, "var(--accent)"));
  figure.prepend(svg);
  const low = edges[first + weakest - 1], high = edges[Math.min(first + counts.length - 1, edges.length - 1)];
  one("figcaption", figure).textContent = `How many images excite it how strongly: ${brief(low)} to ${brief(high)}, two bars for each doubling` + (zero ? "; grey: not at all" : "");
}

scripts.histogram = { histogram };
}

// --- describing ---
{
// What is said of a feature map in words and numbers, beside its images.
const { one, make } = scripts.dom;
const { brief, percent } = scripts.numbers;
const { histogram } = scripts.histogram;

/** `facts`: of the map; `layer`: of its layer, by the page; `data`: of all its layer's maps. */
function describe(facts, layer, data) {
  const shown = facts.top.length, same = Math.round((facts.concentration ?? 0) * shown);
  const like = same < 2 ? "Its strongest images are all of different classes." :
    2 * same > shown ? `Mostly ${facts.class}: ${same} of ${shown}.` : `${facts.class}: ${same} of ${shown}.`;
  const scores = facts.scores ? `The score of ${facts.scores}. ` : "";
  one(".standing").textContent = scores + (facts.dead ? "Dead: no image excites it, so there is nothing to project." :
    facts.class && shown > 1 ? like : facts.class ?? "");
  const rows = [
    ["Peak", facts.peak === null ? "none" : brief(facts.peak)],
    ...(facts.top.length ? [[`Mean of the top ${facts.top.length}`, brief(facts.mean_of_top)]] : []),
    ["All images", `${brief(facts.mean)} ± ${brief(facts.deviation)}`],
    ["Fires in", `${facts.positive} of ${data.seen} images (${percent(facts.positive / Math.max(data.seen, 1))})`],
    ["Layer", `${layer.depth === 1 ? "the first filter" : `${layer.depth} filters deep`}, maps of ${layer.size ? layer.size.join(" × ") : "one value"}`],
    ["Each unit sees", layer.receptive_field ? layer.receptive_field.join(" × ") + " pixels" : "the whole image"],
  ];
  one(".numbers").replaceChildren(...rows.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
  histogram(facts, data.edges);
}

scripts.describing = { describe };
}

// --- nine ---
{
// The strongest images of a feature map: each with its projection, its patch, and the whole picture.
const { make } = scripts.dom;
const { brief } = scripts.numbers;

/** Their items; `sheet`: the address of the map's sheet, whose tiles they show; `layer`, `data`: what is known of its layer. */
function itemsOf(facts, { gallery, layer, data, sheet, patches }) {
  const picture = image => gallery.images?.[image] ?? `../images/${String(image).padStart(7, "0")}.${layer.sheet.ending}`;

  function item(entry, rank) {
    const about = data.images[entry.image], file = about.file ?? `image ${entry.image}`;
    const at = entry.row === null ? "" : `row ${entry.row}, column ${entry.column}`;
    const text = make("div", { className: "of" },
      make("span", { className: "value" }, brief(entry.activation)),
      ...(about.class && ![" ", "/"].some(end => file.startsWith(about.class + end)) ? [make("span", {}, about.class)] : []),
      make("span", {}, file), ...(at ? [make("span", { title: "of the unit on the feature map" }, at)] : []),
      ...(entry.shown ? [make("span", { title: "projections of this magnitude are drawn at full contrast" }, `full contrast at ±${brief(entry.shown.scale)}`)] : []));
    const third = make("div", { className: "third" });
    if (patches && entry.shown) third.append(whole(entry, about, file));
    third.append(text);
    const tiles = entry.shown
      ? [tile(rank, false, `Projection ${rank + 1}, ${file}`), ...(patches ? [patch(entry, rank, about, `Patch ${rank + 1}, ${file}`)] : [])]
      : [make("div", { className: "tile blank" }, "this image could not be shown again")];
    return make("li", { className: tiles.length < 2 ? "alone" : "" }, ...tiles, third);
  }

  /** What the receptive field shows of the image: the sheet's tile, and over it, where that has more pixels, a part of the whole picture. */
  function patch(entry, rank, about, label) {
    const element = tile(rank, true, label);
    const [top, left, bottom, right] = entry.shown.field, height = bottom - top, width = right - left;
    const span = Math.max(height, width); // a tile's side: the field is in its middle, rounded as on the sheet
    if (span <= layer.sheet.side) return element;
    const image = make("img", { src: picture(entry.image), alt: "", decoding: "async" });
    const parts = { top: Math.floor((span - height) / 2) - top, left: Math.floor((span - width) / 2) - left, width: about.columns, height: about.rows };
    for (const [side, pixels] of Object.entries(parts)) image.style[side] = `${100 * pixels / span}%`;
    const [first, leftmost, below, beyond] = entry.shown.box; // of a tall or wide field, the square would show more
    const clipped = [first / about.rows, 1 - beyond / about.columns, 1 - below / about.rows, leftmost / about.columns];
    image.style.clipPath = `inset(${clipped.map(share => `${100 * share}%`).join(" ")})`;
    image.decode().then(() => { element.style.backgroundImage = "none"; }, () => image.remove());
    element.classList.add("cut");
    element.append(image);
    return element;
  }

  /** One tile of the sheet, enlarged. */
  function tile(rank, onRight, label) {
    const { width, height, block, side, columns } = layer.sheet, pitch = side + 2;
    const left = (onRight ? width - block : 0) + rank % columns * pitch, top = Math.floor(rank / columns) * pitch;
    const place = (offset, length) => length === side ? 0 : 100 * offset / (length - side);
    const element = make("div", { className: "tile", role: "img", "aria-label": label });
    element.style.backgroundImage = `url("${sheet}")`;
    element.style.backgroundSize = `${100 * width / side}% ${100 * height / side}%`;
    element.style.backgroundPosition = `${place(left, width)}% ${place(top, height)}%`;
    return element;
  }

  /** The whole image as the network saw it, with the unit's receptive field. */
  function whole(entry, about, file) {
    const [top, left, bottom, right] = entry.shown.box, box = make("i");
    const image = make("img", { src: picture(entry.image), alt: `The whole image ${file}`, loading: "lazy", decoding: "async" });
    image.width = about.columns; image.height = about.rows;
    const parts = { left: left / about.columns, top: top / about.rows, width: (right - left) / about.columns, height: (bottom - top) / about.rows };
    for (const [side, share] of Object.entries(parts)) box.style[side] = `${100 * share}%`;
    return make("div", { className: "whole" }, image, box);
  }

  return facts.top.map(item);
}

scripts.nine = { itemsOf };
}

// --- data ---
{
// What a gallery knows of its layers' feature maps: in the page itself, or loaded when a map is first looked at.
const { one, make } = scripts.dom;

/** `whenChanged` is called when more is known, or when it is known that it cannot be loaded. */
function dataOf(whenChanged) {
  const known = new Map(); // what is said of each layer, by its name
  let failed = false;

  globalThis.deconvvizLayer = content => { known.set(content.layer, content); whenChanged(); };
  const inline = one("#layer-data");
  if (inline) for (const content of JSON.parse(inline.textContent)) known.set(content.layer, content);

  function load(layer) {
    if (known.has(layer.layer) || one("#layer-script")) return;
    const script = make("script", { id: "layer-script", src: `../data/${encodeURIComponent(layer.file)}.js` });
    script.addEventListener("error", () => { failed = true; whenChanged(); });
    document.head.append(script);
  }

  return { load, of: layer => known.get(layer.layer), get failed() { return failed; } };
}

scripts.data = { dataOf };
}

// --- unit ---
{
// One feature map by itself: its view opens over the list, as the page's address says, and leads to the next one.
const { one, all, make } = scripts.dom;
const { rowFrom } = scripts.moving;
const { say, copy } = scripts.saying;
const { dataOf } = scripts.data;
const { describe } = scripts.describing;
const { itemsOf } = scripts.nine;

/** The words of a command, none broken at a hyphen unless it is long. */
const words = text => text.split(/( )/).map(word => word.length < 30 && word !== " " ? make("span", { className: "whole-word" }, word) : word);

function unitView(gallery, stars, patches, shown) {
  const dialog = one("#unit"), title = document.title;
  let here = gallery.layers[0], current = null, clicked = false, next = null;
  const known = dataOf(() => { if (current) fill(); });

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
    dialog.close();
    document.title = title;
    if (target.closest(".map")) target.scrollIntoView({ block: "nearest" });
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
      one(".histogram").hidden = true;
      one(".standing").textContent = known.failed ? `What the gallery knows of it, data/${here.file}.js, could not be loaded.` : "";
      return;
    }
    describe(facts, here, data);
    nine.replaceChildren(...itemsOf(facts, { gallery, layer: here, data, sheet: one("img", current)?.src, patches }));
  }

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

  /** Close it and put the focus on `element`, or on the feature map in the list. */
  function close(element = null) {
    if (!current) return;
    next = element;
    if (history.state?.fromList) history.back(); // then `follow` leaves
    else { history.replaceState(null, "", "#"); follow(); }
  }

  one("#maps").addEventListener("click", event => {
    if (event.target.closest("a.sheet") && !(event.ctrlKey || event.metaKey || event.shiftKey)) clicked = true;
  });
  addEventListener("hashchange", follow);
  dialog.addEventListener("cancel", event => { event.preventDefault(); close(); });
  one("#unit-close").addEventListener("click", () => close());
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
    get open() { return dialog.open; }, card: () => current, close, show, starred,
    step: by => show(neighbour(by)), row: by => show(rowFrom(shown(), current, by)),
  };
}

scripts.unit = { unitView };
}

// --- layer ---
{
// The page of a layer, or in a single file of several: its list, the view of one of its maps, and what the keys do there.
const { one } = scripts.dom;
const { readSearch, findLayer, shows } = scripts.asking;
const { shownCards, sectionFrom, moveFocus } = scripts.moving;
const { number, setUpArranging } = scripts.arranging;
const { unitView } = scripts.unit;

/** A number that is searched for and sent off opens that feature map. */
function setUpSearch(gallery, { lists, arrange }) {
  const search = one("#search");
  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    const asked = readSearch(search.value);
    if (!("map" in asked)) return;
    const layer = asked.layer && findLayer(gallery, asked.layer);
    const list = asked.layer ? lists.find(list => list.layer === layer) : lists.find(list => shows(list.layer, asked.map));
    const card = list?.cards.find(card => number(card) === asked.map);
    if (card) { search.value = ""; arrange(); location.hash = card.id; }
    else if (layer && !list && shows(layer, asked.map)) location.href = `${encodeURIComponent(layer.file)}.html#u${asked.map}`;
    else one("#count").textContent = `There is no ${search.value.trim()} here`;
  });
}

function layerPage(gallery, stars, patches) {
  const maps = one("#maps"), search = one("#search"), arranging = setUpArranging(gallery, stars), { lists } = arranging;
  setUpSearch(gallery, arranging);
  const view = unitView(gallery, stars, patches, () => shownCards(maps));
  stars.whenChanged(() => view.starred());

  /** The page of the layer before or after; in a single file its list. */
  const otherLayer = by => {
    const link = one(by < 0 ? "a[rel=prev]" : "a[rel=next]");
    if (link) { location.href = link.href; return true; }
    const sections = lists.map(list => list.section).filter(section => !section.hidden);
    const next = view.open ? sections[sections.indexOf(view.card().closest(".list")) + by] : sectionFrom(sections, by);
    const card = next && shownCards(next)[0];
    if (!card || lists.length < 2) return false;
    if (view.open) view.show(card);
    else { next.scrollIntoView(); one("a", card).focus({ preventScroll: true }); }
    return true;
  };

  return {
    step: by => view.open ? view.step(by) : moveFocus(shownCards(maps), by, false),
    row: by => view.open ? view.row(by) : moveFocus(shownCards(maps), by, true),
    layer: otherLayer,
    search: () => { if (view.open) view.close(search); else search.focus(); },
    star() {
      const card = view.open ? view.card() : document.activeElement?.closest(".map");
      if (card) stars.toggle(card.dataset.unit);
    },
    back() {
      if (view.open) view.close();
      else if (one("[aria-label=Breadcrumb] a")) location.href = one("[aria-label=Breadcrumb] a").href + "#layer-" + encodeURIComponent(lists[0].layer.file);
    },
  };
}

scripts.layer = { layerPage };
}

// --- start ---
{
// Where it all begins: once the page is read, what it is made of is set up.
const { root, one } = scripts.dom;
const { starsOf } = scripts.stars;
const { setUpViews } = scripts.views;
const { setUpHelp, setUpKeys } = scripts.keys;
const { indexPage } = scripts.index;
const { layerPage } = scripts.layer;

function start() {
  const gallery = JSON.parse(one("#gallery").textContent);
  const patches = document.body.dataset.patches === "yes";
  const onLayer = document.body.dataset.page === "layer";
  const stars = starsOf(gallery);
  setUpViews(patches);
  setUpHelp();
  const page = onLayer ? layerPage(gallery, stars, patches) : indexPage(gallery, stars);
  setUpKeys(page);
  const bar = one(".tools"), sticks = () => getComputedStyle(bar).position === "sticky";
  const clear = () => { root.style.scrollPaddingTop = `${(sticks() ? bar.offsetHeight : 0) + 16}px`; }; // no focus behind it
  if ("ResizeObserver" in globalThis) new ResizeObserver(clear).observe(bar); else clear();
}

document.addEventListener("DOMContentLoaded", start);
}

})();
