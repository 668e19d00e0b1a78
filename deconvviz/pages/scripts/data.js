// What a gallery knows of its layers' feature maps: in the page itself, or loaded when a map is first looked at.
const { one, make } = scripts.dom;

/** `whenChanged` is called when more is known, or when it is known that it cannot be loaded. */
function dataOf(whenChanged) {
  const known = new Map(); // what is said of each layer, by its name
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

  return { load, of: layer => known.get(layer.layer), get failed() { return failed; } };
}

scripts.data = { dataOf };
