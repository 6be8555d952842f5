import { cellMeans } from "../../explanations/cells.ts";
import { rise as riseEstimates } from "../../explanations/rise.ts";
import { grayImage } from "../../image/grayImage.ts";
import type { Explainer } from "./explainer.ts";
import { probabilityOf } from "./score.ts";

const GRID = [28, 28] as const;

export const rise: Explainer = {
  id: "rise",
  label: "RISE",
  how: "shows the picture through many random masks and asks where being seen raises the probability",
  source:
    "Petsiuk, Das & Saenko 2018, RISE (arXiv:1806.07421), equation 6, less the mean score (the map of a score that heeds no mask is 0)",
  unit: "probability gained when seen",
  params: {
    masks: {
      label: "Masks",
      unit: "passes a picture",
      min: 50,
      max: 4000,
      step: 50,
      default: 300,
      integer: true,
      help: "Random masks for each picture, one forward pass a mask. The paper takes thousands; a few hundred give a grainy map.",
    },
    cells: {
      label: "Mask cells",
      unit: "along each side",
      min: 4,
      max: 14,
      step: 1,
      default: 7,
      integer: true,
      help: "Coarseness of the masks. Fewer cells hide larger parts at once.",
    },
    keep: {
      label: "Seen",
      unit: "of the cells",
      min: 0.1,
      max: 0.9,
      step: 0.05,
      default: 0.5,
      help: "Chance that a cell of a mask is left visible; the rest is black.",
    },
  },
  async *explain(subject, { params, seed, context }) {
    const { image, size } = subject;
    const { masks = 300, cells = 7, keep = 0.5 } = params;
    const probability = probabilityOf(subject);
    const score = async (batch: readonly Float32Array[]) => {
      const scores: number[] = [];
      for (const each of batch) scores.push(await probability(each));
      return scores;
    };
    const options = { masks, cells, keep, batch: 2, seed };
    let contrast: Float32Array | undefined;
    const estimates = riseEstimates(score, grayImage(image, size, size), options, context);
    for await (const estimate of estimates) {
      ({ contrast } = estimate);
      yield { done: estimate.n, total: masks };
    }
    if (!contrast || context.signal.aborted) return undefined;
    return { grid: GRID, values: cellMeans(contrast, size, GRID) };
  },
};
