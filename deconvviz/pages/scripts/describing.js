// What is said of a feature map in words and numbers, beside its images.
const { one, make } = scripts.dom;
const { brief, percent } = scripts.numbers;
const { histogram } = scripts.histogram;

/** `facts`: of the map; `layer`: of its layer, by the page; `data`: of all its layer's maps. */
function describe(facts, layer, data) {
  const shown = facts.top.length, same = Math.round((facts.concentration ?? 0) * shown);
  const like = same < 2 ? "Its strongest images are all of different classes." :
    2 * same > shown ? `Mostly ${facts.class}: ${same} of ${shown}.` : `${facts.class}: ${same} of ${shown}.`;
  const scores = facts.scores ? `The score of ${facts.scores}. ` : "";
  one(".standing").textContent = scores + (facts.dead ? "Dead: no image excites it, so there is nothing to project." :
    facts.class && shown > 1 ? like : facts.class ?? "");
  const rows = [
    ["Peak", facts.peak === null ? "none" : brief(facts.peak)],
    ...(facts.top.length ? [[`Mean of the top ${facts.top.length}`, brief(facts.mean_of_top)]] : []),
    ["All images", `${brief(facts.mean)} ± ${brief(facts.deviation)}`],
    ["Fires in", `${facts.positive} of ${data.seen} images (${percent(facts.positive / Math.max(data.seen, 1))})`],
    ["Layer", `${layer.depth === 1 ? "the first filter" : `${layer.depth} filters deep`}, maps of ${layer.size ? layer.size.join(" × ") : "one value"}`],
    ["Each unit sees", layer.receptive_field ? layer.receptive_field.join(" × ") + " pixels" : "the whole image"],
  ];
  one(".numbers").replaceChildren(...rows.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
  histogram(facts, data.edges);
}

scripts.describing = { describe };
