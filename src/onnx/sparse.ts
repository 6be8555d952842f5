/** Sparse weights of a file just decoded, written out in full: everything after it knows one kind of weight. */
import { LabError } from "../errors/labError.ts";
import { invalidFile } from "./messages.ts";
import type { GraphProto, ModelProto, SparseTensorProto, TensorProto } from "./messages.ts";
import { bitsPerElement } from "./validate.ts";

/** Elements beyond this are not written out: the tensor alone would fill an ONNX file. */
const MOST_ELEMENTS = 2 ** 29;
const DEEPEST = 32;
/** AttributeProto.type of a tensor. */
const TENSOR = 4;

/**
 * Turns sparse initializers and sparse Constant nodes into dense ones, in place.
 * @throws LabError "graph-invalid" for indices outside the tensor, "graph-too-large" for one that cannot be written out.
 */
export function writeOutSparse(model: ModelProto): void {
  if (model.graph !== undefined) writeOutGraph(model.graph, 0);
}

function writeOutGraph(graph: GraphProto, depth: number): void {
  if (depth > DEEPEST) return;
  graph.initializer.push(...graph.sparseInitializer.map(dense));
  graph.sparseInitializer = [];
  for (const { attribute } of graph.node) {
    for (const entry of attribute) {
      if (entry.sparseTensor !== undefined) {
        entry.t = dense(entry.sparseTensor);
        entry.type = TENSOR;
        entry.name = entry.name === "sparse_value" ? "value" : entry.name;
        delete entry.sparseTensor;
      }
      for (const child of entry.g === undefined ? entry.graphs : [entry.g, ...entry.graphs]) {
        writeOutGraph(child, depth + 1);
      }
    }
  }
}

function dense({ values, indices, dims }: SparseTensorProto): TensorProto {
  if (values === undefined) throw invalidFile("A sparse weight of the ONNX graph has no values.");
  const shape = dims.map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (!(size >= 0 && size <= MOST_ELEMENTS)) {
    throw new LabError(
      "graph-too-large",
      `The sparse weight "${values.name}" would have ${size} elements when written out.`,
      { hint: "Use a smaller model." },
    );
  }
  const count = Number(values.dims[0] ?? 0n);
  const positions = flatPositions(indices, count, shape);
  if (positions.some((at) => !(at >= 0 && at < size))) {
    throw invalidFile(`The sparse weight "${values.name}" has an entry outside its shape.`);
  }
  const place = <T>(list: readonly T[], zero: T): T[] => {
    const out = Array.from({ length: size }, () => zero);
    positions.forEach((at, i) => (out[at] = list[i]!));
    return out;
  };
  const bytes = bitsPerElement(values.dataType) / 8;
  if (!Number.isInteger(bytes) || bytes === 0) {
    throw invalidFile(`The sparse weight "${values.name}" has element type ${values.dataType}.`);
  }
  const isListed = values.rawData.length === 0 && count > 0;
  if (isListed) {
    if (values.floatData.length > 0) values.floatData = place(values.floatData, 0);
    if (values.int32Data.length > 0) values.int32Data = place(values.int32Data, 0);
    if (values.int64Data.length > 0) values.int64Data = place(values.int64Data, 0n);
    if (values.doubleData.length > 0) values.doubleData = place(values.doubleData, 0);
    if (values.uint64Data.length > 0) values.uint64Data = place(values.uint64Data, 0n);
  } else {
    const raw = new Uint8Array(size * bytes);
    positions.forEach((at, i) =>
      raw.set(values.rawData.subarray(i * bytes, (i + 1) * bytes), at * bytes),
    );
    values.rawData = raw;
  }
  values.dims = dims;
  return values;
}

/** Indices are positions in the flattened tensor ([count]) or along each axis ([count, rank]). */
function flatPositions(
  indices: TensorProto | undefined,
  count: number,
  shape: readonly number[],
): number[] {
  const numbers = indices === undefined ? [] : integers(indices);
  if (indices === undefined || indices.dims.length < 2) return numbers.slice(0, count);
  const rank = shape.length;
  return Array.from({ length: count }, (_, i) =>
    shape.reduce((flat, dim, axis) => flat * dim + (numbers[i * rank + axis] ?? NaN), 0),
  );
}

function integers({ rawData, int64Data }: TensorProto): number[] {
  if (rawData.length === 0) return int64Data.map(Number);
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: rawData.length / 8 }, (_, i) =>
    Number(view.getBigInt64(8 * i, true)),
  );
}
