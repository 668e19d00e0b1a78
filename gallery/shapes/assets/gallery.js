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

// --- address ---
{
// What stands in the page's address beside the feature map: how the list is sorted and filtered, and the view.
const { all } = scripts.dom;

const params = () => new URLSearchParams(location.search);

const address = {
  read: name => params().get(name),
  /** Write a value; null takes it out. The page stays where it is, and the links to the layers beside it go on with it. */
  write(name, value) {
    const now = params();
    if (value === null) now.delete(name); else now.set(name, value);
    const search = now.toString();
    try { history.replaceState(history.state, "", `${location.pathname}${search ? "?" + search : ""}${location.hash}`); } catch { /* a browser that forbids it for files */ }
    for (const link of all(".layers a[rel]")) link.search = location.search;
  },
};

scripts.address = { address };
}

// --- views ---
{
// Views, tone and size: which half of the sheets is shown, or one over the other; in colours or grey; how large.
const { root, one, all, make } = scripts.dom;
const { kept } = scripts.kept;
const { address } = scripts.address;

const VIEWS = ["projections", "both", "patches", "overlay"], SIZE = 9.5;

// At once, before the page is drawn: nothing moves afterwards.
root.classList.add("scripted");
const asked = address.read("view");
root.dataset.view = asked && VIEWS.includes(asked) ? asked : kept.read("view", "");
root.dataset.tone = (address.read("tone") ?? kept.read("tone", "colour")) === "grey" ? "grey" : "colour";
root.style.setProperty("--h", kept.read("size", SIZE) + "rem");

/** A second picture over each sheet's: its projections alone, as a veil over the patches, or in grey. */
function cover(within = document) {
  if (root.dataset.view !== "overlay" && root.dataset.tone !== "grey") return;
  for (const image of all("a.sheet > img:only-child", within)) {
    const { src, width, height } = image;
    const over = make("img", { className: "over", src, width, height, alt: "", loading: "lazy", decoding: "async" });
    over.style.setProperty("--grey", image.closest(".map").dataset.grey ?? "1");
    image.after(over);
  }
}

function setView(view) {
  root.dataset.view = view;
  const radio = one(`input[name=view][value=${view}]`);
  if (radio) radio.checked = true;
  cover();
}

function setTone(grey) {
  root.dataset.tone = grey ? "grey" : "colour";
  one("#grey").checked = grey;
  cover();
}

function setUpViews(patches) {
  const view = root.dataset.view ?? "", opens = document.body.dataset.opens;
  if (patches) setView(VIEWS.includes(view) ? view : opens); else root.dataset.view = "projections";
  if (one("#grey")) setTone(root.dataset.tone === "grey"); else root.dataset.tone = "colour";
  for (const radio of all("input[name=view]")) radio.addEventListener("change", () => chooseView(radio.value));
  one("#grey")?.addEventListener("change", toggleTone);
  const size = one("#size");
  if (size) size.value = kept.read("size", SIZE);
  size?.addEventListener("input", () => {
    root.style.setProperty("--h", size.value + "rem");
    kept.write("size", Number(size.value));
  });
}

/** What the visitor chooses stays chosen, and stands in the address; what a page or a link shows at first does not. */
function chooseView(view) {
  setView(view);
  kept.write("view", view);
  address.write("view", view);
}

function toggleView() {
  if (document.body.dataset.patches !== "yes") return;
  chooseView(VIEWS[(VIEWS.indexOf(root.dataset.view ?? "both") + 1) % VIEWS.length]);
}

function toggleTone() {
  if (!one("#grey")) return;
  setTone(root.dataset.tone !== "grey");
  kept.write("tone", root.dataset.tone);
  address.write("tone", root.dataset.tone === "grey" ? "grey" : null);
}

scripts.views = { setUpViews, toggleView, toggleTone, cover };
}

// --- coming ---
{
// Where one came from: a map opened from another page leads back there, not to a list one has never seen.
const KEY = "deconvviz.opened";

/** On every page: links to a feature map say that they were followed. */
function setUpComing() {
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href*='#u']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.pathname === location.pathname) return;
    try { sessionStorage.setItem(KEY, link.href); } catch { /* then Esc leads to the list */ }
  });
  try { // the entry of the history remembers it, also after a reload, and when one comes back to it
    if (sessionStorage.getItem(KEY) === location.href && history.length > 1) history.replaceState({ ...history.state, fromElsewhere: true }, "");
    sessionStorage.removeItem(KEY);
  } catch { /* then Esc leads to the list */ }
}

