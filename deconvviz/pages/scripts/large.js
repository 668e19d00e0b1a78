// One tile as large as the screen allows: the keys lead to the next image, and to its projection, patch, overlay.
const { one, all } = scripts.dom;

function setUpLarge() {
  const dialog = one("#large"), title = one("#large-title"), place = one(".enlarged", dialog);
  let items = [], at = 0, kind = 0;

  const kinds = () => all("button.shown", items[at]);
  const next = by => { let to = at + by; while (items[to] && !all("button.shown", items[to]).length) to += by; return items[to] ? to : at; };

  function fill() {
    const button = kinds()[kind];
    place.replaceChildren(button.firstChild.cloneNode(true));
    place.classList.toggle("projection", button.classList.contains("projection"));
    title.textContent = button.getAttribute("aria-label").split("; enlarge")[0];
    one("#large-before").disabled = next(-1) === at;
    one("#large-after").disabled = next(1) === at;
  }
  function step(by) { at = next(by); fill(); }
  function close() {
    dialog.close();
    kinds()[kind]?.focus();
  }

  dialog.addEventListener("cancel", event => { event.preventDefault(); close(); });
  one("#large-close").addEventListener("click", close);
  one("#large-before").addEventListener("click", () => step(-1));
  one("#large-after").addEventListener("click", () => step(1));
  place.addEventListener("click", close);
  one(".unit").addEventListener("click", event => {
    const button = event.target.closest("button.shown");
    if (!button) return;
    at = items.indexOf(button.closest("li"));
    kind = kinds().indexOf(button);
    dialog.showModal();
    fill();
  });
  return {
    /** The items that can be enlarged now; `sharp`: whether their pixels are. */
    of(now, sharp) { items = now; place.classList.toggle("sharp", sharp); if (dialog.open) dialog.close(); },
    get open() { return dialog.open; }, close, step,
    kind() { kind = (kind + 1) % kinds().length; fill(); },
  };
}

scripts.large = { setUpLarge };
