/**
 * A confidence bound for the mean of independent values in [0, 1] that may be watched while the values stream in: with
 * probability at least 1 - alpha it holds at every n at once. It is the wealth of a mixture of fixed betting fractions
 * against "the mean is m" (Waudby-Smith & Ramdas 2024, with a grid of fractions instead of a predictable one):
 *
 *   K_n(m) = sum_j w_j prod_i (1 - F_j + F_j x_i / m)
 *
 * Each product is a non-negative martingale when m is the mean, so by Ville's inequality K_n(mean) ever reaches 1/alpha
 * with probability at most alpha. K_n falls in m; the lower bound is where it crosses 1/alpha. The order of the values
 * does not matter, so a histogram is the whole state; values are rounded down to it, which keeps the bound valid.
 */
import { LabError, fault } from "../errors/labError.ts";
import { logSumExp } from "../numerics/sums.ts";

/** Steps of the histogram over [0, 1]; 1 itself has a bin of its own. */
const STEPS = 65_536;
const FRACTIONS = Float64Array.from({ length: 16 }, (_, j) => 0.01 ** (1 - j / 15));
const LOG_WEIGHTS = mixtureWeights().map(Math.log);

/** Three quarters spread over the fractions as sqrt(F), one quarter on betting everything (values that are all 1). */
function mixtureWeights(): Float64Array {
  const roots = FRACTIONS.map(Math.sqrt);
  const total = roots.reduce((a, b) => a + b, 0);
  return roots.map((root, j) => (0.75 * root) / total + (j === 15 ? 0.25 : 0));
}

export interface GridBet {
  /** @throws LabError "internal" for a value outside [0, 1]. */
  add(value: number): void;
  /** Lower confidence bound of the mean at error rate `alpha`; never falls while values are added. */
  lowerBound(alpha: number): number;
  /** Upper confidence bound at error rate `alpha`; both together hold at 1 - 2 alpha. */
  upperBound(alpha: number): number;
  readonly count: number;
  /** Mean of the values as added; NaN before the first. */
  readonly mean: number;
  /** Counts in `bins` equal parts of [0, 1]. */
  histogram(bins: number): Float64Array;
}

/** Values that certify a mean above `least` at the soonest, which all of them being 1 does; `most` where more would be needed. */
export function fewestValues(least: number, alpha: number, most: number): number {
  const bet = gridBet();
  for (let n = 1; n < most; n++) {
    bet.add(1);
    if (bet.lowerBound(alpha) > least) return n;
  }
  return most;
}

export function gridBet(): GridBet {
  const below = valueCounts();
  const above = valueCounts();
  // The running maximum of a confidence sequence is one too, for each error rate by itself.
  const bestLower = new Map<number, number>();
  const bestUpper = new Map<number, number>();
  let count = 0;
  let sum = 0;
  return {
    add(value) {
      if (!(value >= 0 && value <= 1)) {
        throw fault(`the value ${value} for a bound on [0, 1]`);
      }
      below.add(Math.floor(value * STEPS));
      above.add(Math.floor((1 - value) * STEPS));
      count++;
      sum += value;
    },
    lowerBound: (alpha) => runningBound(below, alpha, bestLower),
    upperBound: (alpha) => 1 - runningBound(above, alpha, bestUpper),
    get count() {
      return count;
    },
    get mean() {
      return sum / count;
    },
    histogram(bins) {
      const counts = new Float64Array(bins);
      below.forEach((step, times) => {
        counts[Math.min(bins - 1, Math.floor((step / STEPS) * bins))]! += times;
      });
      return counts;
    },
  };
}

interface ValueCounts {
  add(step: number): void;
  forEach(visit: (step: number, times: number) => void): void;
  /** Occupied bins, in order of first use, as values in [0, 1]. */
  readonly values: readonly number[];
  times(index: number): number;
}

function valueCounts(): ValueCounts {
  const counts = new Float64Array(STEPS + 1);
  const steps: number[] = [];
  const values: number[] = [];
  return {
    add(step) {
      if (!counts[step]) {
        steps.push(step);
        values.push(step / STEPS);
      }
      counts[step]!++;
    },
    forEach(visit) {
      for (const step of steps) visit(step, counts[step]!);
    },
    values,
    times: (index) => counts[steps[index]!]!,
  };
}

function runningBound(data: ValueCounts, alpha: number, best: Map<number, number>): number {
  if (!(alpha > 0 && alpha < 1)) {
    throw new LabError("spec-invalid", `The error rate alpha is ${alpha}, not between 0 and 1.`, {
      hint: "0.001 is a common choice.",
    });
  }
  const threshold = -Math.log(alpha);
  let low = best.get(alpha) ?? 0;
  if (low === 0 || logWealth(data, low) >= threshold) {
    let high = 1;
    for (let step = 0; step < 40 && high - low > 1e-9; step++) {
      const middle = (low + high) / 2;
      if (logWealth(data, middle) >= threshold) low = middle;
      else high = middle;
    }
  }
  best.set(alpha, low);
  return low;
}

/** log K_n(m), 0 < m <= 1. */
function logWealth(data: ValueCounts, m: number): number {
  const terms = new Float64Array(FRACTIONS.length);
  const { values } = data;
  for (let j = 0; j < terms.length; j++) {
    const fraction = FRACTIONS[j]!;
    const stay = 1 - fraction;
    const gain = fraction / m;
    let log = LOG_WEIGHTS[j]!;
    // Factors are multiplied and their logarithm is taken only before the product leaves the range of doubles.
    let product = 1;
    for (let i = 0; i < values.length; i++) {
      const factor = stay + gain * values[i]!;
      const times = data.times(i);
      if (times > 4) {
        log += times * Math.log(factor);
        continue;
      }
      for (let k = 0; k < times; k++) product *= factor;
      if (product < 1e-200 || product > 1e200) {
        log += Math.log(product);
        product = 1;
      }
    }
    terms[j] = log + Math.log(product);
  }
  return logSumExp(terms);
}
