/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): the gradient averaged along the straight line from a baseline to the
 * picture, times the difference. Attributions add up to F(picture) - F(baseline) (completeness); how far they miss it says
 * whether the line was walked in enough steps.
 */

/** Positions on the line, the middles of equal parts (the midpoint rule; captum's "riemann_middle"). */
export function pathPositions(steps: number): readonly number[] {
  return Array.from({ length: steps }, (_, k) => (k + 0.5) / steps);
}

/** The picture at share `at` of the way from `baseline` to `image`. */
export function onPath(image: Float32Array, baseline: Float32Array, at: number): Float32Array {
  return image.map((value, i) => baseline[i]! + at * (value - baseline[i]!));
}

/** @param meanGradient over the positions of the line. @returns one attribution per pixel, in units of F. */
export function attributions(
  image: Float32Array,
  baseline: Float32Array,
  meanGradient: ArrayLike<number>,
): Float32Array {
  return image.map((value, i) => (value - baseline[i]!) * meanGradient[i]!);
}
