import { axisTaps } from "../../image/resize.ts";
import type { Taps } from "../../image/resize.ts";
import { filterDefense } from "../filterDefense.ts";
import { separable } from "./separable.ts";
import type { Row } from "./separable.ts";

/** Shrunk by area averaging to (1 - lost) of its side and grown again linearly: linear, so the gradient is the transpose. */
export const resample = filterDefense({
  id: "resample",
  label: "Down and up",
  help: "Shrinks the picture and grows it again, so that detail finer than the small picture is gone. Findings of a few pixels go with it.",
  source:
    "Guo, Rana, Cissé & van der Maaten 2018, Countering Adversarial Images using Input Transformations (arXiv:1711.00117)",
  params: {
    lost: {
      label: "Side given up",
      unit: "of the side",
      min: 0,
      max: 0.9,
      step: 0.05,
      default: 0.5,
      help: "0.5 shrinks to half the side and back. 0 leaves the picture exactly as it is.",
    },
  },
  strength: "lost",
  gradient: "exact",
  filter: (size, { lost = 0 }) => {
    const narrow = Math.max(1, Math.round((1 - lost) * size));
    return separable(composed(axisTaps(narrow, size), axisTaps(size, narrow)));
  },
});

/** One map after another along an axis. */
function composed(outer: readonly Taps[], inner: readonly Taps[]): readonly Row[] {
  return outer.map(({ first, weights }) => {
    const used = inner.slice(first, first + weights.length);
    const from = Math.min(...used.map((taps) => taps.first));
    const to = Math.max(...used.map((taps) => taps.first + taps.weights.length));
    const row = new Float64Array(to - from);
    used.forEach((taps, k) => {
      taps.weights.forEach((weight, m) => {
        row[taps.first - from + m]! += weights[k]! * weight;
      });
    });
    return { first: from, weights: row };
  });
}
