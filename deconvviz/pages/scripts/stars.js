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
