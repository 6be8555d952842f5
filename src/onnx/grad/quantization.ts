/**
 * Gradient rules of quantized operators. Rounding has no useful derivative, so these are straight-through stand-ins:
 * rounding counts as the identity inside the representable range and as constant outside it. Every node so treated is
 * reported (`surrogate` in the result). Weight-only dequantization needs none of this: weights are constants.
 *
 * The "gradient" of a quantized integer value is a float tensor of its shape, with respect to the integer taken as a
 * real number.
 */
import { matMulBnb4 } from "./bnb4.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import { intAttribute, intsAttribute } from "../tensorData.ts";
import { roundsActivations } from "../straightThrough.ts";
import { imageGradient, windowOf } from "./conv.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

const RANGE: Readonly<Record<number, readonly [low: number, high: number]>> = {
  [ELEMENT_TYPE.uint8]: [0, 255],
  [ELEMENT_TYPE.int8]: [-128, 127],
  [ELEMENT_TYPE.uint16]: [0, 65535],
  [ELEMENT_TYPE.int16]: [-32768, 32767],
  [ELEMENT_TYPE.uint4]: [0, 15],
  [ELEMENT_TYPE.int4]: [-8, 7],
};

function rangeOf(vjp: Vjp, value: string): readonly [number, number] {
  const range = RANGE[vjp.type(value)];
  if (range === undefined) throw vjp.unsupported(`"${value}" is not of a known integer type`);
  return range;
}

