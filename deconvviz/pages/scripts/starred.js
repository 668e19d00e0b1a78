// The index's section of stars: one's own, or those of a link, to be looked at beside them.
const { one } = scripts.dom;
const { linkedStars, linkOf } = scripts.stars;
const { shownCards } = scripts.moving;
const { copy } = scripts.saying;

function setUpStarred(stars, { unitsOf, card, list }) {
  const starred = one("#starred");
  let asked = linkedStars(); // to be looked at beside one's own

  function showStars() {
    const looked = starred.contains(document.activeElement) ? null : document.activeElement?.closest(".map");
    const before = looked?.getBoundingClientRect().top;
    const focused = starred.contains(document.activeElement) && document.activeElement?.closest(".map");
    const at = focused ? shownCards(starred).indexOf(focused) : -1;
    const cards = unitsOf(asked.length ? asked : stars.all()).map(unit => card(unit));
    list(starred, cards, asked.length ? "Starred in the link" : "Starred");
    starred.hidden = !cards.length;
    one("#keep-stars").hidden = asked.every(unit => stars.has(unit));
    one("#clear-stars").textContent = asked.length ? "Leave the link" : "Remove all stars";
    const now = shownCards(starred);
    if (at >= 0 && now.length) one("a", now[Math.min(at, now.length - 1)]).focus();
    const hold = () => scrollBy({ top: looked.getBoundingClientRect().top - before, behavior: "instant" });
    if (looked) { hold(); requestAnimationFrame(() => requestAnimationFrame(hold)); } // again, with what was not yet laid out
  }

  one("#copy-stars").addEventListener("click", event => {
    copy(linkOf(asked.length ? asked : stars.all()), event.target);
  });
  one("#keep-stars").addEventListener("click", () => stars.add(asked));
  one("#clear-stars").addEventListener("click", () => {
    if (!asked.length) { stars.clear(); return; }
    history.replaceState(null, "", "#");
    asked = [];
    showStars();
  });
  stars.whenChanged(showStars);
  addEventListener("hashchange", () => { asked = linkedStars(); showStars(); });
  showStars();
}

scripts.starred = { setUpStarred };
