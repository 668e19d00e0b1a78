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