/** A scale or zero point shaped to broadcast over the value: per tensor, or per entry of one axis. */
function perAxis(vjp: Vjp, parameter: string, shape: readonly number[]): string {
  if (intAttribute(vjp.node, "block_size", 0) !== 0) {
    throw vjp.unsupported("it quantizes activations in blocks");
  }
  const own = vjp.shape(parameter);
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return vjp.reshape(parameter, []);
  const axis = vjp.axis(intAttribute(vjp.node, "axis", 1), shape.length);
  return vjp.reshape(
    parameter,
    shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** QuantizeLinear: d(x / scale), 0 where the integer saturates. */
function quantizeLinear(vjp: Vjp): InputGradients {
  vjp.context.markSurrogate(vjp.node);
  const x = vjp.input(0);
  const shape = vjp.inputShape;
  const scale = perAxis(vjp, vjp.input(1), shape);
  const [low, high] = rangeOf(vjp, vjp.output());
  let position = vjp.div(x, scale);
  if (vjp.input(2) !== "") {
    position = vjp.add(position, vjp.cast(perAxis(vjp, vjp.input(2), shape), vjp.type(x)));
  }
  const inside = vjp.op("And", [
    vjp.op("GreaterOrEqual", [position, vjp.scalar(low - 0.5, x)]),
    vjp.op("LessOrEqual", [position, vjp.scalar(high + 0.5, x)]),
  ]);
  return vjp.only(vjp.op("Where", [inside, vjp.div(vjp.dy, scale), vjp.scalar(0, x)]));
}

/** DequantizeLinear of an activation: (q - zero) scale. */
function dequantizeLinear(vjp: Vjp): InputGradients {
  return vjp.only(vjp.mul(vjp.dy, perAxis(vjp, vjp.input(1), vjp.inputShape)));
}

/** DynamicQuantizeLinear fits its range to x, so nothing saturates; scale and zero point count as constants. */
function dynamicQuantizeLinear(vjp: Vjp): InputGradients {
  vjp.context.markSurrogate(vjp.node);
  return vjp.only(vjp.div(vjp.dy, vjp.output(1)));
}

/** Integer weights as float32, minus their zero point (scalar, or one per entry of `axis`). */
function realWeights(
  vjp: Vjp,
  [weight, zeroPoint]: readonly [string, string],
  shape: readonly number[],
  axis: number,
): string {
  return vjp.context.remember(`real:${weight}:${zeroPoint}`, () => {
    const real = vjp.cast(weight, ELEMENT_TYPE.float32);
    if (zeroPoint === "") return real;
    return vjp.sub(real, vjp.cast(spread(vjp, zeroPoint, shape, axis), ELEMENT_TYPE.float32));
  });
}

/** A per-tensor or per-channel parameter shaped to broadcast over weights. */
function spread(vjp: Vjp, parameter: string, shape: readonly number[], axis: number): string {
  const own = vjp.shape(parameter);
  if (own.every((dim) => dim === 1)) return vjp.reshape(parameter, []);
  return vjp.reshape(
    parameter,
    shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** A product with the transpose of a float weight [.., K, N]. */
function timesTransposed(
  vjp: Vjp,
  gradient: string,
  weight: string,
  shape: readonly number[],
): string {
  if (shape.length < 2) throw vjp.unsupported("its second operand is a vector");
  const order = shape.map((_, i) => i);
  order.splice(-2, 2, shape.length - 1, shape.length - 2);
  const full = vjp.op("MatMul", [gradient, vjp.transpose(weight, order)]);
  // One matrix may have been multiplied with a whole batch of weights.
  return vjp.unbroadcast(full, [...vjp.outputShape.slice(0, -1), shape.at(-2)!], vjp.inputShape);
}

/** MatMulInteger(A, B, a0, b0) = (A - a0)(B - b0), with constant B. */
function matMulInteger(vjp: Vjp): InputGradients {
  if (vjp.wants(1)) throw vjp.unsupported("its second operand depends on the differentiated value");
  vjp.context.markSurrogate(vjp.node);
  const shape = vjp.shape(vjp.input(1));
  const weight = realWeights(vjp, [vjp.input(1), vjp.input(3)], shape, shape.length - 1);
  const full = timesTransposed(vjp, vjp.dy, weight, shape);
  return vjp.only(full);
}

function convInteger(vjp: Vjp): InputGradients {
  if (vjp.wants(1)) throw vjp.unsupported("its weights depend on the differentiated value");
  vjp.context.markSurrogate(vjp.node);
  const shape = vjp.shape(vjp.input(1));
  const weight = realWeights(vjp, [vjp.input(1), vjp.input(3)], shape, 0);
  const kernel = intsAttribute(vjp.node, "kernel_shape") ?? shape.slice(2);
  return vjp.only(imageGradient(vjp, vjp.dy, weight, windowOf(vjp, kernel)));
}

/** Gradient of the real output of a QLinear node: divided by its scale, 0 where its integer is at an end of the range. */
function realOutputGradient(vjp: Vjp, scale: string): string {
  const [low, high] = rangeOf(vjp, vjp.output());
  const float = vjp.cast(vjp.output(), ELEMENT_TYPE.float32);
  const inside = vjp.op("And", [
    vjp.op("Greater", [float, vjp.scalarOfType(low, ELEMENT_TYPE.float32)]),
    vjp.op("Less", [float, vjp.scalarOfType(high, ELEMENT_TYPE.float32)]),
  ]);
  const zero = vjp.scalarOfType(0, ELEMENT_TYPE.float32);
  return vjp.op("Where", [inside, vjp.div(vjp.dy, vjp.reshape(scale, [])), zero]);
}

/** QLinearConv(x, xs, x0, w, ws, w0, ys, y0, bias). */
function qLinearConv(vjp: Vjp): InputGradients {
  vjp.context.markSurrogate(vjp.node);
  const shape = vjp.shape(vjp.input(3));
  const integers = realWeights(vjp, [vjp.input(3), vjp.input(5)], shape, 0);
  const weight = vjp.mul(integers, spread(vjp, vjp.input(4), shape, 0));
  const gradient = realOutputGradient(vjp, vjp.input(6));
  const kernel = intsAttribute(vjp.node, "kernel_shape") ?? shape.slice(2);
  const image = imageGradient(vjp, gradient, weight, windowOf(vjp, kernel));
  return vjp.only(vjp.mul(image, vjp.reshape(vjp.input(1), [])));
}

/** QLinearMatMul(a, as, a0, b, bs, b0, ys, y0) with constant b. */
function qLinearMatMul(vjp: Vjp): InputGradients {
  if (vjp.wants(3)) throw vjp.unsupported("its second operand depends on the differentiated value");
  vjp.context.markSurrogate(vjp.node);
  const shape = vjp.shape(vjp.input(3));
  const last = shape.length - 1;
  const integers = realWeights(vjp, [vjp.input(3), vjp.input(5)], shape, last);
  const weight = vjp.mul(integers, spread(vjp, vjp.input(4), shape, last));
  const gradient = realOutputGradient(vjp, vjp.input(6));
  const product = timesTransposed(vjp, gradient, weight, shape);
  return vjp.only(vjp.mul(product, vjp.reshape(vjp.input(1), [])));
}

/** MatMulIntegerToFloat(A, B, as, bs, a0, b0, bias) = (A - a0)(B - b0) as bs + bias, with constant B. */
function matMulIntegerToFloat(vjp: Vjp): InputGradients {
  vjp.context.markSurrogate(vjp.node);
  return integerProduct(vjp, vjp.mul(vjp.dy, vjp.reshape(vjp.input(2), [])), {
    scale: vjp.input(3),
    zeroPoint: vjp.input(5),
    bias: 6,
  });
}

/** DynamicQuantizeMatMul(A, B, bs, b0, bias): A is quantized inside, with a scale that counts as constant. */
function dynamicQuantizeMatMul(vjp: Vjp): InputGradients {
  vjp.context.markSurrogate(vjp.node);
  return integerProduct(vjp, vjp.dy, {
    scale: vjp.input(2),
    zeroPoint: vjp.input(3),
    bias: 4,
  });
}

function integerProduct(
  vjp: Vjp,
  gradient: string,
  weights: { readonly scale: string; readonly zeroPoint: string; readonly bias: number },
): InputGradients {
  const { scale, zeroPoint, bias } = weights;
  const wanted = vjp.node.input.findIndex((_, i) => i > 0 && i !== bias && vjp.wants(i));
  if (wanted > 0) throw vjp.unsupported(`input ${wanted} depends on the differentiated value`);
  const shape = vjp.shape(vjp.input(1));
  const last = shape.length - 1;
  const scaled = vjp.mul(gradient, spread(vjp, scale, vjp.outputShape, vjp.outputShape.length - 1));
  const integers = realWeights(vjp, [vjp.input(1), zeroPoint], shape, last);
  const gradients: (string | undefined)[] = vjp.node.input.map(() => undefined);
  if (vjp.wants(0)) gradients[0] = timesTransposed(vjp, scaled, integers, shape);
  if (vjp.wants(bias)) {
    gradients[bias] = vjp.unbroadcast(vjp.dy, vjp.outputShape, vjp.shape(vjp.input(bias)));
  }
  return gradients;
}

/**
 * MatMulNBits (com.microsoft): Y = A W^T with W [N, K] packed in blocks of 2, 4 or 8 bits along K. The backward product
 * needs W itself: it is unpacked to one byte per weight here and dequantized in the graph.
 */
function matMulNBits(vjp: Vjp): InputGradients {
  const { node } = vjp;
  // At this level the runtime rounds the activations to 8-bit integers.
  if (roundsActivations(node)) vjp.context.markSurrogate(node);
  const bits = intAttribute(node, "bits", 4);
  const block = intAttribute(node, "block_size", 32);
  const [n, k] = [intAttribute(node, "N", 0), intAttribute(node, "K", 0)];
  if (![2, 4, 8].includes(bits)) throw vjp.unsupported(`its weights have ${bits} bits`);
  if (vjp.input(4) !== "") throw vjp.unsupported("it reorders its groups (g_idx)");
  const blocks = Math.ceil(k / block);
  const weight = vjp.context.remember(`nbits:${node.input.slice(1).join()}`, () => {
    const packed = vjp.constant(1)!.data as Uint8Array;
    const levels = vjp.tensor({
      dtype: "uint8",
      data: unpackBits(packed, bits),
      shape: [n, blocks, block],
    });
    const type = vjp.type(vjp.input(2));
    const scales = vjp.reshape(vjp.input(2), [n, blocks, 1]);
    let centered: string;
    if (vjp.input(3) === "") {
      centered = vjp.sub(vjp.cast(levels, type), vjp.scalarOfType(2 ** (bits - 1), type));
    } else if (vjp.type(vjp.input(3)) === ELEMENT_TYPE.uint8) {
      const zero = vjp.constant(3)!.data as Uint8Array;
      const zeros = vjp.tensor({
        dtype: "uint8",
        data: unpackRows(zero, bits, [n, blocks]),
        shape: [n, blocks, 1],
      });
      centered = vjp.sub(vjp.cast(levels, type), vjp.cast(zeros, type));
    } else {
      centered = vjp.sub(vjp.cast(levels, type), vjp.reshape(vjp.input(3), [n, blocks, 1]));
    }
    const full = vjp.reshape(vjp.mul(centered, scales), [n, blocks * block]);
    if (blocks * block === k) return full;
    return vjp.op("Slice", [full, vjp.ints([0]), vjp.ints([k]), vjp.ints([1])]);
  });
  const dx = vjp.wants(0) ? vjp.op("MatMul", [vjp.dy, weight]) : undefined;
  return [dx];
}

/** Numbers of 2, 4 or 8 bits, several per byte, the lowest bits first. */
function unpackBits(packed: Uint8Array, bits: number): Uint8Array {
  const each = 8 / bits;
  const mask = 2 ** bits - 1;
  return Uint8Array.from(
    { length: packed.length * each },
    (_, i) => (packed[Math.floor(i / each)]! >> (bits * (i % each))) & mask,
  );
}

/** Zero points, each row padded to a whole byte. */
function unpackRows(
  packed: Uint8Array,
  bits: number,
  [rows, count]: readonly [number, number],
): Uint8Array {
  const stride = Math.ceil((count * bits) / 8);
  const out = new Uint8Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const numbers = unpackBits(packed.subarray(row * stride, (row + 1) * stride), bits);
    out.set(numbers.subarray(0, count), row * count);
  }
  return out;
}

export const QUANTIZATION_RULES: Readonly<Record<string, VjpRule>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
};

export const MICROSOFT_QUANTIZATION_RULES: Readonly<Record<string, VjpRule>> = {
  // ORT writes these for 16- and 4-bit types; the meaning is the same.
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  MatMulNBits: matMulNBits,
  MatMulBnb4: matMulBnb4,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
};
