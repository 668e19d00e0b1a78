// What is said of a feature map in words and numbers, beside its images.
const { one, make } = scripts.dom;
const { brief, percent } = scripts.numbers;
const { histogram } = scripts.histogram;

/** `facts`: of the map; `layer`: of its layer, by the page; `data`: of all its layer's maps. */
function describe(facts, layer, data) {
  const shown = facts.top.length, same = Math.round((facts.concentration ?? 0) * shown);
  const like = facts.label ? `Likes ${facts.label}.` : same < 2 ? "Its strongest images are all of different classes." :
    `${same} of its ${shown} images are ${facts.class}${2 * same > shown ? ", but it fires too weakly, or in too few, to say that it likes them" : ""}.`;
  const scores = facts.scores ? `The score of ${facts.scores}. ` : "";
  one(".standing").textContent = scores + (facts.dead ? "Dead: no image excites it, so there is nothing to project." :
    facts.class && shown > 1 ? like : "");
  const framed = facts.top.find(entry => entry.shown)?.shown, side = framed && framed.frame[2] - framed.frame[0];
  const rows = [
    ["Peak", facts.peak === null ? "none" : brief(facts.peak), "its strongest activation in any image"],
    ...(shown ? [[`Mean of the ${shown}`, brief(facts.mean_of_top), "activations of the images shown"]] : []),
    ["All images", `${brief(facts.mean)} ± ${brief(facts.deviation)}`, "mean and standard deviation of its strongest activation in each"],
    ["Fires in", `${facts.positive} of ${data.seen} images (${percent(facts.positive / Math.max(data.seen, 1))})`, "it is above zero somewhere in them"],
    ["Layer", `maps of ${layer.size ? layer.size.join(" × ") : "one value"}`, `${layer.depth === 1 ? "the first filter lies" : `${layer.depth} filters lie`} between it and the pixels`],
    ["Sees", layer.receptive_field ? layer.receptive_field.join(" × ") + " pixels" : "the whole image", "the receptive field of each unit"],
    ...(framed ? [["Shown", `${side} × ${side} pixels`, side === Math.max(framed.field[2] - framed.field[0], framed.field[3] - framed.field[1]) ? "all of that" : `the frame, the middle of that: ${percent(Math.min(...facts.top.filter(e => e.shown).map(e => e.shown.energy)))} or more of each projection's energy`]] : []),
  ];
  one(".numbers").replaceChildren(...rows.flatMap(([term, value, meaning]) => [make("dt", {}, term), make("dd", {}, value, make("small", {}, meaning))]));
  histogram(facts, data.edges);
}

scripts.describing = { describe };