/** Whether the page was opened here by a link of another page. */
const cameFromElsewhere = () => Boolean(history.state?.fromElsewhere);

scripts.coming = { setUpComing, cameFromElsewhere };
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
// What a search asks for: feature maps by their numbers, with or without their layer, or a text: a class, a file.

/** `12`, `0-15,30`, `features.28:12`, or anything else: a text. */
function readSearch(text) {
  const unit = /^\s*(?:(.+):)?\s*(\d+(?:\s*-\s*\d+)?(?:\s*,\s*\d+(?:\s*-\s*\d+)?)*)\s*$/.exec(text);
  if (!unit) return { text: text.trim().toLowerCase() };
  const ranges = unit[2].split(",").map(part => part.split("-").map(Number)).map(([first, last]) => [first, last ?? first]);
  return { layer: unit[1]?.trim(), map: ranges[0][0], ranges, alone: /^\d+$/.test(unit[2]) };
}
const isIn = (ranges, map) => ranges.some(([first, last]) => first <= map && map <= last);
const findLayer = (gallery, name) => gallery.layers.find(l => l.layer === name)
  ?? gallery.layers.find(l => [l.alias, l.file, l.read_at].includes(name));
const shows = (layer, map) => layer.maps ? layer.maps.includes(map) : map < layer.channels;
/** The maps of a layer that are in the ranges. */
const mapsIn = (layer, ranges) => (layer.maps ?? [...Array(layer.channels).keys()]).filter(map => isIn(ranges, map));

scripts.asking = { readSearch, findLayer, shows, isIn, mapsIn };
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
const { toggleView, toggleTone } = scripts.views;

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
      "/": () => page.search(), t: () => page.view ? page.view() : toggleView(), g: toggleTone, s: () => page.star(), "?": () => one("#help").showModal(),
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
const { cover } = scripts.views;

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
    item.dataset.grey = String(layer.grey?.[map] ?? 1);
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
    cover(section);
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
// The index's search: of numbers the feature maps that have them, of a text those that like such a class or show such a file.
const { one, make } = scripts.dom;
const { readSearch, findLayer, mapsIn } = scripts.asking;

const MOST = 48; // cards shown of what is found

