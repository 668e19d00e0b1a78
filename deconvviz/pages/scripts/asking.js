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
