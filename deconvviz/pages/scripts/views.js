// Views, tone and size: which half of the sheets is shown, or one over the other; in colours or grey; how large.
const { root, one, all, make } = scripts.dom;
const { kept } = scripts.kept;
const { address } = scripts.address;

const VIEWS = ["projections", "both", "patches", "overlay"], SIZE = 9.5;

// At once, before the page is drawn: nothing moves afterwards.
root.classList.add("scripted");
const asked = address.read("view");
root.dataset.view = asked && VIEWS.includes(asked) ? asked : kept.read("view", "");
root.dataset.tone = (address.read("tone") ?? kept.read("tone", "colour")) === "grey" ? "grey" : "colour";
root.style.setProperty("--h", kept.read("size", SIZE) + "rem");

/** A second picture over each sheet's: its projections alone, as a veil over the patches, or in grey. */
function cover(within = document) {
  if (root.dataset.view !== "overlay" && root.dataset.tone !== "grey") return;
  for (const image of all("a.sheet > img:only-child", within)) {
    const { src, width, height } = image;
    const over = make("img", { className: "over", src, width, height, alt: "", loading: "lazy", decoding: "async" });
    over.style.setProperty("--grey", image.closest(".map").dataset.grey ?? "1");
    image.after(over);
  }
}

function setView(view) {
  root.dataset.view = view;
  const radio = one(`input[name=view][value=${view}]`);
  if (radio) radio.checked = true;
  cover();
}

function setTone(grey) {
  root.dataset.tone = grey ? "grey" : "colour";
  one("#grey").checked = grey;
  cover();
}

function setUpViews(patches) {
  const view = root.dataset.view ?? "", opens = document.body.dataset.opens;
  if (patches) setView(VIEWS.includes(view) ? view : opens); else root.dataset.view = "projections";
  if (one("#grey")) setTone(root.dataset.tone === "grey"); else root.dataset.tone = "colour";
  for (const radio of all("input[name=view]")) radio.addEventListener("change", () => chooseView(radio.value));
  one("#grey")?.addEventListener("change", toggleTone);
  const size = one("#size");
  if (size) size.value = kept.read("size", SIZE);
  size?.addEventListener("input", () => {
    root.style.setProperty("--h", size.value + "rem");
    kept.write("size", Number(size.value));
  });
}

/** What the visitor chooses stays chosen, and stands in the address; what a page or a link shows at first does not. */
function chooseView(view) {
  setView(view);
  kept.write("view", view);
  address.write("view", view);
}

function toggleView() {
  if (document.body.dataset.patches !== "yes") return;
  chooseView(VIEWS[(VIEWS.indexOf(root.dataset.view ?? "both") + 1) % VIEWS.length]);
}

function toggleTone() {
  if (!one("#grey")) return;
  setTone(root.dataset.tone !== "grey");
  kept.write("tone", root.dataset.tone);
  address.write("tone", root.dataset.tone === "grey" ? "grey" : null);
}

scripts.views = { setUpViews, toggleView, toggleTone, cover };
