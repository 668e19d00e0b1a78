// Where it all begins: once the page is read, what it is made of is set up.
const { root, one } = scripts.dom;
const { starsOf } = scripts.stars;
const { setUpViews } = scripts.views;
const { setUpComing } = scripts.coming;
const { setUpHelp, setUpKeys } = scripts.keys;
const { indexPage } = scripts.index;
const { layerPage } = scripts.layer;
const { imagePage } = scripts.image;
const { cardsOf } = scripts.cards;

function start() {
  const gallery = JSON.parse(one("#gallery").textContent);
  const patches = document.body.dataset.patches === "yes";
  const kind = document.body.dataset.page;
  const stars = starsOf(gallery);
  setUpViews(patches);
  setUpComing();
  setUpHelp();
  const page = kind === "layer" ? layerPage(gallery, stars, patches) : kind === "image" ? imagePage(gallery, stars, cardsOf(gallery, stars)) : indexPage(gallery, stars);
  setUpKeys(page);
  const bar = one(".tools"), sticks = () => getComputedStyle(bar).position === "sticky";
  const clear = () => { root.style.scrollPaddingTop = `${(sticks() ? bar.offsetHeight : 0) + 16}px`; }; // no focus behind it
  if ("ResizeObserver" in globalThis) new ResizeObserver(clear).observe(bar); else clear();
  const along = ({ target }) => { // the bar goes with the focus: browsers move it only for what is quite out of sight
    const { left, right } = target.getBoundingClientRect(), ends = bar.getBoundingClientRect();
    bar.scrollLeft += Math.max(right + 6 - ends.right, 0) + Math.min(left - 6 - ends.left, 0);
  };
  bar.addEventListener("focusin", along);
}

document.addEventListener("DOMContentLoaded", start);