/** Set it up; returns what looks for what the field says now. */
function setUpFinding(gallery, { card, list }) {
  const search = one("#search"), found = one("#found"), first = one("#first");

  let classes = null, images = null; // loaded when first asked for
  globalThis.deconvvizClasses = content => { classes = new Map(content.map(([name, count, maps]) => [name, { count, maps }])); look(); };
  globalThis.deconvvizImages = content => { images = content; look(); };
  function load() {
    for (const name of ["classes", "images"]) if (!one(`#known-${name}`)) document.head.append(make("script", { id: `known-${name}`, src: `${name}.js` }));
    return classes && images;
  }

  /** Of the classes that `fits` the maps that like them, most first; with how many there are in all. */
  function likers(fits) {
    const matching = [...classes.keys()].filter(fits);
    const units = matching.flatMap(name => classes.get(name).maps.map(([layer, map, same, images]) => ({ layer: gallery.layers[layer], map, same, images, name })));
    units.sort((a, b) => b.same - a.same);
    const total = matching.reduce((sum, name) => sum + classes.get(name).count, 0);
    return { units: units.map(unit => [unit, `${unit.name}, ${unit.same} of ${unit.images}`]), total, names: matching };
  }

  /** The maps whose images are files that `fits`, each once, with those files. */
  function showing(fits) {
    const found = new Map();
    for (const [, file, , maps] of images.filter(([, file]) => file && fits(file))) {
      for (const [layer, map] of maps) {
        const unit = `${layer} ${map}`, known = found.get(unit) ?? { layer: gallery.layers[layer], map, files: [] };
        found.set(unit, { ...known, files: [...known.files, file] });
      }
    }
    const units = [...found.values()].map(unit => [unit, unit.files.join(", ")]);
    return { units, total: units.length };
  }

  function byNumber(wanted, text) {
    const layers = wanted.layer ? [findLayer(gallery, wanted.layer)].filter(Boolean) : gallery.layers;
    const units = layers.flatMap(layer => mapsIn(layer, wanted.ranges).map(map => ({ layer, map })));
    const named = classes ? likers(name => name === text).units : []; // a class may be called 12
    const cards = [...units.slice(0, MOST).map(unit => card(unit)), ...named.slice(0, MOST).map(([unit, note]) => card(unit, note))];
    const what = wanted.alone ? `Map ${wanted.map}` : `Maps ${text}`;
    const more = units.length > MOST ? `: the first ${MOST} of ${units.length}` : "";
    list(found, cards, units.length ? what + more + (named.length ? `, and maps that like class ${text}` : "") : `There is no ${text} in this gallery`);
  }

  function byText(wanted, text) {
    const like = likers(name => name.toLowerCase().includes(wanted.text)), show = showing(file => file.toLowerCase().includes(wanted.text));
    const cards = [...like.units.slice(0, MOST), ...show.units.slice(0, MOST)].map(([unit, note]) => card(unit, note));
    const of = (name, { units, total }) => total ? [`${name}${Math.min(units.length, MOST) < total ? ` (the first ${Math.min(units.length, MOST)} of ${total})` : ""}`] : [];
    const quoted = like.names.length && like.names.length < 4 ? like.names.join(", ") : `“${text}”`;
    const title = [...of(`like ${quoted}`, like), ...of(`show files named like “${text}”`, show)].join(", and that ");
    list(found, cards, cards.length ? `Feature maps that ${title}` : `No feature map likes “${text}”, and no file that they show is named so`);
  }

  function look() {
    const wanted = readSearch(search.value), text = search.value.trim();
    if (first) first.hidden = Boolean(text);
    if (!text) { found.hidden = true; return; }
    if ("map" in wanted) { if (!wanted.layer) load(); byNumber(wanted, text); } else if (load()) byText(wanted, text);
  }

  search.addEventListener("input", look);
  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    if (found.hidden) return;
    one(".map a", found)?.click();
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
const { address } = scripts.address;
const { setUpStarred } = scripts.starred;
const { setUpFinding } = scripts.finding;

function indexPage(gallery, stars) {
  const search = one("#search"), cards = cardsOf(gallery, stars);
  setUpStarred(stars, cards);
  search.value = address.read("q") ?? ""; // asked for on the page of an image
  const look = setUpFinding(gallery, cards);
  if (search.value) look();
  search.addEventListener("input", () => address.write("q", search.value.trim() || null)); // the address tells what is shown

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
    back() { if (search.value) { search.value = ""; address.write("q", null); look(); } },
  };
}

scripts.index = { indexPage };
}

// --- arranging ---
{
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
}

// --- jumping ---
{
// A way into a long list: a field that leads to every fiftieth of its maps, in the order that they have now.
const { one } = scripts.dom;
const { shownCards } = scripts.moving;

const PACE = 50;

function setUpJumping(lists) {
  const jump = one("#jump"), maps = one("#maps");
  if (!jump) return;
  /** The places there are now. */
  function fill() {
    const cards = shownCards(maps), places = cards.filter((_, at) => at % PACE === 0);
    jump.replaceChildren(new Option("go to …", ""), ...places.map(card => new Option(lists.length > 1 ? card.dataset.unit : `map ${card.dataset.number}`, card.id)));
  }
  jump.addEventListener("focus", fill);
  jump.addEventListener("pointerdown", fill);
  jump.addEventListener("change", () => {
    const card = document.getElementById(jump.value);
    jump.value = "";
    if (!card) return;
    card.scrollIntoView();
    one("a", card).focus({ preventScroll: true });
  });
  fill();
}

scripts.jumping = { setUpJumping };
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

/** How many images excite the map how strongly: one bar a bin, two bins for each doubling. */
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
  one("figcaption", figure).textContent = `How many images excite it how strongly, from ${brief(low)} to ${brief(high)}: every second bar stands for twice the activation` + (zero ? "; the grey one, for none" : "");
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
  const like = facts.label ? `Likes ${facts.label}.` : same < 2 ? "Its strongest images are all of different classes." :
    `${same} of its ${shown} images are ${facts.class}${2 * same > shown ? ", but it fires too weakly, or in too few, to say that it likes them" : ""}.`;
  const scores = facts.scores ? `The score of ${facts.scores}. ` : "";
  one(".standing").textContent = scores + (facts.dead ? "Dead: no image excites it, so there is nothing to project." :
    facts.class && shown > 1 ? like : "");
  const framed = facts.top.find(entry => entry.shown)?.shown, side = framed && framed.frame[2] - framed.frame[0];
  const rows = [
    ["Peak", facts.peak === null ? "none" : brief(facts.peak), "its strongest activation in any image"],
    ...(shown ? [[`Mean of the ${shown}`, brief(facts.mean_of_top), "activations of the images shown"]] : []),
    ["All images", `${brief(facts.mean)} ± ${brief(facts.deviation)}`, "mean and standard deviation of its strongest activation in each"],
    ["Fires in", `${facts.positive} of ${data.seen} images (${percent(facts.positive / Math.max(data.seen, 1))})`, "it is above zero somewhere in them"],
    ["Layer", `maps of ${layer.size ? layer.size.join(" × ") : "one value"}`, `${layer.depth === 1 ? "the first filter lies" : `${layer.depth} filters lie`} between it and the pixels`],
    ["Sees", layer.receptive_field ? layer.receptive_field.join(" × ") + " pixels" : "the whole image", "the receptive field of each unit"],
    ...(framed ? [["Shown", `${side} × ${side} pixels`, side === Math.max(framed.field[2] - framed.field[0], framed.field[3] - framed.field[1]) ? "all of that" : `the frame, the middle of that: ${percent(Math.min(...facts.top.filter(e => e.shown).map(e => e.shown.energy)))} or more of each projection's energy`]] : []),
  ];
  one(".numbers").replaceChildren(...rows.flatMap(([term, value, meaning]) => [make("dt", {}, term), make("dd", {}, value, make("small", {}, meaning))]));
  histogram(facts, data.edges);
}

