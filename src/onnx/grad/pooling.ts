/** Gradient rules of pooling and resampling. */
import { ELEMENT_TYPE } from "../messages.ts";
import { floatAttribute, intAttribute, intsAttribute, textAttribute } from "../tensorData.ts";
import { windowOf } from "./conv.ts";
import type { Window } from "./conv.ts";
import { applyAlongAxis } from "./axisMatrix.ts";
import { resizeMatrix } from "./resizeMatrix.ts";
import { signOf } from "./elementwise.ts";
import { sameShape } from "./vjp.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** The pooling window of a node, refusing what is not differentiated. */
function poolingWindow(vjp: Vjp): Window {
  const kernel = intsAttribute(vjp.node, "kernel_shape");
  if (kernel === undefined) throw vjp.unsupported("its kernel_shape is missing");
  const window = windowOf(vjp, kernel);
  const n = kernel.length;
  const outside = kernel.some((size, i) => {
    const reach = (vjp.outputShape[i + 2]! - 1) * window.strides[i]!;
    const end = reach + (size - 1) * window.dilations[i]! + 1;
    return end > vjp.inputShape[i + 2]! + window.pads[i]! + window.pads[n + i]!;
  });
  // Only rounding up may let a window pass the end.
  if (outside && intAttribute(vjp.node, "ceil_mode", 0) === 0) {
    throw vjp.unsupported("its window is larger than its input");
  }
  return window;
}

/**
 * For each place (row, column, ...) inside the window: the strided view of the padded input that this place sees, one
 * entry per output pixel; and its adjoint, which puts one value per output pixel back to where it came from.
 */
class WindowViews {
  readonly places: readonly (readonly number[])[];
  readonly #vjp: Vjp;
  readonly #window: Window;
  readonly #padded: readonly number[];
  readonly #output: readonly number[];

