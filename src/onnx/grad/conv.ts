/** Gradient rules of convolutions, with respect to the image (weights are constants). */
import { ELEMENT_TYPE } from "../messages.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { intAttribute, intsAttribute, textAttribute } from "../tensorData.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before every spatial axis, then after every one. */
  readonly pads: readonly number[];
}

/** The sliding window of a convolution or pooling node, with automatic padding worked out. */
export function windowOf(vjp: Vjp, kernel: readonly number[]): Window {
  const { node } = vjp;
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides") ?? ones;
  const dilations = intsAttribute(node, "dilations") ?? ones;
  const automatic = textAttribute(node, "auto_pad", "NOTSET");
  const given = intsAttribute(node, "pads") ?? [...kernel, ...kernel].map(() => 0);
  if (automatic === "NOTSET") return { kernel, strides, dilations, pads: given };
  if (automatic === "VALID") {
    return { kernel, strides, dilations, pads: given.map(() => 0) };
  }
  const input = vjp.inputShape.slice(2);
  const output = vjp.outputShape.slice(2);
  const total = input.map(
    (size, i) => (output[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - size,
  );
  if (total.some((n) => n < 0) || dilations.some((dilation) => dilation !== 1)) {
    // Kernels differ in where such windows start.
    throw vjp.unsupported("its automatic padding is of a window with gaps");
  }
  const small = total.map((n) => Math.floor(n / 2));
  const large = total.map((n, i) => n - small[i]!);
  const pads = automatic === "SAME_UPPER" ? [...small, ...large] : [...large, ...small];
  return { kernel, strides, dilations, pads };
}

/** Rows of the input that no window reaches because of the stride: what ConvTranspose adds as output padding. */
function remainder(window: Window, input: readonly number[], output: readonly number[]): number[] {
  const n = input.length;
  return input.map((size, i) => {
    const reach =
      (output[i]! - 1) * window.strides[i]! +
      (window.kernel[i]! - 1) * window.dilations[i]! +
      1 -
      window.pads[i]! -
      window.pads[n + i]!;
    return size - reach;
  });
}

/** The image's gradient of a convolution: the transposed convolution of the output's, cut to the input's size. */
export function imageGradient(vjp: Vjp, gradient: string, weight: string, window: Window): string {
  return vjp.op("ConvTranspose", [gradient, weight], {
    attributes: {
      kernel_shape: { ints: window.kernel },
      strides: { ints: window.strides },
      dilations: { ints: window.dilations },
      pads: { ints: window.pads },
      output_padding: {
        ints: remainder(window, vjp.inputShape.slice(2), vjp.outputShape.slice(2)),
      },
      group: { int: intAttribute(vjp.node, "group", 1) },
    },
  });
}

/**
 * The same for one filter per channel moved by single steps: a convolution with the filters turned around. Runtimes have a
 * fast path for it, where their transposed convolution goes channel by channel. Undefined where it does not apply.
 */
function depthwiseImageGradient(vjp: Vjp, gradient: string, window: Window): string | undefined {
  const { kernel, strides, dilations, pads } = window;
  const channels = vjp.inputShape[1] ?? 0;
  const [filters, perGroup] = vjp.shape(vjp.input(1));
  const isDepthwise =
    intAttribute(vjp.node, "group", 1) === channels && filters === channels && perGroup === 1;
  const weight = vjp.context.valueOf(vjp.input(1));
  if (!isDepthwise || weight === undefined || strides.some((stride) => stride !== 1)) {
    return undefined;
  }
  const reach = [...kernel, ...kernel].map(
    (size, i) => (size - 1) * dilations[i % kernel.length]! - pads[i]!,
  );
  if (reach.some((pad) => pad < 0)) return undefined;
  const places = kernel.reduce((a, b) => a * b, 1);
  const data = weight.data.slice();
  // A filter read backwards is turned around along every axis.
  for (let c = 0; c < channels; c++) data.subarray(c * places, (c + 1) * places).reverse();
  return vjp.op("Conv", [gradient, vjp.tensor({ ...weight, data } as Tensor)], {
    attributes: {
      kernel_shape: { ints: kernel },
      dilations: { ints: dilations },
      pads: { ints: reach },
      group: { int: channels },
    },
  });
}

function conv(vjp: Vjp): InputGradients {
  return convFrom(vjp, vjp.dy);
}

/** Gradients of a convolution from the gradient of its result (before any fused activation). */
export function convFrom(vjp: Vjp, gradient: string): InputGradients {
  refuseWeightGradient(vjp);
  const window = windowOf(vjp, vjp.shape(vjp.input(1)).slice(2));
  return [
    vjp.wants(0)
      ? (depthwiseImageGradient(vjp, gradient, window) ??
        imageGradient(vjp, gradient, vjp.input(1), window))
      : undefined,
    undefined,
    biasGradient(vjp, gradient),
  ];
}

/** ConvTranspose: the image's gradient is the plain convolution of the output's with the same weights. */
function convTranspose(vjp: Vjp): InputGradients {
  refuseWeightGradient(vjp);
  const { node } = vjp;
  const weight = vjp.input(1);
  const kernel = vjp.shape(weight).slice(2);
  const input = vjp.inputShape.slice(2);
  const output = vjp.outputShape.slice(2);
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides") ?? ones;
  const dilations = intsAttribute(node, "dilations") ?? ones;
  const starts = transposedStarts(vjp, { kernel, strides, dilations, pads: [] });
  // Output rows past the last window (output_padding) are read by no input: pad less at the end.
  const ends = input.map((size, i) => {
    const needed = (size - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
    return needed - output[i]! - starts[i]!;
  });
  const after = ends.map((end) => Math.max(end, 0));
  let gradient = vjp.dy;
  if (ends.some((end) => end < 0)) {
    const crop = ends.map((end) => Math.min(end, 0));
    gradient = vjp.pad(
      gradient,
      vjp.outputShape.map(() => 0),
      [0, 0, ...crop],
      vjp.input(0),
    );
  }
  const back = vjp.op("Conv", [gradient, weight], {
    attributes: {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: [...starts, ...after] },
      group: { int: intAttribute(node, "group", 1) },
    },
  });
  return [vjp.wants(0) ? back : undefined, undefined, biasGradient(vjp, vjp.dy)];
}

/** Padding before each axis of a ConvTranspose: given, or what its output size leaves, shared between both ends. */
function transposedStarts(vjp: Vjp, { kernel, strides, dilations }: Window): number[] {
  const { node } = vjp;
  const automatic = textAttribute(node, "auto_pad", "NOTSET");
  const given = intsAttribute(node, "output_shape") ?? [];
  if (given.length === 0 && !automatic.startsWith("SAME")) {
    const pads = automatic === "VALID" ? undefined : intsAttribute(node, "pads");
    return kernel.map((_, i) => pads?.[i] ?? 0);
  }
  const extra = intsAttribute(node, "output_padding");
  return kernel.map((size, i) => {
    const [input = 0, output = 0] = [vjp.inputShape[i + 2], vjp.outputShape[i + 2]];
    const full = (input - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 + (extra?.[i] ?? 0);
    const total = Math.max(full - output, 0);
    return automatic === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
}

/** The bias is added to each channel: the gradient summed over everything else. */
function biasGradient(vjp: Vjp, gradient: string): string | undefined {
  if (!vjp.wants(2)) return undefined;
  const axes = vjp.outputShape.map((_, i) => i).filter((i) => i !== 1);
  return vjp.reduceSum(gradient, axes, false);
}

function refuseWeightGradient(vjp: Vjp): void {
  if (vjp.wants(1)) throw vjp.unsupported("its weights depend on the differentiated value");
}

/**
 * Col2Im adds columns back into an image; its gradient reads them off again: a convolution of each channel with one
 * unit kernel per place of the block.
 */
function col2Im(vjp: Vjp): InputGradients {
  const block = vjp.numbers(2);
  const image = vjp.numbers(1);
  if (block === undefined || image === undefined)
    throw vjp.unsupported("its block is not constant");
  const { strides, dilations, pads } = windowOf(vjp, block);
  const [batch = 1, channels = 1] = vjp.outputShape;
  const places = block.reduce((a, b) => a * b, 1);
  const units = new Float32Array(places * places);
  for (let k = 0; k < places; k++) units[k * places + k] = 1;
  let kernel = vjp.tensor({ dtype: "float32", data: units, shape: [places, 1, ...block] });
  if (vjp.type(vjp.input(0)) !== ELEMENT_TYPE.float32) {
    kernel = vjp.cast(kernel, vjp.type(vjp.input(0)));
  }
  const planes = vjp.reshape(vjp.dy, [batch * channels, 1, ...image]);
  const columns = vjp.op("Conv", [planes, kernel], {
    attributes: {
      kernel_shape: { ints: block },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: pads },
    },
  });
  return vjp.only(vjp.reshape(columns, vjp.inputShape));
}

export const CONV_RULES: Readonly<Record<string, VjpRule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Col2Im: col2Im,
};
