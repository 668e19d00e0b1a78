// The histogram of a feature map: how strongly its images excite it.
const { one, all } = scripts.dom;
const { brief } = scripts.numbers;

/** How many images excite the map how strongly: one bar a bin, two bins for each doubling. */
function histogram(facts, edges) {
  const figure = one(".histogram"), { first, counts } = facts.histogram;
  all("svg", figure).forEach(svg => svg.remove());
  figure.hidden = facts.dead || !counts.length;
  if (figure.hidden) return;
  const weakest = counts.findIndex((n, at) => n && first + at > 0); // between zero and this bin all are empty
  const positive = counts.slice(weakest), zero = first === 0 ? 2 : 0; // its bar stands apart, with a gap
  const most = Math.max(...counts), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: `0 0 ${Math.max(positive.length + zero, 12) * 10} 60`, preserveAspectRatio: "none", role: "img", "aria-label": "Histogram of the map's strongest activation in each image" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const bar = (n, place, fill) => {
    const rect = document.createElementNS(svg.namespaceURI, "rect"), height = n ? Math.max(60 * n / most, 1) : 0;
    for (const [key, value] of Object.entries({ x: place * 10 + 1, y: 60 - height, width: 8, height, fill })) rect.setAttribute(key, String(value));
    svg.append(rect);
  };
  if (zero) bar(counts[0], 0, "var(--quiet)");
  positive.forEach((n, at) => bar(n, at + zero, "var(--accent)"));
  figure.prepend(svg);
  const low = edges[first + weakest - 1], high = edges[Math.min(first + counts.length - 1, edges.length - 1)];
  one("figcaption", figure).textContent = `How many images excite it how strongly, from ${brief(low)} to ${brief(high)}: every second bar stands for twice the activation` + (zero ? "; the grey one, for none" : "");
}

scripts.histogram = { histogram };
