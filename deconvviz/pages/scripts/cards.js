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
