/** Gradient rules of operators that pick or place entries by index: gathering, scattering and the largest k. */
import { ELEMENT_TYPE } from "../messages.ts";
import type { Attributes } from "../messages.ts";
import { attributeOf, intAttribute, numbersOf, textAttribute } from "../tensorData.ts";
import { applyAlongAxis, scatterAxis } from "./axisMatrix.ts";
import { asFloat } from "./elementwise.ts";
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
    return vjp.only(
      applyAlongAxis(vjp, flat, { axis, rank: shape.length }, oneHot(vjp, count, size)),
    );
  }
  const indices = (vjp.numbers(1) ?? []).map((i) => (i < 0 ? i + size : i));
  const contiguous = indices.every((value, i) => i === 0 || value === indices[i - 1]! + 1);
  if (contiguous) {
    const at = (n: number): number[] => shape.map((_, i) => (i === axis ? n : 0));
    return vjp.only(vjp.pad(flat, at(indices[0]!), at(size - count - indices[0]!), vjp.input(0)));
  }
  return vjp.only(scatterAxis(vjp, flat, axis, { indices, size }));
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

/** The two scattering operators, and how each reads off what the other wrote. */
interface Scattering {
  readonly scatter: "ScatterElements" | "ScatterND";
  readonly gather: "GatherElements" | "GatherND";
  readonly attributes: Attributes;
}

const scatterND: VjpRule = (vjp) =>
  scattered(vjp, { scatter: "ScatterND", gather: "GatherND", attributes: {} });

const scatterElements: VjpRule = (vjp) =>
  scattered(vjp, {
    scatter: "ScatterElements",
    gather: "GatherElements",
    attributes: { axis: { int: intAttribute(vjp.node, "axis", 0) } },
  });

/**
 * Scatter(data, indices, updates) with any reduction: without one, overwritten entries of data get none and updates what
 * landed; added, both get the whole; of a product, data the product of the updates; the largest or smallest share it.
 */
function scattered(vjp: Vjp, form: Scattering): InputGradients {
  const { gather, attributes } = form;
  const reduction = textAttribute(vjp.node, "reduction", "none");
  const indices = vjp.input(1);
  const read = (x: string): string => vjp.op(gather, [x, indices], { attributes });
  const write = (data: string, updates: string, how: string): string =>
    vjp.scatter(
      form.scatter,
      [data, indices, updates],
      how === "none" ? attributes : { ...attributes, reduction: { string: how } },
    );
  const updateZeros = (): string => vjp.zeros(vjp.shape(vjp.input(2)));
  switch (reduction) {
    case "none":
      if (vjp.wants(2)) refuseRepeatedIndices(vjp, form);
      return [
        vjp.wants(0) ? write(vjp.dy, updateZeros(), "none") : undefined,
        undefined,
        vjp.wants(2) ? read(vjp.dy) : undefined,
      ];
    case "add":
      return [
        vjp.wants(0) ? vjp.dy : undefined,
        undefined,
        vjp.wants(2) ? read(vjp.dy) : undefined,
      ];
    case "mul": {
      if (vjp.wants(2)) throw vjp.unsupported("its factors depend on the differentiated value");
      const ones = vjp.expand(vjp.scalar(1, vjp.input(0)), vjp.inputShape);
      return [vjp.mul(vjp.dy, write(ones, vjp.input(2), "mul"))];
    }
    case "max":
    case "min": {
      const [x, updates, y] = [vjp.input(0), vjp.input(2), vjp.output()];
      const kept = asFloat(vjp, vjp.op("Equal", [x, y]), x);
      const written = asFloat(vjp, vjp.op("Equal", [updates, read(y)]), x);
      const share = vjp.div(vjp.dy, write(kept, written, "add"));
      return [
        vjp.wants(0) ? vjp.mul(share, kept) : undefined,
        undefined,
        vjp.wants(2) ? vjp.mul(read(share), written) : undefined,
      ];
    }
    default:
      throw vjp.unsupported(`its reduction is "${reduction}"`);
  }
}

/** Of entries written twice one is lost, and ONNX does not say which. */
function refuseRepeatedIndices(vjp: Vjp, { scatter }: Scattering): void {
  const value = vjp.context.valueOf(vjp.node.input[1] ?? "");
  if (value === undefined) return;
  const shape = vjp.inputShape;
  const numbers = numbersOf(value);
  const at = (index: number, axis: number): number => (index < 0 ? index + shape[axis]! : index);
  const places = new Set<string>();
  let count: number;
  if (scatter === "ScatterND") {
    const depth = value.shape.at(-1) ?? 1;
    count = numbers.length / depth;
    for (let i = 0; i < count; i++) {
      const tuple = numbers.slice(i * depth, (i + 1) * depth);
      places.add(tuple.map((index, axis) => at(index, axis)).join());
    }
  } else {
    const axis = vjp.axis(intAttribute(vjp.node, "axis", 0), shape.length);
    count = numbers.length;
    numbers.forEach((index, flat) => {
      let rest = flat;
      const place = value.shape.map(() => 0);
      for (let i = value.shape.length - 1; i >= 0; i--) {
        place[i] = rest % value.shape[i]!;
        rest = Math.floor(rest / value.shape[i]!);
      }
      place[axis] = at(index, axis);
      places.add(place.join());
    });
  }
  if (places.size < count) throw vjp.unsupported("it writes one entry twice");
}

/** Compress by a constant condition: the entries taken go back to their places. */
function compress(vjp: Vjp): InputGradients {
  const shape = vjp.inputShape;
  const condition = vjp.numbers(1) ?? [];
  const taken = condition.flatMap((value, i) => (value === 0 ? [] : [i]));
  const given = intsOrNothing(vjp, "axis");
  if (given !== undefined) {
    const axis = vjp.axis(given, shape.length);
    return vjp.only(scatterAxis(vjp, vjp.dy, axis, { indices: taken, size: shape[axis]! }));
  }
  const size = shape.reduce((a, b) => a * b, 1);
  const zero = vjp.reshape(vjp.scalar(0, vjp.input(0)), [1]);
  const padded = vjp.op("Concat", [vjp.dy, zero], { attributes: { axis: { int: 0 } } });
  const sources = Array.from({ length: size }, () => taken.length);
  taken.forEach((place, i) => (sources[place] = i));
  return vjp.only(vjp.reshape(vjp.op("Gather", [padded, vjp.ints(sources)]), shape));
}

function intsOrNothing(vjp: Vjp, name: string): number | undefined {
  const attribute = attributeOf(vjp.node, name);
  return attribute === undefined ? undefined : Number(attribute.i);
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
  Compress: compress,
};
