/** Gradient rules of operators that move entries without changing them: reshaping, broadcasting, cutting and joining. */
import { isOp } from "../elementTypes.ts";
import { intAttribute, intsAttribute, textAttribute } from "../tensorData.ts";
import { scatterAxis } from "./axisMatrix.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

/** Back to the shape of input 0, whatever reshaping happened. */
const reshapeBack: VjpRule = (vjp) => vjp.only(vjp.reshape(vjp.dy, vjp.inputShape));

function transpose(vjp: Vjp): InputGradients {
  const rank = vjp.inputShape.length;
  const order =
    intsAttribute(vjp.node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return vjp.only(vjp.transpose(vjp.dy, inverse));
}

/** Expand also broadcasts the target shape, so the output shape is what counts. */
const expand: VjpRule = (vjp) => vjp.only(vjp.unbroadcast(vjp.dy, vjp.outputShape, vjp.inputShape));

/** Tile: view the gradient as [repeats, size] per axis and sum over the repeats. */
function tile(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const split = shape.flatMap((dim, i) => [vjp.outputShape[i]! / Math.max(dim, 1), dim]);
  const axes = shape.map((_, i) => 2 * i);
  return vjp.only(vjp.reduceSum(vjp.reshape(vjp.dy, split), axes, false));
}

function concat(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const rank = vjp.outputShape.length;
  const axis = vjp.axis(intAttribute(node, "axis", 0), rank);
  let offset = 0;
  return node.input.map((name, i) => {
    const size = vjp.shape(name)[axis]!;
    const start = offset;
    offset += size;
    return vjp.wants(i) ? sliceAxis(vjp, vjp.dy, axis, [start, start + size]) : undefined;
  });
}

export function sliceAxis(
  vjp: Vjp,
  x: string,
  axis: number,
  [start, end]: readonly [number, number],
): string {
  return vjp.op("Slice", [x, vjp.ints([start]), vjp.ints([end]), vjp.ints([axis])]);
}

/** Split: the pieces' gradients joined, zeros for pieces that nothing reads. */
function split(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const rank = vjp.inputShape.length;
  const axis = vjp.axis(intAttribute(node, "axis", 0), rank);
  const pieces = node.output.map((name, i) => {
    const gradient = vjp.gradientOf(i);
    if (gradient !== undefined) return gradient;
    const shape = name === "" ? unnamedPiece(vjp, axis) : vjp.shape(name);
    return vjp.zeros(shape);
  });
  return vjp.only(vjp.op("Concat", pieces, { attributes: { axis: { int: axis } } }));
}

function unnamedPiece(vjp: Vjp, axis: number): readonly number[] {
  const shape = [...vjp.inputShape];
  const named = vjp.node.output
    .filter((name) => name !== "")
    .reduce((sum, name) => sum + vjp.shape(name)[axis]!, 0);
  const missing = vjp.node.output.filter((name) => name === "").length;
  if (missing !== 1) throw vjp.unsupported("several of its outputs are left out");
  shape[axis] = shape[axis]! - named;
  return shape;
}

/** Slice with bounds as inputs: each sliced axis is scattered back on its own. */
function slice(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const rank = shape.length;
  const starts = vjp.numbers(1) ?? [];
  const ends = vjp.numbers(2) ?? [];
  const axes = (vjp.numbers(3) ?? starts.map((_, i) => i)).map((axis) => vjp.axis(axis, rank));
  const steps = vjp.numbers(4) ?? starts.map(() => 1);
  let gradient = vjp.dy;
  // Plain cuts (step 1) are undone by a single Pad.
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  axes.forEach((axis, i) => {
    const size = shape[axis]!;
    const taken = slicedIndices(starts[i]!, ends[i]!, steps[i]!, size);
    if (steps[i] === 1 && taken.length > 0) {
      before[axis] = taken[0]!;
      after[axis] = size - taken.length - taken[0]!;
    } else {
      gradient = scatterAxis(vjp, gradient, axis, { indices: taken, size });
    }
  });
  return vjp.only(vjp.pad(gradient, before, after, vjp.input(0)));
}

/** The indices that Slice takes along one axis (clamping as the operator defines). */
export function slicedIndices(start: number, end: number, step: number, size: number): number[] {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const bound = (index: number): number =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const first = Math.max(bound(start), 0);
  // Past the front when walking backwards: an end of -(size + 1) or less, and to ONNX Runtime the largest integers too.
  const isPastFront = end < -size || end === 2 ** 31 - 1 || end === 2 ** 63;
  const last = step < 0 && isPastFront ? -1 : bound(end);
  const taken: number[] = [];
  for (let i = first; step > 0 ? i < last : i > last; i += step) taken.push(i);
  return taken;
}

/** Pad: the gradient without its border. Reflecting and repeating borders fold back axis by axis. */
function pad(vjp: Vjp): InputGradients {
  const mode = textAttribute(vjp.node, "mode", "constant");
  const shape = vjp.inputShape;
  const rank = shape.length;
  const given = vjp.numbers(1) ?? [];
  const axes = (vjp.numbers(3) ?? shape.map((_, i) => i)).map((axis) => vjp.axis(axis, rank));
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  axes.forEach((axis, i) => {
    before[axis] = given[i]!;
    after[axis] = given[axes.length + i]!;
  });
  if (mode === "constant") {
    const minus = (list: readonly number[]): number[] => list.map((n) => (n === 0 ? 0 : -n));
    return vjp.only(vjp.pad(vjp.dy, minus(before), minus(after), vjp.input(0)));
  }
  let gradient = vjp.dy;
  shape.forEach((size, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return;
    // Negative padding crops first; what is left is repeated or mirrored.
    const start = Math.max(-before[axis]!, 0);
    const left = size - start - Math.max(-after[axis]!, 0);
    if (mode === "wrap" && before[axis]! > left) {
      throw vjp.unsupported("it wraps around more than once, which the runtime leaves undefined");
    }
    const source: number[] = [];
    for (let i = Math.min(-before[axis]!, 0); i < left + Math.max(after[axis]!, 0); i++) {
      source.push(start + borderSource(mode, i, left));
    }
    gradient = scatterAxis(vjp, gradient, axis, { indices: source, size });
  });
  return vjp.only(gradient);
}

/** Index inside an axis of `size` entries that a padded position shows. */
function borderSource(mode: string, index: number, size: number): number {
  if (mode === "edge") return Math.min(Math.max(index, 0), size - 1);
  if (mode === "wrap") return ((index % size) + size) % size;
  // "reflect": mirrored without repeating the border entry.
  const period = Math.max(2 * (size - 1), 1);
  const wrapped = ((index % period) + period) % period;
  return wrapped < size ? wrapped : period - wrapped;
}

/** DepthToSpace undone by reshaping: SpaceToDepth has no WebGPU kernel. */
function depthToSpace(vjp: Vjp): InputGradients {
  const block = intAttribute(vjp.node, "blocksize", 1);
  const [b, c, h, w] = vjp.inputShape as [number, number, number, number];
  const blocks = vjp.reshape(vjp.dy, [b, c / block ** 2, h, block, w, block]);
  // Where the two block axes stand among the channels: first ("DCR") or last ("CRD").
  const order =
    textAttribute(vjp.node, "mode", "DCR") === "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  return vjp.only(vjp.reshape(vjp.transpose(blocks, order), [b, c, h, w]));
}

const spaceToDepth: VjpRule = (vjp) =>
  vjp.only(
    vjp.op("DepthToSpace", [vjp.dy], {
      attributes: {
        blocksize: { int: intAttribute(vjp.node, "blocksize", 1) },
        mode: { string: "DCR" },
      },
    }),
  );

/** Trilu is a mask; as a constant it needs no kernel of its own. */
export function trilu(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const shift = vjp.numbers(1)?.[0] ?? 0;
  const upper = intAttribute(vjp.node, "upper", 1) === 1;
  const data = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (upper ? j >= i + shift : j <= i + shift) data[i * columns + j] = 1;
    }
  }
  const mask = vjp.tensor({ dtype: "bool", data, shape: [rows, columns] });
  return vjp.only(vjp.op("Where", [mask, vjp.dy, vjp.scalar(0, vjp.input(0))]));
}

