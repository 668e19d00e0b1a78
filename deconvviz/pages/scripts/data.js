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
