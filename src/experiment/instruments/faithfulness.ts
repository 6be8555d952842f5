/** Whether a map names what the answer hangs on: parts of the picture are taken away or shown in the map's order. */
import { pixelsByCell } from "../../explanations/cells.ts";
import {
  curveArea,
  rankingCurve,
  rationale,
  saliencyOrder,
  substrateImage,
} from "../../metrics/deletionInsertion.ts";
import type { Score, Substrate } from "../../metrics/deletionInsertion.ts";
import { randomStream } from "../../numerics/random.ts";
import { explained } from "../explain/explanationInstrument.ts";
import type { Explanation, Subject } from "../explain/explainer.ts";
import { EXPLAINERS, METHOD_PARAM } from "../explain/explainers.ts";
import { probabilityOf, scoreName } from "../explain/score.ts";
import { SUBSTRATES, SUBSTRATE_WORDS } from "../explain/substrates.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { InstrumentResult, LinePlot, Quantity, Series } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** One substrate's curves by the map's order and by chance, [points] each, over the share of the picture. */
interface Tested {
  readonly substrate: Substrate;
  readonly deletion: readonly number[];
  readonly insertion: readonly number[];
  readonly randomDeletion: readonly number[];
  readonly randomInsertion: readonly number[];
  readonly sufficiency: number;
  readonly necessity: number;
}

export const faithfulness = defineInstrument({
  id: "faithfulness",
  label: "Faithfulness of a map",
  group: "explanations",
  help: "Takes the picture's parts away in the order of a map (deletion) and shows them in that order on an empty picture (insertion), and watches the probability of the answer; the same parts in random order are the control. A faithful map makes deletion fall early and insertion rise early; pictures with holes are new to the model, so three ways to fill them are shown.",
  source:
    "Petsiuk, Das & Saenko 2018 (arXiv:1806.07421), deletion and insertion; DeYoung et al. 2020 (arXiv:1911.03429), sufficiency and comprehensiveness at 1, 5, 10, 20 and 50 %",
  params: {
    method: METHOD_PARAM,
    steps: {
      label: "Steps",
      unit: "a curve",
      min: 4,
      max: 64,
      step: 1,
      default: 12,
      integer: true,
      help: "Points of each curve after the first. Twelve curves are drawn, so 12 steps take about 190 forward passes.",
    },
  },
  needs: ["system", "input", "clean"],
  async *run({ system, input, clean }, scope) {
    const { params, spec, seed, context } = scope;
    const explainer = EXPLAINERS[params["method"] ?? METHOD_PARAM.default]!;
    const { image, size } = input;
    const subject: Subject = { system, image, size, reading: clean, question: spec.question };
    const obstacle = explainer.obstacle?.(subject);
    if (obstacle !== undefined) return { statement: obstacle, quantities: [], obstacle };
    const map = yield* explained(explainer, subject, { params: {}, seed, context });
    if (!map) return undefined;
    const tested: Tested[] = [];
    for (const substrate of SUBSTRATES) {
      yield {
        progress: {
          done: tested.length,
          total: SUBSTRATES.length,
          label: `Faithfulness: parts replaced by ${SUBSTRATE_WORDS[substrate]}`,
        },
      };
      const made = await test(subject, map, substrate, scope);
      if (!made) return undefined;
      tested.push(made);
      if (tested.length < SUBSTRATES.length) {
        yield { partial: resultOf(explainer.label, subject, tested) };
      }
    }
    return resultOf(explainer.label, subject, tested);
  },
});

async function test(
  subject: Subject,
  { values, grid }: Explanation,
  substrate: Substrate,
  { params, seed, context }: InstrumentScope,
): Promise<Tested | undefined> {
  const { image, size } = subject;
  const score: Score = probabilityOf(subject);
  const blank = substrateImage(image, size, size, substrate);
  const ranked = pixelsByCell(saliencyOrder(values), size, grid);
  // The control takes the same cells away: single pixels at random would be another disturbance.
  const random = randomStream(seed, "faithfulness");
  const byChance = saliencyOrder(Float64Array.from(values, () => random.uniform()));
  const control = pixelsByCell(byChance, size, grid);
  const curve = async (mode: "deletion" | "insertion", order: Uint32Array) => {
    const points: number[] = [];
    const { steps = 12 } = params;
    for await (const { score: value } of rankingCurve(
      mode,
      score,
      { image, blank, order, steps },
      context,
    ))
      points.push(value);
    return points;
  };
  const deletion = await curve("deletion", ranked);
  const insertion = await curve("insertion", ranked);
  const randomDeletion = await curve("deletion", control);
  const randomInsertion = await curve("insertion", control);
  if (context.signal.aborted) return undefined;
  const { sufficiency, comprehensiveness } = await rationale(
    async (picture) => {
      await context.yieldToHost();
      return score(picture);
    },
    { image, blank, order: ranked },
  );
  if (context.signal.aborted) return undefined;
  const curves = { deletion, insertion, randomDeletion, randomInsertion };
  return { substrate, ...curves, sufficiency, necessity: comprehensiveness };
}

