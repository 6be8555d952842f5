/** Range and quantiles of a radiograph's modality values, padding left out: what automatic windows are made from. */
import type { Radiograph } from "./radiograph.ts";

export interface ValueDistribution {
  readonly min: number;
  readonly max: number;
  /** Number of values counted (without padding and non-finite values). */
  readonly count: number;
  /** The value below or at which the share `p` (0..1) of pixels lies. Exact for integers spanning under 65,536 levels. */
  quantile(p: number): number;
}

const BINS = 65_536;

/** Padding that no value is. */
const NOTHING = { low: Infinity, high: -Infinity };

/** One or two passes over the pixels. When everything is padding, the padding is counted after all. */
export function distributionOf(
  radiograph: Pick<Radiograph, "values" | "padding">,
): ValueDistribution {
  const { values } = radiograph;
  let padding = radiograph.padding ?? NOTHING;
  let range = rangeOf(values, padding);
  if (range.count === 0) {
    padding = NOTHING;
    range = rangeOf(values, padding);
  }
  if (range.count === 0) return { min: 0, max: 0, count: 0, quantile: () => 0 };

  const { min, max, count } = range;
  const span = max - min;
  const exact = values instanceof Int32Array && span < BINS;
  const binWidth = exact || span === 0 ? 1 : span / (BINS - 1);
  const histogram = new Uint32Array(exact ? span + 1 : BINS);
  const { low, high } = padding;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isCounted(value, low, high)) {
      histogram[exact ? value - min : Math.round((value - min) / binWidth)]!++;
    }
  }

  const quantile = (p: number): number => {
    const target = Math.max(1, p * count);
    let seen = 0;
    for (let bin = 0; bin < histogram.length; bin++) {
      seen += histogram[bin]!;
      if (seen >= target) return Math.min(max, min + bin * binWidth);
    }
    return max;
  };
  return { min, max, count, quantile };
}

/** Finite and no padding. Comparisons only: nine million pixels hold the page up for as long as this takes. */
function isCounted(value: number, low: number, high: number): boolean {
  return value - value === 0 && (value < low || value > high);
}

function rangeOf(
  values: Int32Array | Float32Array,
  { low, high }: typeof NOTHING,
): { min: number; max: number; count: number } {
  let min = Infinity;
  let max = -Infinity;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!isCounted(value, low, high)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max, count };
}
