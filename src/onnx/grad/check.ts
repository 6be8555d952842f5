/** Is a gradient right? Central differences of the loss, along seeded coordinates and random directions. */
import { randomStream } from "../../numerics/random.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";

export interface GradientCheckRequest {
  /** The loss at a value of the input. */
  readonly loss: (x: FloatTensor) => Promise<number>;
  /** The gradient at `x`, same length. */
  readonly gradient: Float32Array;
  readonly x: FloatTensor;
  readonly seed: number;
  /** Number of single coordinates (default 4): the steepest ones of a seeded sample of 64, as flat ones drown in rounding. */
  readonly coordinates?: number;
  /** Number of directions (default 4): seeded normal vectors tilted by the gradient, so that the slope is measurable. */
  readonly directions?: number;
  /** Largest accepted relative error (default 0.02: float32 losses of deep graphs carry about 1e-6 of noise). */
  readonly tolerance?: number;
}

export interface GradientProbe {
  /** Flat index of the coordinate; undefined for a direction. */
  readonly index: number | undefined;
  /** Step length h (l2) that agreed best. */
  readonly step: number;
  readonly analytic: number;
  readonly numeric: number;
  /**
   * |analytic - numeric| over the larger magnitude; for a coordinate, over the steepest entry of the whole gradient where
   * that is larger (the norm in which gradients are compared here: max |difference| / max |gradient|).
   */
  readonly relativeError: number;
  /** False when float32 rounding of the loss blurs the slope by more than a tenth at every step length. */
  readonly measurable: boolean;
}

export interface GradientCheck {
  readonly coordinates: readonly GradientProbe[];
  readonly directions: readonly GradientProbe[];
  /** Slopes predicted and measured, coordinates first. */
  readonly analytic: readonly number[];
  readonly numeric: readonly number[];
  /** Over measurable probes. */
  readonly maxRelativeError: number;
  /**
   * True when every direction and three quarters of the measurable coordinates agree. Moving one pixel can push a ReLU
   * across its kink, where a difference honestly disagrees with the one-sided slope; directions average that out. A
   * direction too flat to measure must at least agree within the noise.
   */
  readonly ok: boolean;
}

/** Step lengths tried, as fractions: too long bends, too short drowns in float32 rounding; the best of them counts. */
const COORDINATE_STEPS = [0.1, 0.03, 0.01, 0.003, 0.001];
const DIRECTION_STEPS = [0.3, 0.1, 0.03, 0.01];
/** Rounding noise of a float32 loss, relative to it: a few units in the last place, more in deep graphs. */
const NOISE = 4 * 2 ** -23;

/**
 * Compares a gradient with central differences (L(x + h u) - L(x - h u)) / 2h. The input is not clipped to [0, 1]: the
 * loss must be defined just outside.
 */
export async function checkGradient(request: GradientCheckRequest): Promise<GradientCheck> {
  const { x, gradient, seed, tolerance = 0.02 } = request;
  const random = randomStream(seed, "gradient-check");
  const coordinates: GradientProbe[] = [];
  let peak = 0;
  for (const value of gradient) peak = Math.max(peak, Math.abs(value));
  for (const index of steepest(gradient, request.coordinates ?? 4, random.fork("coordinates"))) {
    const unit = new Float32Array(gradient.length);
    unit[index] = 1;
    coordinates.push(
      await probe(request, {
        unit,
        analytic: gradient[index]!,
        steps: COORDINATE_STEPS,
        index,
        scale: peak,
      }),
    );
  }
  const directions: GradientProbe[] = [];
  const normals = random.fork("directions");
  for (let i = 0; i < (request.directions ?? 4); i++) {
    const { unit, slope } = tiltedDirection(gradient, () => normals.normal());
    directions.push(
      await probe(request, { unit, analytic: slope, steps: DIRECTION_STEPS, scale: 0 }),
    );
  }
  const all = [...coordinates, ...directions];
  const measurable = all.filter((p) => p.measurable);
  const maxRelativeError = Math.max(0, ...measurable.map((p) => p.relativeError));
  const agrees = (p: GradientProbe): boolean => p.relativeError <= tolerance;
  const clear = coordinates.filter((p) => p.measurable);
  const finite =
    gradient.every((value) => Number.isFinite(value)) && x.data.length === gradient.length;
  return {
    coordinates,
    directions,
    analytic: all.map((p) => p.analytic),
    numeric: all.map((p) => p.numeric),
    maxRelativeError,
    ok:
      finite &&
      all.length > 0 &&
      directions.every((p) => agrees(p) || !p.measurable) &&
      clear.filter(agrees).length >= 0.75 * clear.length,
  };
}

