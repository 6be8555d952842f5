/** Whether a map depends on what the model has learned: the weights are shuffled from the answer down and the map is made again. */
import { compareMaps } from "../../explanations/mapComparison.ts";
import type { MapComparison } from "../../explanations/mapComparison.ts";
import { grayImage } from "../../image/grayImage.ts";
import { rankCorrelation } from "../../numerics/ranks.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { modelSystem } from "../../system/modelSystem.ts";
import { explained } from "../explain/explanationInstrument.ts";
import type { Explanation, Subject } from "../explain/explainer.ts";
import { EXPLAINERS, METHOD_PARAM } from "../explain/explainers.ts";
import { readOut } from "../readout.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, PictureMap } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** A map this alike after all weights are shuffled says more about the picture than about the model. */
const SAME = 0.5;

/** The map with a share of the weights shuffled. */
interface Shuffled extends MapComparison {
  readonly share: number;
  readonly rank: number;
  readonly map: Explanation;
}

export const weightRandomization = defineInstrument({
  id: "weightRandomization",
  label: "Does the map need the trained weights?",
  group: "explanations",
  help: "Shuffles the model's weights, more and more of them from the answer down, and makes the map of the clean picture again each time. A map that stays as it was shows edges of the picture, not what the model has learned; a map that changes has passed this test and no other.",
  source:
    "Adebayo et al. 2018, Sanity Checks for Saliency Maps (arXiv:1810.03292), cascading randomization; matrices shuffled instead of redrawn",
  params: {
    method: METHOD_PARAM,
    parts: {
      label: "Steps",
      unit: "up to all weights",
      min: 1,
      max: 8,
      step: 1,
      default: 3,
      integer: true,
      help: "Shuffled models that are opened one after the other, each with one part more of the weights shuffled.",
    },
  },
  needs: ["model", "input"],
  obstacle: ({ model }) =>
    innerModelOf(model) ? undefined : "This model can't be opened with other weights.",
  async *run({ model, input }, { spec, params, seed, context }) {
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const explainer = EXPLAINERS[params["method"] ?? METHOD_PARAM.default]!;
    const { image, size } = input;
    const { question } = spec;
    const reading = await readOut(model, image, question);
    const trained: Subject = { system: model, image, size, reading, question };
    const obstacle = explainer.obstacle?.(trained);
    if (obstacle !== undefined) return { statement: obstacle, quantities: [], obstacle };
    const scope = { params: {}, seed, context };
    const first = yield* explained(explainer, trained, scope);
    if (!first) return undefined;
    const { parts = 3 } = params;
    const found: Shuffled[] = [];
    for (let part = 1; part <= parts; part++) {
      const share = part / parts;
      yield {
        progress: {
          done: part - 1,
          total: parts,
          label: `Shuffling ${decimal(100 * share, 0)} % of the weights`,
        },
      };
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const other = await inner.withShuffledWeights(share, seed);
      try {
        const system = modelSystem(`shuffled ${share}`, other, context.yieldToHost);
        const own = await readOut(system, image, question);
        // The same answer is explained, whatever the shuffled model would say; what it attends to is its own.
        const { answer, embedding } = reading;
        const subject = { ...trained, system, reading: { ...own, answer, embedding } };
        const map = yield* explained(explainer, subject, scope);
        if (!map) return undefined;
        found.push({
          share,
          map,
          ...alike(first, map),
          rank: rankCorrelation(first.values, map.values),
        });
      } finally {
        await other.release();
      }
    }
    return resultOf(explainer.label, explainer.unit, first, found);
  },
});

function alike(a: Explanation, b: Explanation): MapComparison {
  const positive = ({ values, grid }: Explanation) =>
    grayImage(
      values.map((value) => Math.max(0, value)),
      ...grid,
    );
  return compareMaps(positive(a), positive(b));
}

function resultOf(
  label: string,
  unit: string,
  first: Explanation,
  found: readonly Shuffled[],
): InstrumentResult {
  const last = found.at(-1)!;
  const shares = Float64Array.from([0, ...found.map(({ share }) => 100 * share)]);
  const line = (name: string, values: readonly number[]) => ({
    name,
    x: shares,
    y: Float64Array.from([1, ...values]),
  });
  const map = ({ grid, values }: Explanation, id: string, name: string): PictureMap => ({
    id,
    label: name,
    grid,
    data: values.map((value) => Math.max(0, value)),
    unit,
  });
  const passed = last.ssim < SAME && Math.abs(last.rank) < SAME;
  return {
    statement: `With all weights shuffled, ${label} agrees with the trained model's map by SSIM ${decimal(last.ssim, 2)} and rank correlation ${decimal(last.rank, 2)}. ${
      passed
        ? "It depends on what the model has learned, as an explanation must."
        : "It hardly depends on what the model has learned: it can't explain this model's answer."
    }`,
    quantities: found.flatMap(({ share, ssim, rank, jsd }) => {
      const at = `${decimal(100 * share, 0)} % of the weights shuffled`;
      const id = decimal(100 * share, 0);
      return [
        {
          id: `ssim.${id}`,
          label: `Overlap with the trained map (SSIM), ${at}`,
          value: ssim,
          unit: "",
        },
        {
          id: `rank.${id}`,
          label: `Rank correlation with it (Spearman), ${at}`,
          value: rank,
          unit: "",
        },
        {
          id: `jsd.${id}`,
          label: `Divergence from it (Jensen-Shannon), ${at}`,
          value: jsd,
          unit: "bits",
        },
      ];
    }),
    plots: [
      {
        kind: "lines",
        id: "cascade",
        title: "From the answer down",
        x: { label: "Weights shuffled", unit: "%" },
        y: { label: "Agreement with the trained model's map", unit: "" },
        series: [
          line(
            "SSIM",
            found.map(({ ssim }) => ssim),
          ),
          line(
            "rank correlation",
            found.map(({ rank }) => rank),
          ),
        ],
      },
    ],
    maps: [
      map(first, "trained", `${label}, trained weights`),
      map(last.map, "shuffled", `${label}, all weights shuffled`),
    ],
  };
}
