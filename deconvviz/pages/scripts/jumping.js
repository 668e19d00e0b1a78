// A way into a long list: a field that leads to every fiftieth of its maps, in the order that they have now.
const { one } = scripts.dom;
const { shownCards } = scripts.moving;

const PACE = 50;

function setUpJumping(lists) {
  const jump = one("#jump"), maps = one("#maps");
  if (!jump) return;
  /** The places there are now. */
  function fill() {
    const cards = shownCards(maps), places = cards.filter((_, at) => at % PACE === 0);
    jump.replaceChildren(new Option("go to …", ""), ...places.map(card => new Option(lists.length > 1 ? card.dataset.unit : `map ${card.dataset.number}`, card.id)));
  }
  jump.addEventListener("focus", fill);
  jump.addEventListener("pointerdown", fill);
  jump.addEventListener("change", () => {
    const card = document.getElementById(jump.value);
    jump.value = "";
    if (!card) return;
    card.scrollIntoView();
    one("a", card).focus({ preventScroll: true });
  });
  fill();
}

scripts.jumping = { setUpJumping };
