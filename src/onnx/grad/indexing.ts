/** Gradient rules of operators that pick or place entries by index: gathering, scattering and the largest k. */
import { ELEMENT_TYPE } from "../proto.ts";
import { intAttribute, textAttribute } from "../tensorData.ts";
import { applyAlongAxis, scatterAxis } from "./axisMatrix.ts";
import type { InputGradients, Vjp, VjpRule } from "./vjp.ts";

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

/** Scatter-add needs the `reduction` attribute (opset 16 for its first form). */
function requireReduction(vjp: Vjp): void {
  if (vjp.opset < 16)
    throw vjp.unsupported(`scattering with addition needs opset 16, not ${vjp.opset}`);
}

const ADD = { reduction: { string: "add" } } as const;

function gatherElements(vjp: Vjp): InputGradients {
  requireReduction(vjp);
  const axis = intAttribute(vjp.node, "axis", 0);
  const start = vjp.zeros(vjp.inputShape);
  return vjp.only(
    vjp.scatter("ScatterElements", [start, vjp.input(1), vjp.dy], { axis: { int: axis }, ...ADD }),
  );
}

function gatherND(vjp: Vjp): InputGradients {
  requireReduction(vjp);
  if (intAttribute(vjp.node, "batch_dims", 0) !== 0) throw vjp.unsupported("it has batch axes");
  const start = vjp.zeros(vjp.inputShape);
  return vjp.only(vjp.scatter("ScatterND", [start, vjp.input(1), vjp.dy], ADD));
}

/** Whether updates are added to what is there, else they replace it. @throws LabError for any other reduction. */
function scattersByAdding(vjp: Vjp): boolean {
  const reduction = textAttribute(vjp.node, "reduction", "none");
  if (reduction === "none" || reduction === "add") return reduction === "add";
  throw vjp.unsupported(`its reduction is "${reduction}"`);
}

/** ScatterND(data, indices, updates): overwritten entries of data get none, updates get what landed. */
function scatterND(vjp: Vjp): InputGradients {
  const adds = scattersByAdding(vjp);
  const indices = vjp.input(1);
  let data: string | undefined;
  if (vjp.wants(0)) {
    data = adds
      ? vjp.dy
      : vjp.scatter("ScatterND", [vjp.dy, indices, vjp.zeros(vjp.shape(vjp.input(2)))]);
  }
  return [data, undefined, vjp.wants(2) ? vjp.op("GatherND", [vjp.dy, indices]) : undefined];
}

function scatterElements(vjp: Vjp): InputGradients {
  const adds = scattersByAdding(vjp);
  const attributes = { axis: { int: intAttribute(vjp.node, "axis", 0) } };
  const indices = vjp.input(1);
  let data: string | undefined;
  if (vjp.wants(0)) {
    data = adds
      ? vjp.dy
      : vjp.scatter(
          "ScatterElements",
          [vjp.dy, indices, vjp.zeros(vjp.shape(vjp.input(2)))],
          attributes,
        );
  }
  const updates = vjp.wants(2)
    ? vjp.op("GatherElements", [vjp.dy, indices], { attributes })
    : undefined;
  return [data, undefined, updates];
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

/** OneHot(indices, depth, [off, on]): each of the two values gets the gradient of the entries that show it. */
function oneHotValues(vjp: Vjp): InputGradients {
  const values = vjp.input(2);
  const type = vjp.type(values);
  const mask = vjp.op("OneHot", [vjp.input(0), vjp.input(1), vjp.pair(0, 1, type)], {
    attributes: { axis: { int: intAttribute(vjp.node, "axis", -1) } },
  });
  const all = vjp.outputShape.map((_, i) => i);
  const on = vjp.reduceSum(vjp.mul(vjp.dy, mask), all, false);
  const off = vjp.sub(vjp.reduceSum(vjp.dy, all, false), on);
  const both = [off, on].map((sum) => vjp.reshape(sum, [1]));
  return [undefined, undefined, vjp.op("Concat", both, { attributes: { axis: { int: 0 } } })];
}

export const INDEXING_RULES: Readonly<Record<string, VjpRule>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterND: scatterND,
  ScatterElements: scatterElements,
  TopK: topK,
  OneHot: oneHotValues,
};