/** A filling that leaves the score within this of the picture's own takes nothing away that matters. */
const IDLE = 0.1;

/** What the whole picture has over a wholly filled one. */
function taken({ deletion }: Tested): number {
  return deletion[0]! - deletion.at(-1)!;
}

function resultOf(
  method: string,
  { reading }: Subject,
  tested: readonly Tested[],
): InstrumentResult {
  const score = scoreName(reading);
  const telling = tested.filter((made) => taken(made) >= IDLE);
  const better = telling.filter(
    ({ deletion, randomDeletion, insertion, randomInsertion }) =>
      curveArea(deletion) < curveArea(randomDeletion) &&
      curveArea(insertion) > curveArea(randomInsertion),
  );
  const idle = tested.filter((made) => !telling.includes(made));
  const [shown] = telling.toSorted((a, b) => taken(b) - taken(a));
  const two = (value: number) => decimal(value, 2);
  const idleWords = idle.map(({ substrate }) => SUBSTRATE_WORDS[substrate]).join(" or ");
  const verdict = shown
    ? `${method} beats a random order of the same parts in both deletion and insertion for ${better.length} of ${telling.length} ways to fill the holes. Filled with ${SUBSTRATE_WORDS[shown.substrate]}, the ${score} has a deletion area of ${two(curveArea(shown.deletion))} against ${two(curveArea(shown.randomDeletion))} by chance (lower is better) and an insertion area of ${two(curveArea(shown.insertion))} against ${two(curveArea(shown.randomInsertion))} (higher is better).`
    : "Nothing can be said of the map.";
  return {
    statement: `${verdict}${idle.length > 0 ? ` A picture wholly filled with ${idleWords} keeps the ${score} within ${IDLE}, so that filling tests no map.` : ""}`,
    quantities: tested.flatMap(quantitiesOf),
    plots: (["deletion", "insertion"] as const).map((mode) => plotOf(mode, score, tested)),
  };
}

function quantitiesOf(made: Tested): readonly Quantity[] {
  const { substrate, deletion, insertion, randomDeletion, randomInsertion } = made;
  const filled = `filled with ${SUBSTRATE_WORDS[substrate]}`;
  const of = (id: string, label: string, value: number, n: number): Quantity => ({
    id: `${id}.${substrate}`,
    label: `${label}, ${filled}`,
    value,
    unit: "",
    n,
  });
  const n = deletion.length;
  return [
    of("taken", "What the whole picture has over a wholly filled one", taken(made), 1),
    of("deletion", "Deletion area (lower is better)", curveArea(deletion), n),
    of("deletionByChance", "Deletion area of a random order", curveArea(randomDeletion), n),
    of("insertion", "Insertion area (higher is better)", curveArea(insertion), n),
    of("insertionByChance", "Insertion area of a random order", curveArea(randomInsertion), n),
    of(
      "sufficiency",
      "Sufficiency: lost with the top parts only (lower is better)",
      made.sufficiency,
      5,
    ),
    of("necessity", "Necessity: lost without the top parts (higher is better)", made.necessity, 5),
  ];
}

function plotOf(
  mode: "deletion" | "insertion",
  score: string,
  tested: readonly Tested[],
): LinePlot {
  const series = tested.flatMap((made): Series[] => {
    const [own, chance] =
      mode === "deletion"
        ? [made.deletion, made.randomDeletion]
        : [made.insertion, made.randomInsertion];
    const x = Float64Array.from(own, (_, k) => (100 * k) / (own.length - 1));
    return [
      { name: `map, ${made.substrate}`, x, y: Float64Array.from(own) },
      { name: `random, ${made.substrate}`, x, y: Float64Array.from(chance) },
    ];
  });
  return {
    kind: "lines",
    id: mode,
    title: mode === "deletion" ? "Taking parts away" : "Showing parts",
    x: { label: mode === "deletion" ? "Picture taken away" : "Picture shown", unit: "%" },
    y: { label: score.replace(/^./, (first) => first.toUpperCase()), unit: "" },
    series,
  };
}