scripts.describing = { describe };
}

// --- nine ---
{
// The strongest images of a feature map: each with its projection, its patch, and the whole picture.
const { make } = scripts.dom;
const { brief } = scripts.numbers;

/**
 * Items of `entries`; `sheet`: the address of the sheet whose tiles they show, `geometry`: where these lie on it;
 * `layer`, `data`: what is known of its layer; `rankOf`: what stands before the activation.
 */
function itemsOf(entries, { gallery, layer, data, sheet, geometry, patches, rankOf = rank => `${rank + 1}.` }) {
  const picture = image => gallery.images?.[image] ?? `../images/${String(image).padStart(7, "0")}.${layer.sheet.ending}`;

  const hasPages = patches && !gallery.images; // of images: a single file has none, nor a gallery without patches

  function item(entry, rank) {
    const about = data.images[entry.image], file = about.file ?? `image ${entry.image}`;
    const place = entry.row === null ? "" : `, at row ${entry.row}, column ${entry.column} of the map`;
    const named = about.class && ![" ", "/"].some(end => file.startsWith(about.class + end)) ? about.class : "";
    const said = [["rank", rankOf(rank), ""], ["value", brief(entry.activation), `its activation${place}`], ["file", hasPages ? make("a", { href: `../image.html?n=${entry.image}` }, file) : file, hasPages ? "which feature maps fire most on this image" : ""], ["", named, ""],
      ["", entry.shown ? `full contrast from ±${brief(entry.shown.scale)}` : "", "projections of this magnitude, or more, are drawn as black, white or a full colour"],
      ["", place.slice(5), "of the unit on its feature map"]];
    const text = make("div", { className: "of" }, ...said.filter(([, words]) => words).map(([className, words, title]) => make("span", { className, title }, words)));
    if (!entry.shown) return make("li", { className: "alone" }, make("div", { className: "tile blank" }, "this image could not be shown again"), text);
    const projection = tile(rank, false), element = make("li", { className: patches ? "" : "alone" }, shown("projection", projection, `Projection ${rankOf(rank)} ${file}`));
    projection.style.setProperty("--grey", String(entry.shown.grey));
    if (patches) {
      element.append(shown("patch", patch(entry, rank, about), `Patch ${rankOf(rank)} ${file}`),
        shown("overlay", overlay(entry, rank, about), `Overlay ${rankOf(rank)} ${file}`), whole(entry, about, file));
    }
    element.append(text);
    return element;
  }

  /** A tile that can be enlarged. */
  const shown = (kind, tile, label) => make("button", { type: "button", className: `shown ${kind}`, "aria-label": `${label}; enlarge it`, title: `${kind}; click to enlarge` }, tile);

  /** What the frame shows of the image: the sheet's tile, and over it, where that has more pixels, a part of the whole picture. */
  function patch(entry, rank, about) {
    const element = tile(rank, true);
    const [top, left, bottom, right] = entry.shown.frame, height = bottom - top, width = right - left;
    const span = Math.max(height, width); // a tile's side: the frame is in its middle, rounded as on the sheet
    if (span <= layer.sheet.side) return element;
    const image = make("img", { src: picture(entry.image), alt: "", decoding: "async" });
    const parts = { top: Math.floor((span - height) / 2) - top, left: Math.floor((span - width) / 2) - left, width: about.columns, height: about.rows };
    for (const [side, pixels] of Object.entries(parts)) image.style[side] = `${100 * pixels / span}%`;
    const [first, leftmost, below, beyond] = entry.shown.box; // of a tall or wide field, the square would show more
    const clipped = [first / about.rows, 1 - beyond / about.columns, 1 - below / about.rows, leftmost / about.columns];
    image.style.clipPath = `inset(${clipped.map(share => `${100 * share}%`).join(" ")})`;
    image.decode().then(() => { element.style.backgroundImage = ""; element.classList.add("hatched"); }, () => image.remove());
    element.classList.add("cut");
    element.append(image);
    return element;
  }

  /** The patch under its projection as a veil: it is seen where that has energy. */
  function overlay(entry, rank, about) {
    const under = patch(entry, rank, about), veil = tile(rank, false);
    veil.classList.add("veil");
    return make("span", { className: "stack" }, under, veil);
  }

  /** One tile of the sheet, enlarged. */
  function tile(rank, onRight) {
    const { width, height, block, side, columns } = geometry, pitch = side + 2;
    const left = (onRight ? width - block : 0) + rank % columns * pitch, top = Math.floor(rank / columns) * pitch;
    const place = (offset, length) => length === side ? 0 : 100 * offset / (length - side);
    const element = make("span", { className: "tile" });
    element.style.backgroundImage = `url("${sheet}")`;
    element.style.backgroundSize = `${100 * width / side}% ${100 * height / side}%`;
    element.style.backgroundPosition = `${place(left, width)}% ${place(top, height)}%`;
    return element;
  }

  /** The whole image as the network saw it, with the unit's receptive field, and in it the frame that tiles show. */
  function whole(entry, about, file) {
    const image = make("img", { src: picture(entry.image), alt: `The whole image ${file}`, loading: "lazy", decoding: "async" });
    image.width = about.columns; image.height = about.rows;
    const inside = ([top, left, bottom, right], [first, leftmost, below, beyond]) => [Math.max(top, first), Math.max(left, leftmost), Math.min(bottom, below), Math.min(right, beyond)];
    const outline = ([top, left, bottom, right], className, title) => {
      const box = make("i", { className, title });
      const parts = { left: left / about.columns, top: top / about.rows, width: (right - left) / about.columns, height: (bottom - top) / about.rows };
      for (const [side, share] of Object.entries(parts)) box.style[side] = `${100 * share}%`;
      return box;
    };
    const { box, frame } = entry.shown;
    const link = hasPages ? "a" : "div";
    return make(link, { className: "whole", ...(link === "a" ? { href: `../image.html?n=${entry.image}`, title: "which feature maps fire most on this image" } : {}) }, image, outline(box, "field", "the receptive field"), outline(inside(frame, box), "frame", "the frame that the tiles show"));
  }

  return entries.map(item);
}

scripts.nine = { itemsOf };
}

