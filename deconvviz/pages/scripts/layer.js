// The page of a layer, or in a single file of several: its list, the view of one of its maps, and what the keys do there.
const { one } = scripts.dom;
const { readSearch, findLayer, shows } = scripts.asking;
const { shownCards, sectionFrom, moveFocus } = scripts.moving;
const { number, setUpArranging } = scripts.arranging;
const { dataOf } = scripts.data;
const { setUpJumping } = scripts.jumping;
const { unitView } = scripts.unit;

/** A number that is searched for and sent off opens that feature map. */
function setUpSearch(gallery, { lists, arrange }) {
  const search = one("#search");
  one(".search").addEventListener("submit", event => {
    event.preventDefault();
    const asked = readSearch(search.value);
    if (!("map" in asked)) return;
    if (!asked.alone) return; // several are in the list now
    const layer = asked.layer && findLayer(gallery, asked.layer);
    const list = asked.layer ? lists.find(list => list.layer === layer) : lists.find(list => shows(list.layer, asked.map));
    const card = list?.cards.find(card => number(card) === asked.map);
    if (card) { search.value = ""; arrange(); location.hash = card.id; }
    else if (layer && !list && shows(layer, asked.map)) location.href = `${encodeURIComponent(layer.file)}.html#u${asked.map}`;
    else one("#count").textContent = `There is no ${search.value.trim()} here`;
  });
}

function layerPage(gallery, stars, patches) {
  const maps = one("#maps"), search = one("#search"), known = dataOf(), arranging = setUpArranging(gallery, stars, known), { lists } = arranging;
  setUpSearch(gallery, arranging);
  setUpJumping(lists);
  const view = unitView(gallery, stars, patches, known, () => shownCards(maps));
  known.whenChanged(arranging.arrange);
  stars.whenChanged(() => view.starred());

  /** The page of the layer before or after; in a single file its list. */
  const otherLayer = by => {
    const link = one(by < 0 ? "a[rel=prev]" : "a[rel=next]");
    if (link) { location.href = link.href; return true; }
    const sections = lists.map(list => list.section).filter(section => !section.hidden);
    const next = view.open ? sections[sections.indexOf(view.card().closest(".list")) + by] : sectionFrom(sections, by);
    const card = next && shownCards(next)[0];
    if (!card || lists.length < 2) return false;
    if (view.open) view.show(card);
    else { next.scrollIntoView(); one("a", card).focus({ preventScroll: true }); }
    return true;
  };

  return {
    step: by => view.enlarged ? view.another(by) : view.open ? view.step(by) : moveFocus(shownCards(maps), by, false),
    row: by => view.enlarged ? view.another(by) : view.open ? view.row(by) : moveFocus(shownCards(maps), by, true),
    layer: otherLayer,
    search: () => { if (view.open) view.close(search); else search.focus(); },
    get view() { return view.enlarged ? view.kind : undefined; },
    star() {
      const card = view.open ? view.card() : document.activeElement?.closest(".map");
      if (card) stars.toggle(card.dataset.unit);
    },
    back() {
      if (view.enlarged) view.reduce();
      else if (view.open) view.close();
      else if (one("[aria-label=Breadcrumb] a")) location.href = one("[aria-label=Breadcrumb] a").href + "#layer-" + encodeURIComponent(lists[0].layer.file);
    },
  };
}

scripts.layer = { layerPage };
