/** The standard normal distribution in double precision, accurate in both tails. */

const SQRT_2_PI = Math.sqrt(2 * Math.PI);
/** Where the power series hands over to the continued fraction: both are near machine precision there. */
const SERIES_LIMIT = 2.5;

/** Density phi(x). */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x) / SQRT_2_PI;
}

/** Phi(x) = P(Z <= x); relative error about 1e-14 down to x = -38, where it leaves the range of doubles. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < -SERIES_LIMIT) return upperTail(-x);
  if (x > SERIES_LIMIT) return 1 - upperTail(x);
  // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3*5) + ...)
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + normalPdf(x) * sum;
}

/** P(Z > x) for x >= 2.5 by Laplace's continued fraction x + 1/(x + 2/(x + 3/(x + ...))), evaluated from its end. */
function upperTail(x: number): number {
  if (x > 40) return 0;
  // The number of levels needed falls as 1/x^2; 20 + 700/x^2 leaves a relative error below 1e-15.
  const levels = Math.ceil(20 + 700 / (x * x));
  let fraction = x;
  for (let k = levels; k >= 1; k--) fraction = x + k / fraction;
  return normalPdf(x) / fraction;
}

/**
 * Phi^-1(p), -Infinity at 0, Infinity at 1, NaN outside [0, 1]. Acklam's rational start (relative error 1.2e-9) refined by
 * Halley steps in the lower tail.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  if (tail === 0) return p === 0 ? -Infinity : Infinity;
  let z = lowerTailStart(tail);
  for (let step = 0; step < 2; step++) {
    const error = (normalCdf(z) - tail) / normalPdf(z);
    if (!Number.isFinite(error)) break;
    z -= error / (1 + (z * error) / 2);
  }
  return p < 0.5 ? z : -z;
}

function lowerTailStart(p: number): number {
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_NUMERATOR, q) / (polynomial(TAIL_DENOMINATOR, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(CENTER_NUMERATOR, r) * q) / (polynomial(CENTER_DENOMINATOR, r) * r + 1);
}

/** Horner, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const c of coefficients) value = value * x + c;
  return value;
}

const CENTER_NUMERATOR = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
];
const CENTER_DENOMINATOR = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1,
];
const TAIL_NUMERATOR = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const TAIL_DENOMINATOR = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416,
];