// --- large ---
{
// One tile as large as the screen allows: the keys lead to the next image, and to its projection, patch, overlay.
const { one, all } = scripts.dom;

function setUpLarge() {
  const dialog = one("#large"), title = one("#large-title"), place = one(".enlarged", dialog);
  let items = [], at = 0, kind = 0;

  const kinds = () => all("button.shown", items[at]);
  const next = by => { let to = at + by; while (items[to] && !all("button.shown", items[to]).length) to += by; return items[to] ? to : at; };

  function fill() {
    const button = kinds()[kind];
    place.replaceChildren(button.firstChild.cloneNode(true));
    place.classList.toggle("projection", button.classList.contains("projection"));
    title.textContent = button.getAttribute("aria-label").split("; enlarge")[0];
    one("#large-before").disabled = next(-1) === at;
    one("#large-after").disabled = next(1) === at;
  }
  function step(by) { at = next(by); fill(); }
  function close() {
    dialog.close();
    kinds()[kind]?.focus();
  }

  dialog.addEventListener("cancel", event => { event.preventDefault(); close(); });
  one("#large-close").addEventListener("click", close);
  one("#large-before").addEventListener("click", () => step(-1));
  one("#large-after").addEventListener("click", () => step(1));
  place.addEventListener("click", close);
  one(".unit").addEventListener("click", event => {
    const button = event.target.closest("button.shown");
    if (!button) return;
    at = items.indexOf(button.closest("li"));
    kind = kinds().indexOf(button);
    dialog.showModal();
    fill();
  });
  return {
    /** The items that can be enlarged now; `sharp`: whether their pixels are. */
    of(now, sharp) { items = now; place.classList.toggle("sharp", sharp); if (dialog.open) dialog.close(); },
    get open() { return dialog.open; }, close, step,
    kind() { kind = (kind + 1) % kinds().length; fill(); },
  };
}

scripts.large = { setUpLarge };
}

