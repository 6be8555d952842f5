/**
 * The matrix of ONNX Resize along one axis: row = output position, column = weight of each input position. Coordinates
 * are worked out in float32 step by step, as ONNX Runtime does: at exact quotients the nearest entry depends on it.
 */

export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  /** Output over input, as the node declares it (may differ from output / input after rounding); a float32 number. */
  readonly scale: number;
  /** "nearest", "linear" or "cubic". */
  readonly mode: string;
  /** ONNX coordinate_transformation_mode. */
  readonly coordinates: string;
  /** ONNX nearest_mode. */
  readonly nearest: string;
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
  /** Start and end of the region of interest, as fractions, for tf_crop_and_resize. */
  readonly region: readonly [number, number] | undefined;
}

/** float32 [output, input], row-major; undefined for a mode that ONNX does not define or that is not covered. */
export function resizeMatrix(axis: ResizeAxis): Float32Array | undefined {
  const matrix = new Float32Array(axis.output * axis.input);
  for (let o = 0; o < axis.output; o++) {
    const x = sourceCoordinate(axis, o);
    if (x === undefined) return undefined;
    // Outside the picture a cropping node shows its extrapolation value, which is constant.
    if (axis.coordinates === CROP && (x < 0 || x > axis.input - 1)) continue;
    const taps = tapsAt(axis, x);
    if (taps === undefined) return undefined;
    for (const [index, weight] of taps) {
      const clamped = Math.min(Math.max(index, 0), axis.input - 1);
      matrix[o * axis.input + clamped]! += weight;
    }
  }
  return matrix;
}

const CROP = "tf_crop_and_resize";

const f32 = Math.fround;

function sourceCoordinate(axis: ResizeAxis, o: number): number | undefined {
  const { scale, input, output } = axis;
  const halfPixel = (): number => f32(f32((o + 0.5) / scale) - 0.5);
  switch (axis.coordinates) {
    case "half_pixel":
      return halfPixel();
    case "half_pixel_symmetric": {
      const adjustment = f32(output / f32(scale * input));
      const offset = f32((input / 2) * f32(1 - adjustment));
      return f32(offset + (o + 0.5) / scale - 0.5);
    }
    case "pytorch_half_pixel":
      return output > 1 ? halfPixel() : 0;
    case "align_corners":
      return output === 1 ? 0 : f32(f32(o * (input - 1)) / (output - 1));
    case "asymmetric":
      return f32(o / scale);
    case CROP: {
      if (axis.region === undefined || axis.antialias) return undefined;
      const [start, end] = axis.region;
      const last = input - 1;
      if (output === 1) return f32(0.5 * f32(start + end) * last);
      const along = f32(f32(f32(o * f32(end - start)) * last) / (output - 1));
      return f32(f32(start * last) + along);
    }
    default:
      return undefined;
  }
}

type Tap = readonly [index: number, weight: number];

function tapsAt(axis: ResizeAxis, x: number): Tap[] | undefined {
  if (axis.mode === "nearest") return [[nearestIndex(axis.nearest, x), 1]];
  const kernel =
    axis.mode === "linear"
      ? { reach: 1, weight: (d: number): number => Math.max(0, 1 - Math.abs(d)) }
      : axis.mode === "cubic"
        ? { reach: 2, weight: (d: number): number => cubicWeight(axis.cubicCoefficient, d) }
        : undefined;
  if (kernel === undefined) return undefined;
  // Antialiasing stretches the kernel over all inputs that shrink into one output.
  const stretch = axis.antialias ? Math.min(axis.scale, 1) : 1;
  const support = kernel.reach / stretch;
  const taps: [number, number][] = [];
  for (let i = Math.ceil(x - support); i <= Math.floor(x + support); i++) {
    const weight = kernel.weight((i - x) * stretch);
    const outside = i < 0 || i >= axis.input;
    // Outside, the border entry is repeated unless the node excludes it.
    if (weight === 0 || (outside && axis.excludeOutside)) continue;
    taps.push([i, weight]);
  }
  if (axis.antialias || axis.excludeOutside) {
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    return taps.map(([i, weight]) => [i, weight / total]);
  }
  return taps;
}

/** ONNX Runtime takes a coordinate this close to the middle between two entries as the middle (measured on 1.30). */
const TIE = 1e-6;

function nearestIndex(mode: string, x: number): number {
  const below = Math.floor(x);
  if (mode === "floor") return below;
  if (mode === "ceil") return Math.ceil(x);
  const beyond = x - below - 0.5;
  const isTie = Math.abs(beyond) < TIE;
  return (isTie ? mode === "round_prefer_ceil" : beyond > 0) ? below + 1 : below;
}

/** Keys' cubic convolution kernel with free coefficient a. */
function cubicWeight(a: number, distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}
