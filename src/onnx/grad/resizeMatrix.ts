/** The matrix of ONNX Resize along one axis: row = output position, column = weight of each input position. */

export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  /** Output over input, as the node declares it (may differ from output / input after rounding). */
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
    const taps = tapsAt(axis, x);
    if (taps === undefined) return undefined;
    for (const [index, weight] of taps) {
      const clamped = Math.min(Math.max(index, 0), axis.input - 1);
      matrix[o * axis.input + clamped]! += weight;
    }
  }
  return matrix;
}

function sourceCoordinate(axis: ResizeAxis, o: number): number | undefined {
  const { scale, input, output } = axis;
  const wanted = scale * input;
  switch (axis.coordinates) {
    case "half_pixel":
      return (o + 0.5) / scale - 0.5;
    case "half_pixel_symmetric": {
      const adjustment = output / wanted;
      const center = input / 2;
      return center * (1 - adjustment) + (o + 0.5) / scale - 0.5;
    }
    case "pytorch_half_pixel":
      return output > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return output === 1 ? 0 : (o * (input - 1)) / (output - 1);
    case "asymmetric":
      return o / scale;
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

function nearestIndex(mode: string, x: number): number {
  switch (mode) {
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    default:
      return Math.ceil(x - 0.5);
  }
}

/** Keys' cubic convolution kernel with free coefficient a. */
function cubicWeight(a: number, distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}
