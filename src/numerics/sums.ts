/** Sums that keep their digits. */

/** log(sum(exp(x))), without overflow; -Infinity for no terms or only -Infinity. */
export function logSumExp(x: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < x.length; i++) if (x[i]! > max) max = x[i]!;
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i]! - max);
  return max + Math.log(sum);
}

/** Softmax in double precision. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const total = logSumExp(logits);
  return Float64Array.from(logits, (z) => Math.exp(z - total));
}

/** Sum by halves: the rounding error grows with log n instead of n. */
export function pairwiseSum(x: ArrayLike<number>): number {
  const sumOf = (from: number, to: number): number => {
    if (to - from <= 32) {
      let sum = 0;
      for (let i = from; i < to; i++) sum += x[i]!;
      return sum;
    }
    const middle = (from + to) >> 1;
    return sumOf(from, middle) + sumOf(middle, to);
  };
  return sumOf(0, x.length);
}

/** Mean by pairwise summation; NaN for no values. */
export function mean(x: ArrayLike<number>): number {
  return pairwiseSum(x) / x.length;
}
