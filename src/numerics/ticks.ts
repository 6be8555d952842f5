/** Round numbers for an axis. */

/** Round numbers inside a range, about `wanted` of them: three to seven for five. */
export function ticks(low: number, high: number, wanted = 5): readonly number[] {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    out.push(k * step);
  return out;
}

/** Whole powers of ten inside a range of positive numbers; the ends where there are fewer than two. */
export function decades(low: number, high: number): readonly number[] {
  const out: number[] = [];
  for (let k = Math.ceil(Math.log10(low) - 1e-9); k <= Math.log10(high) + 1e-9; k++)
    out.push(10 ** k);
  return out.length < 2 ? [low, high] : out;
}
