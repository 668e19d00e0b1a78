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
