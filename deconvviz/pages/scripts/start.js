// Where it all begins: once the page is read, what it is made of is set up.
const { root, one } = scripts.dom;
const { starsOf } = scripts.stars;
const { setUpViews } = scripts.views;
const { setUpComing } = scripts.coming;
const { setUpHelp, setUpKeys } = scripts.keys;
const { indexPage } = scripts.index;
const { layerPage } = scripts.layer;

function start() {
  const gallery = JSON.parse(one("#gallery").textContent);
  const patches = document.body.dataset.patches === "yes";
  const onLayer = document.body.dataset.page === "layer";
  const stars = starsOf(gallery);
  setUpViews(patches);
  setUpComing();
  setUpHelp();
  const page = onLayer ? layerPage(gallery, stars, patches) : indexPage(gallery, stars);
  setUpKeys(page);
  const bar = one(".tools"), sticks = () => getComputedStyle(bar).position === "sticky";
  const clear = () => { root.style.scrollPaddingTop = `${(sticks() ? bar.offsetHeight : 0) + 16}px`; }; // no focus behind it
  if ("ResizeObserver" in globalThis) new ResizeObserver(clear).observe(bar); else clear();
}

document.addEventListener("DOMContentLoaded", start);
