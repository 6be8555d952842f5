/** What a graph takes of a tab's memory, counted before the runtime is asked for it: WebAssembly that runs out ends the engine. */
import { LabError } from "../errors/labError.ts";
import type { Backend } from "../model/backend.ts";
import { planBlocks } from "../onnx/grad/recompute.ts";
import { GraphView } from "../onnx/graph.ts";
import { ELEMENT_TYPE, graphOf } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { tensorTypeOf } from "../onnx/tensorData.ts";
import { NPY_BYTES } from "../tensor/npyFormat.ts";
import { sizeOf } from "../tensor/tensor.ts";

/** What a tab's WebAssembly can hold, less what the runtime itself takes. */
export const TAB_BYTES = 3.5 * 2 ** 30;

/** Operators whose way back reads nothing of what they read, where what they read it with is a weight. */
const LINEAR = new Set([
  "Add",
  "Sub",
  "Neg",
  "Sum",
  "Mean",
  "Identity",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
  "Concat",
  "Split",
  "Slice",
  "Gather",
  "Expand",
  "Tile",
  "Pad",
  "Cast",
  "ReduceSum",
  "ReduceMean",
  "Shape",
  "DepthToSpace",
  "SpaceToDepth",
  "DequantizeLinear",
  "QuantizeLinear",
  "DynamicQuantizeLinear",
]);
/** Linear in each of what they read, so that each is kept for the other. */
const PRODUCTS = new Set([
  "MatMul",
  "Gemm",
  "Mul",
  "Div",
  "Einsum",
  "Conv",
  "ConvTranspose",
  "MatMulInteger",
  "MatMulNBits",
  "FusedMatMul",
]);
/** Their way back reads what they made. */
const BY_RESULT = new Set(["Softmax", "Sigmoid", "Tanh", "Exp", "Sqrt"]);

/** Values above this many bytes are computed a second time on the way back instead of being held (recompute.ts). */
const RECOMPUTED_BYTES = 256 * 2 ** 20;

/** Whether a gradient of the model computes its forward values twice. */
export function isRecomputed(model: ModelProto, table: ShapeTable): boolean {
  return keptBytes(model, table) > RECOMPUTED_BYTES;
}

/** Bytes of the values of one run that are held at once for the way back. */
export function heldBytes(model: ModelProto, table: ShapeTable): number {
  const kept = keptBytes(model, table);
  if (kept <= RECOMPUTED_BYTES) return kept;
  const { nodes, inputs } = new GraphView(model);
  const fed = inputs.map(({ name }) => name);
  const readBack = keptValues(model);
  const isFloat = (name: string) => table.types.get(name) === ELEMENT_TYPE.float32;
  const line = { nodes, fed, readBack, shapes: table };
  return planBlocks(line, (position) => isFloat(nodes[position]!.output[0]!)).bytes;
}

/** Bytes of the values of one run that the way back reads again. */
export function keptBytes(model: ModelProto, { shapes, types }: ShapeTable): number {
  return [...keptValues(model)].reduce((sum, name) => {
    const shape = shapes.get(name);
    const type = tensorTypeOf(types.get(name) ?? 0);
    return shape && type ? sum + sizeOf(shape) * NPY_BYTES[type] : sum;
  }, 0);
}

function keptValues(model: ModelProto): ReadonlySet<string> {
  const { input, initializer, node } = graphOf(model);
  const weights = new Set(initializer.map(({ name }) => name));
  const varying = new Set(input.map(({ name }) => name).filter((name) => !weights.has(name)));
  const kept = new Set<string>();
  for (const { opType, input: read, output } of node) {
    const moved = read.filter((name) => varying.has(name));
    if (moved.length === 0) continue;
    for (const name of output) varying.add(name);
    if (BY_RESULT.has(opType)) kept.add(output[0]!);
    else if (PRODUCTS.has(opType) ? moved.length > 1 : !LINEAR.has(opType)) {
      for (const name of moved) kept.add(name);
    }
  }
  return kept;
}

/** @throws LabError "graph-too-large" in a browser, where a gradient of so many bytes, the open model included, has no room */
export function requireGradientRoom(bytes: number, backend: Backend): void {
  if (backend === "native" || bytes <= TAB_BYTES) return;
  throw new LabError(
    "graph-too-large",
    `This model with its gradient takes about ${gigabytes(bytes)}, and a tab holds about ${gigabytes(TAB_BYTES)}.`,
    {
      hint: "Choose a smaller form of the model, such as q4, attack it by asking alone (Square), or run it with lab outside the browser.",
    },
  );
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
