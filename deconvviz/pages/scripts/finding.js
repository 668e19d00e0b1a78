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