/** Inference form of Dropout: the identity. */
function dropout(vjp: Vjp): InputGradients {
  const training = vjp.input(2) === "" ? 0 : vjp.numbers(2)?.[0];
  if (training !== 0 && isOp(vjp.node, "Dropout")) throw vjp.unsupported("it is in training mode");
  return vjp.only(vjp.dy);
}

/** Each sequence is reversed back: the same reversal again. */
function reverseSequence(vjp: Vjp): InputGradients {
  const attributes = {
    batch_axis: { int: intAttribute(vjp.node, "batch_axis", 1) },
    time_axis: { int: intAttribute(vjp.node, "time_axis", 0) },
  };
  return vjp.only(vjp.op("ReverseSequence", [vjp.dy, vjp.input(1)], { attributes }));
}

/** CenterCropPad cuts or pads each axis around its middle; the smaller half lies in front. */
function centerCropPad(vjp: Vjp): InputGradients {
  const difference = vjp.inputShape.map((size, i) => size - vjp.outputShape[i]!);
  const before = difference.map((n) => Math.sign(n) * Math.floor(Math.abs(n) / 2));
  const after = difference.map((n, i) => n - before[i]!);
  return vjp.only(vjp.pad(vjp.dy, before, after, vjp.input(0)));
}

export const MOVEMENT_RULES: Readonly<Record<string, VjpRule>> = {
  Reshape: reshapeBack,
  Flatten: reshapeBack,
  Squeeze: reshapeBack,
  Unsqueeze: reshapeBack,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: trilu,
  Dropout: dropout,
  ReverseSequence: reverseSequence,
  CenterCropPad: centerCropPad,
};
