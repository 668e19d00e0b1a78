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