/** The `count` largest gradient entries among a seeded sample of indices. */
function steepest(
  gradient: Float32Array,
  count: number,
  random: { integer(n: number): number },
): number[] {
  const sample = new Set<number>();
  const wanted = Math.min(64, gradient.length);
  while (sample.size < wanted) sample.add(random.integer(gradient.length));
  return [...sample]
    .sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!))
    .slice(0, count);
}

/** A unit vector: half random, half along the gradient, with the slope g . u along it. */
function tiltedDirection(
  gradient: Float32Array,
  normal: () => number,
): { unit: Float32Array; slope: number } {
  const noise = Float64Array.from(gradient, () => normal());
  const scale = (v: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < v.length; i++) sum += v[i]! * v[i]!;
    return Math.sqrt(sum) || 1;
  };
  const [noiseNorm, gradientNorm] = [scale(noise), scale(gradient)];
  // Of the two half-way vectors the longer one: in few dimensions the noise may oppose the gradient exactly.
  let agreement = 0;
  for (let i = 0; i < noise.length; i++) agreement += noise[i]! * gradient[i]!;
  const side = agreement < 0 ? -1 : 1;
  const mixed = noise.map((value, i) => (side * value) / noiseNorm + gradient[i]! / gradientNorm);
  const norm = scale(mixed);
  const unit = Float32Array.from(mixed, (value) => value / norm);
  let slope = 0;
  for (let i = 0; i < unit.length; i++) slope += unit[i]! * gradient[i]!;
  return { unit, slope };
}

/** One direction to measure along. */
interface Probed {
  readonly unit: Float32Array;
  /** What the gradient says of it. */
  readonly analytic: number;
  readonly steps: readonly number[];
  /** The coordinate, where it is one. */
  readonly index?: number;
  /** Size that errors are measured against at least. */
  readonly scale: number;
}

async function probe(
  { loss, x }: GradientCheckRequest,
  { unit, analytic, steps, index, scale }: Probed,
): Promise<GradientProbe> {
  let best: GradientProbe | undefined;
  for (const step of steps) {
    const [plus, minus] = [moved(x, unit, step), moved(x, unit, -step)];
    const [high, low] = [await loss(plus), await loss(minus)];
    // What was really added, after rounding to float32.
    let length = 0;
    for (let i = 0; i < unit.length; i++) {
      length += (plus.data[i]! - minus.data[i]!) * unit[i]!;
    }
    const numeric = (high - low) / length;
    const magnitude = Math.max(Math.abs(analytic), Math.abs(numeric));
    const noise = (NOISE * Math.max(Math.abs(high), Math.abs(low))) / Math.abs(length);
    const error = Math.abs(analytic - numeric);
    const measurable = noise < 0.1 * magnitude || error === 0;
    // Too flat to measure, but further off than rounding explains: that counts.
    const wrong = !measurable && error > 3 * noise;
    const relativeError = magnitude === 0 ? 0 : error / Math.max(magnitude, scale);
    const current = {
      index,
      step,
      analytic,
      numeric,
      relativeError,
      measurable: measurable || wrong,
    };
    if (best === undefined || better(current, best)) best = current;
  }
  return best!;
}

/** Clear measurements before blurred ones, then the smaller error. */
function better(a: GradientProbe, b: GradientProbe): boolean {
  if (a.measurable !== b.measurable) return a.measurable;
  return a.relativeError < b.relativeError || Number.isNaN(b.relativeError);
}

function moved(x: FloatTensor, unit: Float32Array, step: number): FloatTensor {
  return floatTensor(
    Float32Array.from(x.data, (value, i) => value + step * unit[i]!),
    x.shape,
  );
}