// --- data ---
{
// What a gallery knows of its layers' feature maps: in the page itself, or loaded when a map is first looked at.
const { one, make } = scripts.dom;

/** Listeners are called when more is known, or when it is known that it cannot be loaded. */
function dataOf() {
  const known = new Map(); // what is said of each layer, by its name
  const listeners = [];
  const whenChanged = () => { for (const listener of listeners) listener(); };
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

  const files = new Map(); // the files of each layer's maps, made when they are first asked for
  function filesOf(layer, map) {
    const data = known.get(layer.layer);
    if (!data) return [];
    if (!files.has(layer.layer)) files.set(layer.layer, new Map(data.maps.map(m => [m.map, m.top.map(entry => data.images[entry.image].file ?? "")])));
    return files.get(layer.layer).get(map) ?? [];
  }

  return { load, filesOf, whenChanged: listener => listeners.push(listener), of: layer => known.get(layer.layer), get failed() { return failed; } };
}

scripts.data = { dataOf };
}

// --- alike ---
{
// The feature maps of the layer that are most like one: that rise and fall with it over the images.
const { one, make } = scripts.dom;
const { cover } = scripts.views;

/** Show them below the images of a map; `cardOf` gives the card of a map by its number. */
function showAlike(facts, cardOf) {
  const place = one(".alike"), cards = facts.alike.map(([map, r]) => [cardOf(map), r]).filter(([card]) => card);
  place.hidden = !cards.length;
  const list = one("ul", place);
  list.replaceChildren(...cards.map(([card, r]) => {
    const picture = one("img", card), style = `--ratio: ${picture.width / picture.height}; --block: ${getComputedStyle(card).getPropertyValue("--block")}`;
    const item = make("li", { className: "map like", style }, make("a", { className: "sheet", href: `#${card.id}` }, make("img", { src: picture.src, alt: picture.alt, width: picture.width, height: picture.height, loading: "lazy", decoding: "async" })),
      make("p", {}, make("b", {}, card.dataset.number), make("span", { className: "class" }, one(".class", card)?.textContent ?? ""), make("span", { className: "value", title: "correlation of their activations over the images of the scan" }, `r ${r.toFixed(2)}`)));
    item.dataset.grey = card.dataset.grey ?? "1";
    return item;
  }));
  cover(list);
}

scripts.alike = { showAlike };
}

// --- unit ---
{
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
}

// --- layer ---
{
// The page of a layer, or in a single file of several: its list, the view of one of its maps, and what the keys do there.
const { one } = scripts.dom;
const { readSearch, findLayer, shows } = scripts.asking;
const { shownCards, sectionFrom, moveFocus } = scripts.moving;
const { number, setUpArranging } = scripts.arranging;
const { dataOf } = scripts.data;
const { setUpJumping } = scripts.jumping;
const { unitView } = scripts.unit;

/** A number that is searched for and sent off opens that feature map. */
function setUpSearch(gallery, { lists, arrange }) {
  const search = one("#search");
  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    const asked = readSearch(search.value);
    if (!("map" in asked)) return;
    if (!asked.alone) return; // several are in the list now
    const layer = asked.layer && findLayer(gallery, asked.layer);
    const list = asked.layer ? lists.find(list => list.layer === layer) : lists.find(list => shows(list.layer, asked.map));
    const card = list?.cards.find(card => number(card) === asked.map);
    if (card) { search.value = ""; arrange(); location.hash = card.id; }
    else if (layer && !list && shows(layer, asked.map)) location.href = `${encodeURIComponent(layer.file)}.html#u${asked.map}`;
    else one("#count").textContent = `There is no ${search.value.trim()} here`;
  });
}

