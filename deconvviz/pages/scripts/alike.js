// The feature maps of the layer that are most like one: that rise and fall with it over the images.
const { one, make } = scripts.dom;
const { cover } = scripts.views;

/** Show them below the images of a map; `cardOf` gives the card of a map by its number. */
function showAlike(facts, cardOf) {
  const place = one(".alike"), cards = facts.alike.map(([map, r]) => [cardOf(map), r]).filter(([card]) => card);
  place.hidden = !cards.length;
  const list = one("ul", place);
  list.replaceChildren(...cards.map(([card, r]) => {
    const picture = one("img", card), style = `--ratio: ${picture.width / picture.height}; --block: ${getComputedStyle(card).getPropertyValue("--block")}`;
    const item = make("li", { className: "map like", style }, make("a", { className: "sheet", href: `#${card.id}` }, make("img", { src: picture.src, alt: picture.alt, width: picture.width, height: picture.height, loading: "lazy", decoding: "async" })),
      make("p", {}, make("b", {}, card.dataset.number), make("span", { className: "class" }, one(".class", card)?.textContent ?? ""), make("span", { className: "value", title: "correlation of their activations over the images of the scan" }, `r ${r.toFixed(2)}`)));
    item.dataset.grey = card.dataset.grey ?? "1";
    return item;
  }));
  cover(list);
}

scripts.alike = { showAlike };
