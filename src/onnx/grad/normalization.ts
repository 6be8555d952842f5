/** Gradient rules of normalizations: Softmax, LogSoftmax, Layer-, RMS-, Batch-, Instance-, Group- and LpNormalization. */
import { ELEMENT_TYPE } from "../messages.ts";
import { floatAttribute, intAttribute, intsAttribute } from "../tensorData.ts";
import { signOf } from "./elementwise.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** Softmax along one axis: dx = y (dy - sum(dy y)). */
function softmax(vjp: Vjp): InputGradients {
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), vjp.inputShape.length);
  const y = vjp.output();
  const weighted = vjp.mul(vjp.dy, y);
  // y dy - y sum(y dy): reuses the product.
  return vjp.only(vjp.sub(weighted, vjp.mul(y, vjp.reduceSum(weighted, [axis], true))));
}

/** LogSoftmax: dx = dy - softmax(x) sum(dy). */
function logSoftmax(vjp: Vjp): InputGradients {
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), vjp.inputShape.length);
  const probability = vjp.op("Exp", [vjp.output()]);
  const total = vjp.reduceSum(vjp.dy, [axis], true);
  return vjp.only(vjp.sub(vjp.dy, vjp.mul(probability, total)));
}

/**
 * Gradient through x_hat = (x - mean) inv_std over `axes`, from the gradient of x_hat.
 * `centred` is false for RMS normalization, which subtracts no mean.
 */
export function standardizedGradient(
  vjp: Vjp,
  {
    gradient,
    normalized,
    inverse,
  }: { readonly gradient: string; readonly normalized: string; readonly inverse: string },
  { shape, axes }: { readonly shape: readonly number[]; readonly axes: readonly number[] },
  centered: boolean,
): string {
  const along = vjp.mul(
    normalized,
    vjp.mean(vjp.mul(gradient, normalized), shape, axes, vjp.input(0)),
  );
  let rest = vjp.sub(gradient, along);
  if (centered) rest = vjp.sub(rest, vjp.mean(gradient, shape, axes, vjp.input(0)));
  return vjp.mul(rest, inverse);
}

const lastAxes = (rank: number, from: number): number[] =>
  Array.from({ length: rank - from }, (_, i) => from + i);

/** Sums a full-shape gradient down to a parameter's shape. */
function parameterGradient(vjp: Vjp, index: number, gradient: string): string | undefined {
  return vjp.wants(index)
    ? vjp.unbroadcast(gradient, vjp.inputShape, vjp.shape(vjp.input(index)))
    : undefined;
}

/** LayerNormalization over the axes from `axis` on; the node itself gives mean and 1/std as outputs 1 and 2. */
function layerNormalization(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const shape = vjp.inputShape;
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), shape.length);
  const axes = lastAxes(shape.length, axis);
  let mean: string;
  let inverse: string;
  if (vjp.type(x) === ELEMENT_TYPE.float32) {
    [, mean = "", inverse = ""] = vjp.context.extendOutputs(vjp.node, 3);
  } else {
    [mean, inverse] = statistics(vjp, shape, axes, floatAttribute(vjp.node, "epsilon", 1e-5));
  }
  const normalized = vjp.mul(vjp.sub(x, mean), inverse);
  return affineGradients(vjp, { normalized, inverse, axes, centered: true });
}

interface Normalized {
  /** (x - mean) inverse, the inverse standard deviation, and the axes they were taken over. */
  readonly normalized: string;
  readonly inverse: string;
  readonly axes: readonly number[];
  /** False for RMS normalization: nothing is subtracted, and its second output is `inverse`. */
  readonly centered: boolean;
}

/**
 * Gradients of y = normalized * scale + bias, and through the statistics where they are outputs that count:
 * d mean / dx = 1/N and d inverse / dx = -inverse^2 normalized / N.
 */
function affineGradients(vjp: Vjp, form: Normalized): InputGradients {
  const { normalized, inverse, axes, centered } = form;
  const shape = vjp.inputShape;
  const dy = vjp.gradientOf(0);
  const parts: string[] = [];
  if (vjp.wants(0)) {
    if (dy !== undefined) {
      const gradient = vjp.mul(dy, vjp.input(1));
      parts.push(
        standardizedGradient(vjp, { gradient, normalized, inverse }, { shape, axes }, centered),
      );
    }
    const x = vjp.input(0);
    const share = 1 / axes.reduce((count, axis) => count * shape[axis]!, 1);
    const dMean = centered ? statistic(vjp, 1) : undefined;
    if (dMean !== undefined) parts.push(vjp.expand(vjp.scale(dMean, share, x), shape));
    const dInverse = statistic(vjp, centered ? 2 : 1);
    if (dInverse !== undefined) {
      const slope = vjp.mul(vjp.mul(inverse, inverse), vjp.scale(dInverse, -share, x));
      parts.push(vjp.mul(normalized, slope));
    }
  }
  return [
    parts.length === 0 ? undefined : parts.reduce((a, b) => vjp.add(a, b)),
    dy === undefined ? undefined : parameterGradient(vjp, 1, vjp.mul(dy, normalized)),
    dy === undefined ? undefined : parameterGradient(vjp, 2, dy),
  ];
}

