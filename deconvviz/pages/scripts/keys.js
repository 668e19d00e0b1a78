// The keys, and the dialog that lists them and can turn them off. What a key does there, each kind of page says itself.
const { one } = scripts.dom;
const { kept } = scripts.kept;
const { toggleView, toggleTone } = scripts.views;

function setUpHelp() {
  const help = one("#help");
  one("#help-button").addEventListener("click", () => help.showModal());
  one("#single-keys").checked = kept.read("keys", true);
  one("#single-keys").addEventListener("change", event => kept.write("keys", event.target.checked));
}

function setUpKeys(page) {
  document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    const typed = "[]".includes(event.key); // on many keyboards only with AltGr or Option
    if (event.metaKey || event.defaultPrevented || ((event.ctrlKey || event.altKey) && !typed)) return;
    const writing = target.matches("input[type=search], select, textarea");
    if (event.key === "Escape") {
      if (one("#help").open) return; // the dialog closes itself
      event.preventDefault();
      if (writing && target.matches("input[type=search]")) {
        /** @type {HTMLInputElement} */ (target).value = "";
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (writing) target.blur(); else page.back();
      return;
    }
    if (writing || one("#help").open || !kept.read("keys", true)) return;
    if (event.key.startsWith("Arrow") && (event.shiftKey || target.matches("input"))) return; // theirs: slider, views
    const act = {
      ArrowLeft: () => page.step(-1), ArrowRight: () => page.step(1),
      ArrowUp: () => page.row(-1), ArrowDown: () => page.row(1),
      "[": () => page.layer(-1), "]": () => page.layer(1),
      "/": () => page.search(), t: () => page.view ? page.view() : toggleView(), g: toggleTone, s: () => page.star(), "?": () => one("#help").showModal(),
    }[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}

scripts.keys = { setUpHelp, setUpKeys };
