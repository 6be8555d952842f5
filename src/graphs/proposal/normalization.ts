/** Which pixel range, mean and standard deviation to put before a graph: what it leaves to do, or a guess that is said to be one. */
import type { GraphView } from "../../onnx/graph.ts";
import { NORMALIZATIONS } from "../../model/normalizations.ts";
import type { Normalization, NormalizationName } from "../../model/normalizations.ts";
import type { PixelType } from "./imagePart.ts";
import type { PixelArithmetic } from "./pixelArithmetic.ts";

export interface ProposedNormalization extends Normalization {
  readonly range: readonly [number, number];
  readonly notice: string;
  /** "graph": the graph normalises by itself; "guess": nothing in the file says how. */
  readonly source: "graph" | "guess";
}

/** Quantized inputs are off by up to half a step. */
const TOLERANCE = 0.02;
const UNIT = [0, 1] as const;
const BYTES = [0, 255] as const;

export function proposeNormalization(
  view: GraphView,
  pixels: PixelType,
  own: PixelArithmetic | undefined,
): ProposedNormalization {
  const none = NORMALIZATIONS.none;
  if (pixels !== "float") {
    const range = pixels === "int8" ? ([-128, 127] as const) : BYTES;
    const isNormalized = own !== undefined && !isIdentity(own);
    return {
      ...none,
      range,
      source: pixels === "uint8" || isNormalized ? "graph" : "guess",
      notice: `The graph takes whole numbers (${pixels === "whole" ? "integer pixels" : pixels}), ${range.join(" to ")}${pixels === "uint8" ? "" : ", which is a guess"}, ${isNormalized ? "and normalises them itself" : "and reads them as they are"}: no mean and deviation are proposed.`,
    };
  }
  if (own?.isPerPicture) {
    return {
      ...none,
      range: UNIT,
      source: "graph",
      notice: "The graph normalises each picture by its own mean and spread, so none is proposed.",
    };
  }
  if (own && !isIdentity(own) && !expectsNormalized(own)) {
    const before = normalizationBefore(own);
    if (before) {
      return {
        ...NORMALIZATIONS[before],
        range: UNIT,
        source: "graph",
        notice: `The graph turns one normalisation into another: it expects that of ${before}.`,
      };
    }
    const range = rangeOf(own);
    return {
      ...none,
      range,
      source: "graph",
      notice: `The graph seems to normalise its pixels itself, from ${range.join(" to ")}, so none is proposed.`,
    };
  }
  const names = Object.keys(NORMALIZATIONS) as NormalizationName[];
  const isClip = view.graph.node.some(
    (node) => node.opType === "QuickGelu" || /pre_?layrnorm|visual_projection/.test(node.name),
  );
  const name = names[isClip ? 1 : 0]!;
  return {
    ...NORMALIZATIONS[name],
    range: UNIT,
    source: "guess",
    notice: `A graph does not say how its pixels are normalised: ${name} is a guess, check it against the model's card.`,
  };
}

function isIdentity({ factor, shift }: PixelArithmetic): boolean {
  return (
    factor.every((a) => Math.abs(a - 1) < TOLERANCE) && shift.every((b) => Math.abs(b) < TOLERANCE)
  );
}

/** A batch normalisation that was trained on pixels which were normalised before: their mean was near 0, their variance near 1. */
function expectsNormalized({ batchNorm }: PixelArithmetic): boolean {
  return (
    batchNorm !== undefined &&
    batchNorm.mean.every((m) => Math.abs(m) < 0.25) &&
    batchNorm.variance.every((v) => v > 0.4 && v < 2.5)
  );
}

/** The known normalisation N for which the graph makes another known one, M, of N's pixels (Inception makes "half" of ImageNet). */
function normalizationBefore({ factor, shift }: PixelArithmetic): NormalizationName | undefined {
  const names = (Object.keys(NORMALIZATIONS) as NormalizationName[]).filter((n) => n !== "none");
  return names.find((before) =>
    [...names, "none" as const].some((after) => {
      const [n, m] = [NORMALIZATIONS[before], NORMALIZATIONS[after]];
      // factor * (x - n.mean) / n.std + shift must be (x - m.mean) / m.std, per channel.
      return (
        before !== after &&
        factor.every((a, c) => {
          const slope = a / n.std[c]! - 1 / m.std[c]!;
          const offset = shift[c]! - (a * n.mean[c]!) / n.std[c]! + m.mean[c]! / m.std[c]!;
          return Math.abs(slope * m.std[c]!) < 1e-3 && Math.abs(offset) < 1e-3;
        })
      );
    }),
  );
}

/** Bytes where the graph divides by about as much, or takes off a mean that no pixel up to 1 could have. */
function rangeOf({ factor, shift, batchNorm }: PixelArithmetic): readonly [number, number] {
  const used = factor.map((a, c) => ({ a, b: shift[c]! })).filter(({ a }) => a !== 0);
  const average = (of: (each: { a: number; b: number }) => number): number =>
    used.reduce((sum, each) => sum + of(each), 0) / Math.max(1, used.length);
  const slope = average(({ a }) => Math.abs(a));
  const mean = batchNorm ? (batchNorm.mean[0] ?? 0) : average(({ a, b }) => -b / a);
  return (batchNorm === undefined && slope < 0.05) || mean > 1.5 ? BYTES : UNIT;
}