/** Gradient of a statistic, in x's type. */
function statistic(vjp: Vjp, output: number): string | undefined {
  const gradient = vjp.gradientOf(output);
  const type = vjp.type(vjp.input(0));
  return gradient === undefined || vjp.type(vjp.output(output)) === type
    ? gradient
    : vjp.cast(gradient, type);
}

/** Mean and 1/std of input 0 over axes, computed anew. */
function statistics(
  vjp: Vjp,
  shape: readonly number[],
  axes: readonly number[],
  epsilon: number,
): [mean: string, inverse: string] {
  const x = vjp.input(0);
  const mean = vjp.mean(x, shape, axes, x);
  const centered = vjp.sub(x, mean);
  const variance = vjp.mean(vjp.mul(centered, centered), shape, axes, x);
  return [mean, inverseRoot(vjp, variance, epsilon)];
}

function inverseRoot(vjp: Vjp, variance: string, epsilon: number): string {
  const shifted = vjp.add(variance, vjp.scalar(epsilon, vjp.input(0)));
  return vjp.op("Reciprocal", [vjp.op("Sqrt", [shifted])]);
}

/** RMSNormalization (opset 23) and com.microsoft SimplifiedLayerNormalization: x / rms(x) * scale. */
export function rmsNormalization(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const shape = vjp.inputShape;
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), shape.length);
  const axes = lastAxes(shape.length, axis);
  const square = vjp.mean(vjp.mul(x, x), shape, axes, x);
  const inverse = inverseRoot(vjp, square, floatAttribute(vjp.node, "epsilon", 1e-5));
  const normalized = vjp.mul(x, inverse);
  return affineGradients(vjp, { normalized, inverse, axes, centered: false });
}

/** A per-channel vector shaped to broadcast over [B, C, ...]. */
function perChannel(vjp: Vjp, vector: string, rank: number): string {
  return vjp.reshape(vector, [1, -1, ...Array.from({ length: rank - 2 }, () => 1)]);
}

/** Inference BatchNormalization is an affine map per channel. */
function batchNormalization(vjp: Vjp): InputGradients {
  if (intAttribute(vjp.node, "training_mode", 0) === 1) {
    throw vjp.unsupported("it is in training mode");
  }
  const epsilon = floatAttribute(vjp.node, "epsilon", 1e-5);
  const variance = vjp.add(vjp.input(4), vjp.scalar(epsilon, vjp.input(4)));
  const slope = vjp.div(vjp.input(1), vjp.op("Sqrt", [variance]));
  return vjp.only(vjp.mul(vjp.dy, perChannel(vjp, slope, vjp.inputShape.length)));
}

/** InstanceNormalization: each channel of each image over its pixels. */
function instanceNormalization(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const axes = lastAxes(shape.length, 2);
  const epsilon = floatAttribute(vjp.node, "epsilon", 1e-5);
  const [mean, inverse] = statistics(vjp, shape, axes, epsilon);
  const normalized = vjp.mul(vjp.sub(vjp.input(0), mean), inverse);
  const gradient = vjp.mul(vjp.dy, perChannel(vjp, vjp.input(1), shape.length));
  return vjp.only(
    standardizedGradient(vjp, { gradient, normalized, inverse }, { shape, axes }, true),
  );
}

