/** Linear scales and round ticks. */

export interface Scale {
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  (value: number): number;
}

export function linearScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const span = domain[1] - domain[0] || 1;
  const scale = (value: number) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0]);
  return Object.assign(scale, { domain, range });
}

/** Multiples of 1, 2 or 5 x 10^k inside the domain, about `count` of them and at least two, so that there is a scale to read. */
export function roundTicks([low, high]: readonly [number, number], count: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [10, 5, 2, 1, 0.5, 0.2, 0.1].map((multiple) => multiple * power);
  const first = steps.findLastIndex((step) => step >= rough * 0.999);
  for (const step of steps.slice(Math.max(0, first))) {
    const ticks = multiplesOf(step, low, high);
    if (ticks.length >= 2) return ticks;
  }
  return [low];
}

function multiplesOf(step: number, low: number, high: number): number[] {
  const multiples: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    multiples.push(Number((k * step).toPrecision(12)));
  }
  return multiples;
}

/** SVG path through the points; a point that is not finite breaks the line. */
export function linePath(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let isDown = false;
  for (let i = 0; i < Math.min(xs.length, ys.length); i++) {
    const px = x(xs[i]!);
    const py = y(ys[i]!);
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      isDown = false;
      continue;
    }
    path += `${isDown ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
    isDown = true;
  }
  return path;
}