  constructor(vjp: Vjp, window: Window) {
    this.#vjp = vjp;
    this.#window = window;
    this.#output = vjp.outputShape.slice(2);
    const input = vjp.inputShape.slice(2);
    const n = input.length;
    this.#padded = input.map((size, i) => {
      const reach =
        (this.#output[i]! - 1) * window.strides[i]! +
        (window.kernel[i]! - 1) * window.dilations[i]! +
        1;
      return Math.max(size + window.pads[i]! + window.pads[n + i]!, reach);
    });
    this.places = window.kernel.reduce<number[][]>(
      (places, size) =>
        places.flatMap((place) => Array.from({ length: size }, (_, k) => [...place, k])),
      [[]],
    );
  }

  /** Borders that turn the input into the padded one (ceil mode may need more than the declared padding). */
  get borders(): { before: number[]; after: number[] } {
    const input = this.#vjp.inputShape.slice(2);
    const before = this.#window.pads.slice(0, input.length);
    const after = input.map((size, i) => this.#padded[i]! - size - before[i]!);
    return { before: [0, 0, ...before], after: [0, 0, ...after] };
  }

  view(padded: string, place: readonly number[]): string {
    const { strides, dilations } = this.#window;
    const starts = place.map((k, i) => k * dilations[i]!);
    const ends = starts.map((start, i) => start + (this.#output[i]! - 1) * strides[i]! + 1);
    const axes = place.map((_, i) => i + 2);
    return this.#vjp.op("Slice", [
      padded,
      this.#vjp.ints(starts),
      this.#vjp.ints(ends),
      this.#vjp.ints(axes),
      this.#vjp.ints(strides),
    ]);
  }

  /** Adjoint of `view`: [B, C, output] -> [B, C, padded], zeros elsewhere. */
  spread(values: string, place: readonly number[]): string {
    const vjp = this.#vjp;
    const [batch = 1, channels = 1] = vjp.outputShape;
    const { strides, dilations } = this.#window;
    const output = this.#output;
    let spread = values;
    if (strides.some((stride) => stride > 1)) {
      // Between neighbours stride - 1 zeros: append them on an axis of their own and fold it in.
      const split = [batch, channels, ...output.flatMap((size) => [size, 1])];
      const after = [0, 0, ...strides.flatMap((stride) => [0, stride - 1])];
      const wide = vjp.pad(
        vjp.reshape(values, split),
        after.map(() => 0),
        after,
        vjp.input(0),
      );
      spread = vjp.reshape(wide, [batch, channels, ...output.map((size, i) => size * strides[i]!)]);
    }
    const before = place.map((k, i) => k * dilations[i]!);
    // May be negative: the zeros after the last value are cut off.
    const after = before.map((start, i) => this.#padded[i]! - start - output[i]! * strides[i]!);
    return vjp.pad(spread, [0, 0, ...before], [0, 0, ...after], vjp.input(0));
  }

  /** From the padded input's gradient to the input's. */
  crop(gradient: string): string {
    const { before, after } = this.borders;
    const minus = (list: readonly number[]): number[] => list.map((n) => (n === 0 ? 0 : -n));
    return this.#vjp.pad(gradient, minus(before), minus(after), this.#vjp.input(0));
  }
}

/**
 * MaxPool: each window's gradient goes to its first largest entry, in scanning order, as the kernels of ORT and PyTorch
 * choose. On the CPU the node's own index output says which; elsewhere one masked view per place of the window finds it.
 */
function maxPool(vjp: Vjp): InputGradients {
  if (
    vjp.target === "wasm" &&
    vjp.opset >= 16 &&
    intAttribute(vjp.node, "storage_order", 0) === 0
  ) {
    return vjp.only(scatterByIndex(vjp));
  }
  const window = poolingWindow(vjp);
  const views = new WindowViews(vjp, window);
  const { before, after } = views.borders;
  const x = vjp.input(0);
  const lowest = vjp.scalar(vjp.type(x) === ELEMENT_TYPE.float16 ? -65504 : -3.4e38, x);
  const padded = [...before, ...after].every((n) => n === 0)
    ? x
    : vjp.op("Pad", [x, vjp.ints([...before, ...after]), lowest]);
  let left = vjp.dy;
  const zero = vjp.scalar(0, x);
  let total: string | undefined;
  for (const place of views.places) {
    const hit = vjp.op("Equal", [views.view(padded, place), vjp.output()]);
    const taken = vjp.op("Where", [hit, left, zero]);
    left = vjp.sub(left, taken);
    const back = views.spread(taken, place);
    total = total === undefined ? back : vjp.add(total, back);
  }
  return vjp.only(views.crop(total!));
}

/** Adds each gradient at the flat index (over the whole input tensor) that MaxPool reports for it. */
function scatterByIndex(vjp: Vjp): string {
  const [, indices = ""] = vjp.context.extendOutputs(vjp.node, 2);
  const size = vjp.inputShape.reduce((a, b) => a * b, 1);
  const start = vjp.expand(vjp.scalar(0, vjp.input(0)), [size]);
  const flat = vjp.scatter(
    "ScatterElements",
    [start, vjp.reshape(indices, [-1]), vjp.reshape(vjp.dy, [-1])],
    { axis: { int: 0 }, reduction: { string: "add" } },
  );
  return vjp.reshape(flat, vjp.inputShape);
}

/** AveragePool: the gradient, divided by the number of entries averaged, spread over the window. */
function averagePool(vjp: Vjp): InputGradients {
  const window = poolingWindow(vjp);
  const n = window.kernel.length;
  const input = vjp.inputShape.slice(2);
  const output = vjp.outputShape.slice(2);
  const withPadding = intAttribute(vjp.node, "count_include_pad", 0) === 1;
  // Number of entries counted per output position is a product over axes.
  const counts = input.map((size, i) =>
    Array.from({ length: output[i]! }, (_, o) => {
      const low = withPadding ? -window.pads[i]! : 0;
      const high = withPadding ? size + window.pads[n + i]! : size;
      let count = 0;
      for (let k = 0; k < window.kernel[i]!; k++) {
        const at = o * window.strides[i]! - window.pads[i]! + k * window.dilations[i]!;
        if (at >= low && at < high) count++;
      }
      return count;
    }),
  );
  let scaled = vjp.dy;
  counts.forEach((list, i) => {
    const factor = list.map((count) => 1 / count);
    const shape = [1, 1, ...output.map((size, j) => (j === i ? size : 1))];
    const data = Float32Array.from(factor);
    let weights = vjp.tensor({ dtype: "float32", data, shape });
    if (vjp.type(vjp.input(0)) !== ELEMENT_TYPE.float32) {
      weights = vjp.cast(weights, vjp.type(vjp.input(0)));
    }
    scaled = vjp.mul(scaled, weights);
  });
  // Sum over the window is separable too: one small matrix product per axis.
  let gradient = scaled;
  input.forEach((size, i) => {
    const matrix = new Float32Array(output[i]! * size);
    for (let o = 0; o < output[i]!; o++) {
      for (let k = 0; k < window.kernel[i]!; k++) {
        const at = o * window.strides[i]! - window.pads[i]! + k * window.dilations[i]!;
        if (at >= 0 && at < size) matrix[o * size + at] = 1;
      }
    }
    const constant = vjp.tensor({ dtype: "float32", data: matrix, shape: [output[i]!, size] });
    gradient = applyAlongAxis(vjp, gradient, { axis: i + 2, rank: n + 2 }, constant);
  });
  return vjp.only(gradient);
}

const spatialAxes = (vjp: Vjp): number[] => vjp.inputShape.map((_, i) => i).slice(2);

function globalAveragePool(vjp: Vjp): InputGradients {
  const count = vjp.inputShape.slice(2).reduce((a, b) => a * b, 1);
  return vjp.only(vjp.expand(vjp.scale(vjp.dy, 1 / count, vjp.input(0)), vjp.inputShape));
}

function globalMaxPool(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const hit = vjp.cast(vjp.op("Equal", [x, vjp.output()]), vjp.type(x));
  const share = vjp.div(vjp.dy, vjp.reduceSum(hit, spatialAxes(vjp), true));
  return vjp.only(vjp.mul(hit, share));
}

/** Resize is linear in the image: each resized axis is a matrix, and the gradient is the product with its transpose. */
function resize(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const input = vjp.inputShape;
  const output = vjp.outputShape;
  const rank = input.length;
  // A picture that keeps its size is copied, whatever scale brought that about.
  if (sameShape(input, output)) return vjp.only(vjp.dy);
  const coordinates = textAttribute(node, "coordinate_transformation_mode", "half_pixel");
  const isCrop = coordinates === "tf_crop_and_resize";
  const roi = isCrop ? (vjp.numbers(1) ?? []) : [];
  const antialias = intAttribute(node, "antialias", 0) === 1;
  const axes = (intsAttribute(node, "axes") ?? input.map((_, i) => i)).map((axis) =>
    vjp.axis(axis, rank),
  );
  const scales = resizeScales(vjp, axes);
  let gradient = vjp.dy;
  axes.forEach((axis, i) => {
    const scale = scales[i]!;
    if (scale === 1 || (antialias && output[axis] === input[axis])) return;
    const matrix = resizeMatrix({
      input: input[axis]!,
      output: output[axis]!,
      scale,
      mode: textAttribute(node, "mode", "nearest"),
      coordinates,
      nearest: textAttribute(node, "nearest_mode", "round_prefer_floor"),
      cubicCoefficient: floatAttribute(node, "cubic_coeff_a", -0.75),
      excludeOutside: intAttribute(node, "exclude_outside", 0) === 1,
      antialias,
      region: roi.length === 0 ? undefined : [roi[i]!, roi[axes.length + i]!],
    });
    if (matrix === undefined) {
      throw vjp.unsupported(`its resampling mode (${coordinates}) is not known`);
    }
    const constant = vjp.tensor({
      dtype: "float32",
      data: matrix,
      shape: [output[axis]!, input[axis]!],
    });
    gradient = applyAlongAxis(vjp, gradient, { axis, rank }, constant);
  });
  return vjp.only(gradient);
}

/** The float32 scale of each resized axis as the runtime takes it: given, or from sizes, which a policy makes equal. */
function resizeScales(vjp: Vjp, axes: readonly number[]): number[] {
  const given = vjp.input(2) === "" ? [] : (vjp.numbers(2) ?? []);
  if (given.length > 0) return given.map(Math.fround);
  const sizes = vjp.numbers(3) ?? axes.map((axis) => vjp.outputShape[axis]!);
  const ratios = axes.map((axis, i) => Math.fround(sizes[i]! / vjp.inputShape[axis]!));
  const policy = textAttribute(vjp.node, "keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return ratios;
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return ratios.map(() => common);
}

/**
 * LpPool: y = (sum |x|^p)^(1/p) over the window, so dx = sign(x) |x|^(p-1) times the sum over windows of dy / y^(p-1).
 * A window of zeros has no derivative; 0 is taken there.
 */
function lpPool(vjp: Vjp): InputGradients {
  const { inner, outer } = lpSlope(vjp);
  const views = new WindowViews(vjp, poolingWindow(vjp));
  const total = views.places
    .map((place) => views.spread(outer, place))
    .reduce((a, b) => vjp.add(a, b));
  return vjp.only(vjp.mul(inner, views.crop(total)));
}

function globalLpPool(vjp: Vjp): InputGradients {
  const { inner, outer } = lpSlope(vjp);
  return vjp.only(vjp.mul(inner, outer));
}

/** sign(x) |x|^(p-1) and dy / y^(p-1). */
function lpSlope(vjp: Vjp): { readonly inner: string; readonly outer: string } {
  const p = intAttribute(vjp.node, "p", 2);
  const x = vjp.input(0);
  const y = vjp.output();
  if (p === 1) return { inner: signOf(vjp, x), outer: vjp.dy };
  if (p === 2) return { inner: x, outer: vjp.divideOrZero(vjp.dy, y, x) };
  const power = vjp.scalar(p - 1, x);
  return {
    inner: vjp.mul(signOf(vjp, x), vjp.op("Pow", [vjp.op("Abs", [x]), power])),
    outer: vjp.divideOrZero(vjp.dy, vjp.op("Pow", [y, power]), x),
  };
}

export const POOLING_RULES: Readonly<Record<string, VjpRule>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  GlobalLpPool: globalLpPool,
  Resize: resize,
};
