// Where the keys lead to: from card to card, from row to row, from section to section.
const { one, all } = scripts.dom;

/** Cards in the order they are shown, and how many make a row. */
const shownCards = within => all(".map", within).filter(card => !card.closest("[hidden]"));

/** The card a row further: of those in the next row, the nearest to being right above or below. */
function rowFrom(cards, card, by) {
  const beyond = cards.filter(other => by * (other.offsetTop - card.offsetTop) > 0);
  const next = beyond.at(by > 0 ? 0 : -1), aside = other => Math.abs(other.offsetLeft - card.offsetLeft);
  const row = beyond.filter(other => other.offsetTop === next.offsetTop);
  return row.reduce((best, other) => best && aside(best) <= aside(other) ? best : other, undefined);
}

/** The section before or after the one with the focus, or else before or after the top of the screen. */
function sectionFrom(sections, by) {
  const focused = sections.findIndex(section => section.contains(document.activeElement));
  const below = sections.findIndex(section => section.getBoundingClientRect().top > one(".tools").offsetHeight + 30);
  const at = focused >= 0 ? focused + by : (below < 0 ? sections.length : below) - Number(by < 0);
  return at < 0 ? undefined : sections[at];
}

/** Move the focus among cards; false if there is nowhere to go, so that the page scrolls. */
function moveFocus(cards, by, rows) {
  const from = document.activeElement?.closest(".map"), at = cards.indexOf(from);
  if (at < 0 && rows) return false;
  const card = rows ? rowFrom(cards, from, by) : cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by];
  if (!card) return !rows;
  one("a", card).focus();
  return true;
}

scripts.moving = { shownCards, rowFrom, sectionFrom, moveFocus };
