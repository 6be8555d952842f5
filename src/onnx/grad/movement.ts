/** Gradient rules of operators that move entries without changing them: reshaping, broadcasting, cutting and joining. */
import { isOp } from "../elementTypes.ts";
import { ELEMENT_TYPE } from "../proto.ts";
import { intAttribute, intsAttribute, textAttribute } from "../tensorData.ts";
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
    return vjp.wants(i) ? sliceAxis(vjp, vjp.dy, axis, start, start + size) : undefined;
  });
}

export function sliceAxis(vjp: Vjp, x: string, axis: number, start: number, end: number): string {
  return vjp.op("Slice", [x, vjp.ints([start]), vjp.ints([end]), vjp.ints([axis])]);
}

/** Split: the pieces' gradients joined, zeros for pieces that nothing reads. */
function split(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const rank = vjp.inputShape.length;
  const axis = vjp.axis(intAttribute(node, "axis", 0), rank);
  const pieces = node.output.map((name, i) => {
    const gradient = vjp.outputGradients[i];
    if (gradient !== undefined) return gradient;
    const shape = name === "" ? unnamedPiece(vjp, axis) : vjp.shape(name);
    return zeros(vjp, shape);
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

/** Zeros of a shape, in the type of input 0. */
function zeros(vjp: Vjp, shape: readonly number[]): string {
  return vjp.expand(vjp.scalar(0, vjp.input(0)), shape);
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
      gradient = scatterAxis(vjp, gradient, axis, taken, size);
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
  // An end of -(size + 1) or less means "past the front" when walking backwards.
  const last = step < 0 && end < -size ? -1 : bound(end);
  const taken: number[] = [];
  for (let i = first; step > 0 ? i < last : i > last; i += step) taken.push(i);
  return taken;
}

/**
 * The transpose of taking `indices` along an axis: a gradient whose axis has one entry per index, added back into an
 * axis of `size` entries. Static indices only.
 */
export function scatterAxis(
  vjp: Vjp,
  gradient: string,
  axis: number,
  indices: readonly number[],
  size: number,
): string {
  const inverse = Array.from({ length: size }, () => indices.length);
  let injective = true;
  indices.forEach((target, i) => {
    if (inverse[target] !== indices.length) injective = false;
    inverse[target] = i;
  });
  if (!injective) {
    const matrix = new Float32Array(indices.length * size);
    indices.forEach((target, i) => (matrix[i * size + target] = 1));
    const constant = vjp.tensor({ dtype: "float32", data: matrix, shape: [indices.length, size] });
    return applyAlongAxis(vjp, gradient, axis, constant, vjp.inputShape.length);
  }
  const attributes = { axis: { int: axis } };
  if (indices.length === size)
    return vjp.op("Gather", [gradient, vjp.ints(inverse)], { attributes });
  // One more entry of zeros at the end stands for every index that was not taken.
  const rank = vjp.inputShape.length;
  const after = Array.from({ length: rank }, (_, i) => (i === axis ? 1 : 0));
  const padded = vjp.pad(
    gradient,
    after.map(() => 0),
    after,
    vjp.input(0),
  );
  return vjp.op("Gather", [padded, vjp.ints(inverse)], { attributes });
}

/** Multiplies one axis of `x` by a float32 matrix [old, new] (cast to x's type). */
export function applyAlongAxis(
  vjp: Vjp,
  x: string,
  axis: number,
  matrix: string,
  rank: number,
): string {
  const type = vjp.type(vjp.input(0));
  const typed = type === 1 ? matrix : vjp.cast(matrix, type);
  const order = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  order.push(axis);
  const inverse = order.map((_, i) => order.indexOf(i));
  if (rank === 1) {
    return vjp.op("MatMul", [x, typed]);
  }
  return vjp.transpose(vjp.op("MatMul", [vjp.transpose(x, order), typed]), inverse);
}

/** Gather: by constant indices a scatter along the axis, by run-time indices a product with a one-hot matrix. */
function gather(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const axis = vjp.axis(intAttribute(vjp.node, "axis", 0), shape.length);
  const size = shape[axis]!;
  const indexShape = vjp.shape(vjp.input(1));
  const count = indexShape.reduce((a, b) => a * b, 1);
  // The index axes as one axis, in the place of the gathered one.
  const flatShape = [...shape.slice(0, axis), count, ...shape.slice(axis + 1)];
  const flat = indexShape.length === 1 ? vjp.dy : vjp.reshape(vjp.dy, flatShape);
  const constant = vjp.context.valueOf(vjp.input(1));
  if (constant === undefined) {
    return vjp.only(applyAlongAxis(vjp, flat, axis, oneHot(vjp, count, size), shape.length));
  }
  const indices = (vjp.numbers(1) ?? []).map((i) => (i < 0 ? i + size : i));
  const contiguous = indices.every((value, i) => i === 0 || value === indices[i - 1]! + 1);
  if (contiguous) {
    const at = (n: number): number[] => shape.map((_, i) => (i === axis ? n : 0));
    return vjp.only(vjp.pad(flat, at(indices[0]!), at(size - count - indices[0]!), vjp.input(0)));
  }
  return vjp.only(scatterAxis(vjp, flat, axis, indices, size));
}

/** float32 [count, size] matrix with a 1 in each row at the run-time index of input 1. In int32: WebGPU compares no int64. */
function oneHot(vjp: Vjp, count: number, size: number): string {
  const int32 = (values: readonly number[], shape: readonly number[]): string =>
    vjp.tensor({ dtype: "int32", data: Int32Array.from(values), shape });
  const column = vjp.reshape(vjp.cast(vjp.input(1), ELEMENT_TYPE.int32), [count, 1]);
  const negative = vjp.op("Less", [column, int32([0], [])]);
  const index = vjp.op("Where", [negative, vjp.add(column, int32([size], [])), column]);
  const all = int32(
    Array.from({ length: size }, (_, i) => i),
    [size],
  );
  return vjp.cast(vjp.op("Equal", [index, all]), ELEMENT_TYPE.float32);
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
    const source: number[] = [];
    for (let i = -before[axis]!; i < size + after[axis]!; i++) {
      source.push(borderSource(mode, i, size));
    }
    gradient = scatterAxis(vjp, gradient, axis, source, size);
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

/** Scatter-add needs the `reduction` attribute (opset 16 for its first form). */
function requireReduction(vjp: Vjp): void {
  if (vjp.opset < 16)
    throw vjp.unsupported(`scattering with addition needs opset 16, not ${vjp.opset}`);
}

const ADD = { reduction: { string: "add" } } as const;

function gatherElements(vjp: Vjp): InputGradients {
  requireReduction(vjp);
  const axis = intAttribute(vjp.node, "axis", 0);
  const start = zeros(vjp, vjp.inputShape);
  return vjp.only(
    vjp.scatter("ScatterElements", [start, vjp.input(1), vjp.dy], { axis: { int: axis }, ...ADD }),
  );
}

function gatherND(vjp: Vjp): InputGradients {
  requireReduction(vjp);
  if (intAttribute(vjp.node, "batch_dims", 0) !== 0) throw vjp.unsupported("it has batch axes");
  const start = zeros(vjp, vjp.inputShape);
  return vjp.only(vjp.scatter("ScatterND", [start, vjp.input(1), vjp.dy], ADD));
}

/** ScatterND(data, indices, updates): overwritten entries of data get none, updates get what landed. */
function scatterND(vjp: Vjp): InputGradients {
  const reduction = textAttribute(vjp.node, "reduction", "none");
  if (reduction !== "none" && reduction !== "add") {
    throw vjp.unsupported(`its reduction is "${reduction}"`);
  }
  const indices = vjp.input(1);
  let data: string | undefined;
  if (vjp.wants(0)) {
    data =
      reduction === "add"
        ? vjp.dy
        : vjp.scatter("ScatterND", [vjp.dy, indices, zeros(vjp, vjp.shape(vjp.input(2)))]);
  }
  return [data, undefined, vjp.wants(2) ? vjp.op("GatherND", [vjp.dy, indices]) : undefined];
}

function scatterElements(vjp: Vjp): InputGradients {
  const reduction = textAttribute(vjp.node, "reduction", "none");
  if (reduction !== "none" && reduction !== "add") {
    throw vjp.unsupported(`its reduction is "${reduction}"`);
  }
  const attributes = { axis: { int: intAttribute(vjp.node, "axis", 0) } };
  const indices = vjp.input(1);
  let data: string | undefined;
  if (vjp.wants(0)) {
    data =
      reduction === "add"
        ? vjp.dy
        : vjp.scatter(
            "ScatterElements",
            [vjp.dy, indices, zeros(vjp, vjp.shape(vjp.input(2)))],
            attributes,
          );
  }
  const updates = vjp.wants(2)
    ? vjp.op("GatherElements", [vjp.dy, indices], { attributes })
    : undefined;
  return [data, undefined, updates];
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

/** TopK values: each goes back to the place its index names. The indices are an output of the node itself. */
function topK(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const axis = vjp.axis(intAttribute(vjp.node, "axis", -1), shape.length);
  const [, indices = ""] = vjp.context.extendOutputs(vjp.node, 2);
  // Compared with every position instead of scattered: no kernel for scattering is needed.
  const count = vjp.outputShape[axis]!;
  const size = shape[axis]!;
  const moved = Array.from({ length: shape.length }, (_, i) => i).filter((i) => i !== axis);
  const order = [...moved, axis];
  const inverse = order.map((_, i) => order.indexOf(i));
  const lead = moved.map((i) => shape[i]!);
  const moved32 = vjp.transpose(vjp.cast(indices, ELEMENT_TYPE.int32), order);
  const at = vjp.reshape(moved32, [...lead, count, 1]);
  const all = vjp.tensor({
    dtype: "int32",
    data: Int32Array.from({ length: size }, (_, i) => i),
    shape: [size],
  });
  const hit = vjp.cast(vjp.op("Equal", [at, all]), vjp.type(vjp.input(0)));
  const rows = vjp.reshape(vjp.transpose(vjp.dy, order), [...lead, 1, count]);
  const back = vjp.reshape(vjp.op("MatMul", [rows, hit]), [...lead, size]);
  return vjp.only(vjp.transpose(back, inverse));
}

/** Inference form of Dropout: the identity. */
function dropout(vjp: Vjp): InputGradients {
  const training = vjp.input(2) === "" ? 0 : vjp.numbers(2)?.[0];
  if (training !== 0 && isOp(vjp.node, "Dropout")) throw vjp.unsupported("it is in training mode");
  return vjp.only(vjp.dy);
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
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterND: scatterND,
  ScatterElements: scatterElements,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: trilu,
  TopK: topK,
  Dropout: dropout,
};