function layerPage(gallery, stars, patches) {
  const maps = one("#maps"), search = one("#search"), known = dataOf(), arranging = setUpArranging(gallery, stars, known), { lists } = arranging;
  setUpSearch(gallery, arranging);
  setUpJumping(lists);
  const view = unitView(gallery, stars, patches, known, () => shownCards(maps));
  known.whenChanged(arranging.arrange);
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
    step: by => view.enlarged ? view.another(by) : view.open ? view.step(by) : moveFocus(shownCards(maps), by, false),
    row: by => view.enlarged ? view.another(by) : view.open ? view.row(by) : moveFocus(shownCards(maps), by, true),
    layer: otherLayer,
    search: () => { if (view.open) view.close(search); else search.focus(); },
    get view() { return view.enlarged ? view.kind : undefined; },
    star() {
      const card = view.open ? view.card() : document.activeElement?.closest(".map");
      if (card) stars.toggle(card.dataset.unit);
    },
    back() {
      if (view.enlarged) view.reduce();
      else if (view.open) view.close();
      else if (one("[aria-label=Breadcrumb] a")) location.href = one("[aria-label=Breadcrumb] a").href + "#layer-" + encodeURIComponent(lists[0].layer.file);
    },
  };
}

scripts.layer = { layerPage };
}

// --- image ---
{
// The page of one image: layer by layer the feature maps that fire most on it, and what they took from it, in place.
const { one, make } = scripts.dom;
const { percent } = scripts.numbers;
const { shownCards, moveFocus } = scripts.moving;
const { cover } = scripts.views;

const DRAWN = 9, LISTED = 12; // feature maps of a layer whose projections are added up, and that are listed

/** The page; `cards` makes the cards of feature maps. */
function imagePage(gallery, stars, { card }) {
  const asked = new URLSearchParams(location.search).get("n") ?? "", number = /^\d+$/.test(asked) ? Number(asked) : -1, name = String(number).padStart(7, "0");
  globalThis.deconvvizImage = show;
  if (number >= 0) {
    const src = `image/${name}.js`;
    const script = make("script", { src });
    script.addEventListener("error", () => { one(".lead").textContent = `This gallery shows no image ${number}.`; });
    document.head.append(script);
  }

  function show(image) {
    const said = image.file ?? `image ${image.number}`, ending = gallery.layers[0].sheet.ending;
    document.title = `${said} · ${gallery.model} · deconvviz`;
    one("h1").textContent = said;
    one(".lead").textContent = image.class ? `Its class: ${image.class}.` : "";
    const picture = () => make("img", { src: `images/${name}.${ending}`, alt: `The whole image ${said}`, width: image.columns, height: image.rows });
    one(".whole").replaceChildren(picture());
    const layers = new Map();
    for (const [at, ...unit] of image.units) layers.set(at, [...layers.get(at) ?? [], unit]);
    one("#layers").replaceChildren(...[...layers].map(([at, units]) => section(gallery.layers[at], units, image, picture)));
    neighbours(image);
    stars.mark();
    cover(one("#layers"));
  }

  function section(layer, units, image, picture) {
    const listed = units.slice(0, LISTED), more = units.length - listed.length;
    // what is above zero is added to the grey, what is below is taken from it: so the sum is that of the projections
    const part = sign => make("div", { className: `part ${sign}` }, ...units.slice(0, DRAWN).map(unit => tile(layer, unit, units, image)));
    const together = make("div", { className: "together", style: `aspect-ratio: ${image.columns} / ${image.rows}` }, part("plus"), part("minus"));
    const cards = listed.map(([map, , share]) => card({ layer, map }, `${percent(share)} of its peak`));
    const stack = make("div", { className: "stack" }, picture(), make("div", { className: "veil" }, together.cloneNode(true)));
    const facts = `${units.length} feature map${units.length > 1 ? "s have" : " has"} this image among the ${gallery.top} strongest` +
      (units.length > DRAWN ? `; added up: the ${DRAWN} that are nearest to their peaks` : "");
    return make("section", { className: "layer", id: `layer-${layer.file}` },
      make("div", { className: "heading" }, make("h2", {}, make("a", { href: `layers/${encodeURIComponent(layer.file)}.html` }, layer.layer)), make("p", { className: "facts" }, facts)),
      make("div", { className: "in-place" }, titled("what they took, in place", together), titled("the image, seen there", stack)),
      make("ul", { className: "maps small" }, ...cards),
      ...(more > 0 ? [make("p", { className: "facts" }, `and ${more} more`)] : []));
  }

  const titled = (title, element) => make("figure", {}, element, make("figcaption", {}, title));

  /** One projection where it belongs, in proportion: its own contrast is full, so its strength is the opacity. */
  function tile(layer, [map, rank, , [top, left, bottom, right], scale], units, image) {
    const { width, height, side, columns, ending } = layer.sheet, pitch = side + 2, element = make("div", { className: "tile" });
    const place = (offset, length) => length === side ? 0 : 100 * offset / (length - side);
    const [high, wide] = layer.receptive_field ?? [Infinity, Infinity]; // the tile, a square, is hatched beside a field that is none
    const beside = seen => Math.max(0, 50 - 50 * seen / (bottom - top));
    const strongest = Math.max(...units.slice(0, DRAWN).map(unit => unit[4])) || 1;
    Object.assign(element.style, {
      backgroundImage: `url("sheets/${encodeURIComponent(layer.file)}/${String(map).padStart(4, "0")}.${ending}")`,
      backgroundSize: `${100 * width / side}% ${100 * height / side}%`,
      backgroundPosition: `${place(rank % columns * pitch, width)}% ${place(Math.floor(rank / columns) * pitch, height)}%`,
      left: `${100 * left / image.columns}%`, top: `${100 * top / image.rows}%`,
      width: `${100 * (right - left) / image.columns}%`, height: `${100 * (bottom - top) / image.rows}%`,
      opacity: String(scale / strongest), clipPath: `inset(${beside(high)}% ${beside(wide)}%)`,
    });
    return element;
  }

  /** The images before and after it, of those that the gallery shows. */
  function neighbours({ before, after }) {
    for (const [id, to] of [["#image-before", before], ["#image-after", after]]) {
      one(id).hidden = to === null;
      one(id).href = `image.html?n=${to}`;
    }
  }

  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    location.href = `index.html?q=${encodeURIComponent(one("#search").value)}`;
  });
  const other = by => { const link = one(by < 0 ? "#image-before" : "#image-after"); if (!link.hidden) location.href = link.href; return !link.hidden; };
  return {
    step: by => moveFocus(shownCards(), by, false), row: by => moveFocus(shownCards(), by, true), layer: other,
    search: () => one("#search").focus(),
    star() {
      const focused = document.activeElement?.closest(".map");
      if (focused) stars.toggle(focused.dataset.unit);
    },
    back() { if (history.length > 1) history.back(); else location.href = "index.html"; },
  };
}