/** GroupNormalization: the same on channels taken in groups; scale is per group (opset 18) or per channel (21). */
function groupNormalization(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const shape = vjp.inputShape;
  const [batch = 1, channels = 1, ...pixels] = shape;
  const groups = intAttribute(vjp.node, "num_groups", 1);
  const grouped = [batch, groups, channels / groups, ...pixels];
  const axes = lastAxes(grouped.length, 2);
  const blocks = vjp.reshape(x, grouped);
  const mean = vjp.mean(blocks, grouped, axes, x);
  const centered = vjp.sub(blocks, mean);
  const variance = vjp.mean(vjp.mul(centered, centered), grouped, axes, x);
  const inverse = inverseRoot(vjp, variance, floatAttribute(vjp.node, "epsilon", 1e-5));
  const ones = pixels.map(() => 1);
  const perGroup = vjp.shape(vjp.input(1))[0] === groups && groups !== channels;
  const scale = vjp.reshape(
    vjp.input(1),
    perGroup ? [1, groups, 1, ...ones] : [1, groups, channels / groups, ...ones],
  );
  const gradient = vjp.mul(vjp.reshape(vjp.dy, grouped), scale);
  const normalized = vjp.mul(centered, inverse);
  const back = standardizedGradient(
    vjp,
    { gradient, normalized, inverse },
    { shape: grouped, axes },
    true,
  );
  return vjp.only(vjp.reshape(back, shape));
}

/**
 * LpNormalization with p = 2: y = x / ||x||, dx = (dy - y sum(dy y)) / ||x||; with p = 1 alike with the sign. A vector of
 * zeros stays one, and its gradient is taken as 0.
 */
function lpNormalization(vjp: Vjp): InputGradients {
  const x = vjp.input(0);
  const y = vjp.output();
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), vjp.inputShape.length);
  const p = intAttribute(vjp.node, "p", 2);
  const along = vjp.reduceSum(vjp.mul(vjp.dy, y), [axis], true);
  const size =
    p === 2
      ? vjp.op("Sqrt", [vjp.reduceSum(vjp.mul(x, x), [axis], true)])
      : vjp.reduceSum(vjp.op("Abs", [x]), [axis], true);
  const direction = p === 2 ? y : signOf(vjp, x);
  const rest = vjp.sub(vjp.dy, vjp.mul(direction, along));
  return vjp.only(vjp.divideOrZero(rest, size, x));
}

/** LRN: y = x / (bias + alpha/size sum of squares of neighbouring channels)^beta. */
function localResponse(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const x = vjp.input(0);
  const size = intAttribute(node, "size", 1);
  const alpha = floatAttribute(node, "alpha", 1e-4);
  const beta = floatAttribute(node, "beta", 0.75);
  const bias = floatAttribute(node, "bias", 1);
  const [, channels = 1, ...pixels] = vjp.inputShape;
  // Neighbourhood sums are a product with a banded [C, C] matrix; it is symmetric, as ORT takes odd sizes only.
  const data = new Float32Array(channels * channels);
  for (let c = 0; c < channels; c++) {
    for (let k = 0; k < channels; k++) {
      if (Math.abs(c - k) <= (size - 1) / 2) data[c * channels + k] = 1;
    }
  }
  const band = vjp.tensor({ dtype: "float32", data, shape: [channels, channels] });
  const count = pixels.reduce((a, b) => a * b, 1);
  const flat = [vjp.inputShape[0]!, channels, count];
  const x3 = vjp.reshape(x, flat);
  const dy3 = vjp.reshape(vjp.dy, flat);
  const sums = vjp.op("MatMul", [band, vjp.mul(x3, x3)]);
  const base = vjp.add(vjp.scale(sums, alpha / size, x), vjp.scalar(bias, x));
  const direct = vjp.mul(dy3, vjp.op("Pow", [base, vjp.scalar(-beta, x)]));
  const inner = vjp.mul(vjp.mul(dy3, x3), vjp.op("Pow", [base, vjp.scalar(-beta - 1, x)]));
  const spread = vjp.mul(x3, vjp.op("MatMul", [band, inner]));
  const total = vjp.sub(direct, vjp.scale(spread, (2 * alpha * beta) / size, x));
  return vjp.only(vjp.reshape(total, vjp.inputShape));
}

/** MeanVarianceNormalization: (x - mean) / (std + 1e-9) over batch and pixels, or the given axes. */
function meanVariance(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const axes = (intsAttribute(vjp.node, "axes") ?? [0, 2, 3]).map((axis) =>
    vjp.axis(axis, shape.length),
  );
  const [mean, inverse] = statistics(vjp, shape, axes, 0);
  const normalized = vjp.mul(vjp.sub(vjp.input(0), mean), inverse);
  return vjp.only(
    standardizedGradient(vjp, { gradient: vjp.dy, normalized, inverse }, { shape, axes }, true),
  );
}

export const NORMALIZATION_RULES: Readonly<Record<string, VjpRule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  // ORT accepts SimplifiedLayerNormalization in the default domain.
  SimplifiedLayerNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
  LRN: localResponse,
};
