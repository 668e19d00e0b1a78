// The index: its stars, its search, and what the keys do there.
const { one, all } = scripts.dom;
const { shownCards, sectionFrom, moveFocus } = scripts.moving;
const { cardsOf } = scripts.cards;
const { address } = scripts.address;
const { setUpStarred } = scripts.starred;
const { setUpFinding } = scripts.finding;

function indexPage(gallery, stars) {
  const search = one("#search"), cards = cardsOf(gallery, stars);
  setUpStarred(stars, cards);
  search.value = address.read("q") ?? ""; // asked for on the page of an image
  const look = setUpFinding(gallery, cards);
  if (search.value) look();
  search.addEventListener("input", () => address.write("q", search.value.trim() || null)); // the address tells what is shown

  const sections = all(".layer");
  return {
    step: by => moveFocus(shownCards(), by, false),
    row: by => moveFocus(shownCards(), by, true),
    layer(by) {
      const next = sectionFrom(sections, by) ?? sections.at(by < 0 ? 0 : -1);
      next.scrollIntoView();
      one("h2 a", next).focus({ preventScroll: true });
    },
    search: () => search.focus(),
    star() {
      const card = document.activeElement?.closest(".map");
      if (card) stars.toggle(card.dataset.unit);
    },
    back() { if (search.value) { search.value = ""; address.write("q", null); look(); } },
  };
}

scripts.index = { indexPage };
