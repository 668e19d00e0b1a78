// Views and size: which half of the sheets is shown, and how large.
const { root, one, all } = scripts.dom;
const { kept } = scripts.kept;

const VIEWS = ["projections", "both", "patches"], SIZE = 9.5;

// At once, before the page is drawn: nothing moves afterwards.
root.classList.add("scripted");
root.dataset.view = kept.read("view", "both");
root.style.setProperty("--h", kept.read("size", SIZE) + "rem");

function setView(view) {
  root.dataset.view = view;
  const radio = one(`input[name=view][value=${view}]`);
  if (radio) radio.checked = true;
  kept.write("view", view);
}

function setUpViews(patches) {
  const view = root.dataset.view ?? "";
  if (patches) setView(VIEWS.includes(view) ? view : "both"); else root.dataset.view = "projections";
  for (const radio of all("input[name=view]")) radio.addEventListener("change", () => setView(radio.value));
  const size = one("#size");
  if (size) size.value = kept.read("size", SIZE);
  size?.addEventListener("input", () => {
    root.style.setProperty("--h", size.value + "rem");
    kept.write("size", Number(size.value));
  });
}

function toggleView() {
  if (document.body.dataset.patches !== "yes") return;
  setView(VIEWS[(VIEWS.indexOf(root.dataset.view ?? "both") + 1) % 3]);
}

scripts.views = { setUpViews, toggleView };
