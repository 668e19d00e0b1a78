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
