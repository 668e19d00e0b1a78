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
    const [top, left, bottom, right] = entry.shown.frame, height = bottom - top, width = right - left;
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