scripts.image = { imagePage };
}

// --- start ---
{
// Where it all begins: once the page is read, what it is made of is set up.
const { root, one } = scripts.dom;
const { starsOf } = scripts.stars;
const { setUpViews } = scripts.views;
const { setUpComing } = scripts.coming;
const { setUpHelp, setUpKeys } = scripts.keys;
const { indexPage } = scripts.index;
const { layerPage } = scripts.layer;
const { imagePage } = scripts.image;
const { cardsOf } = scripts.cards;

function start() {
  const gallery = JSON.parse(one("#gallery").textContent);
  const patches = document.body.dataset.patches === "yes";
  const kind = document.body.dataset.page;
  const stars = starsOf(gallery);
  setUpViews(patches);
  setUpComing();
  setUpHelp();
  const page = kind === "layer" ? layerPage(gallery, stars, patches) : kind === "image" ? imagePage(gallery, stars, cardsOf(gallery, stars)) : indexPage(gallery, stars);
  setUpKeys(page);
  const bar = one(".tools"), sticks = () => getComputedStyle(bar).position === "sticky";
  const clear = () => { root.style.scrollPaddingTop = `${(sticks() ? bar.offsetHeight : 0) + 16}px`; }; // no focus behind it
  if ("ResizeObserver" in globalThis) new ResizeObserver(clear).observe(bar); else clear();
  const along = ({ target }) => { // the bar goes with the focus: browsers move it only for what is quite out of sight
    const { left, right } = target.getBoundingClientRect(), ends = bar.getBoundingClientRect();
    bar.scrollLeft += Math.max(right + 6 - ends.right, 0) + Math.min(left - 6 - ends.left, 0);
  };
  bar.addEventListener("focusin", along);
}

document.addEventListener("DOMContentLoaded", start);
}

})();
