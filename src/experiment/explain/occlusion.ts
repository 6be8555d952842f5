import { covered, occlusionMap, occlusionPositions } from "../../explanations/occlusion.ts";
import { substrateImage } from "../../metrics/deletionInsertion.ts";
import type { Explainer } from "./explainer.ts";
import { marginObjective } from "./score.ts";
import { SUBSTRATES, substrateParam } from "./substrates.ts";

export const occlusion: Explainer = {
  id: "occlusion",
  label: "Occlusion",
  how: "covers one square after the other and watches how much the margin falls",
  source:
    "Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks (arXiv:1311.2901), section 4.2; overlaps averaged",
  unit: "logits lost",
  params: {
    cells: {
      label: "Cells",
      unit: "along each side",
      min: 7,
      max: 28,
      step: 1,
      default: 14,
      integer: true,
      help: "The square moves by one cell of this grid. Passes grow with its square: 14 cells and a window of 2 take 169 a picture.",
    },
    window: {
      label: "Window",
      unit: "cells",
      min: 1,
      max: 6,
      step: 1,
      default: 2,
      integer: true,
      help: "Side of the covered square. A small one hides too little to matter, a large one says little about where.",
    },
    substrate: substrateParam("What covers the square."),
  },
  async *explain(subject, { params, context }) {
    const { image, size, system } = subject;
    const { cells = 14, window = 2, substrate = 1 } = params;
    const options = { cells, window };
    const cover = substrateImage(image, size, size, SUBSTRATES[substrate]!);
    const { loss } = system.evaluator(marginObjective(subject));
    const whole = await loss(image);
    const positions = occlusionPositions(options);
    const losses: number[] = [];
    for (const [k, position] of positions.entries()) {
      yield { done: k, total: positions.length };
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      losses.push(whole - (await loss(covered(image, cover, position, options))));
    }
    return { grid: [cells, cells], values: occlusionMap(losses, options) };
  },
};
