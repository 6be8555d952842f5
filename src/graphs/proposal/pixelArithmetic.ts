/**
 * What a graph does to its pixels before it looks at more than one of them: scaling, mean and standard deviation, in
 * whatever operators, order and layout. Not recognised by form: that part of the graph is run on even pictures.
 */
import { cutGraph } from "../../onnx/edit/cut.ts";
import { isOp } from "../../onnx/elementTypes.ts";
import { GraphView, nodeReads } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import { elementTypeOf } from "../../onnx/messages.ts";
import { serializeModel } from "../../onnx/file.ts";
import type { NodeProto } from "../../onnx/messages.ts";
import { inputIndependent } from "../../onnx/shapes.ts";
import { numberToHalf, numbersOf, tensorTypeOf } from "../../onnx/tensorData.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Each channel c of the picture enters the network as factor[c] * pixel + shift[c]. */
export interface PixelArithmetic {
  readonly factor: readonly number[];
  readonly shift: readonly number[];
  /** Mean and variance of the batch normalisation, where that is all there is before the network. */
  readonly batchNorm?: { readonly mean: readonly number[]; readonly variance: readonly number[] };
  /** The graph takes mean and spread of each single picture. */
  readonly isPerPicture: boolean;
}

const POINTWISE = [
  "Add",
  "BatchNormalization",
  "Cast",
  "Clip",
  "Concat",
  "DequantizeLinear",
  "Div",
  "Dropout",
  "Expand",
  "Flatten",
  "Gather",
  "Identity",
  "Mul",
  "Neg",
  "Pad",
  "QuantizeLinear",
  "Reshape",
  "Resize",
  "Slice",
  "Split",
  "Squeeze",
  "Sub",
  "Sum",
  "Transpose",
  "Unsqueeze",
];
/** Of them, those that change a number. */
const ARITHMETIC = ["Add", "BatchNormalization", "Conv", "DequantizeLinear", "Div", "Mul", "Sub"];

interface Frontier {
  /** Values that the network proper reads. */
  readonly names: readonly string[];
  readonly arithmetic: readonly NodeProto[];
  readonly readers: readonly NodeProto[];
}

/** Undefined where the graph reads its pixels as they are. */
export async function pixelArithmetic(
  { model, shapes }: PreparedGraph,
  image: string,
  channelAxis: number,
  run: GraphRunner,
): Promise<PixelArithmetic | undefined> {
  const view = new GraphView(model);
  const frontier = frontierOf(view, image);
  const shape = shapes.shapes.get(image);
  const largest = frontier.names
    .filter((name) => name !== image || frontier.arithmetic.length === 0)
    .map((name) => ({ name, size: sizeOf(shapes.shapes.get(name) ?? [0]) }))
    .sort((a, b) => b.size - a.size)[0];
  if (!shape || !largest) return undefined;
  const channels = shape[channelAxis] ?? 1;
  const isPerPicture = frontier.readers.some(
    (node) =>
      isOp(node, "InstanceNormalization", "MeanVarianceNormalization") ||
      // One mean for the picture or for each channel; one for each pixel makes it grey.
      (isOp(node, "ReduceMean") &&
        sizeOf(shapes.shapes.get(node.output[0] ?? "") ?? []) <= channels),
  );
  const nothing = { factor: Array(channels).fill(1), shift: Array(channels).fill(0) };
  if (frontier.arithmetic.length === 0) {
    return isPerPicture ? { ...nothing, isPerPicture } : undefined;
  }
  const part = serializeModel(cutGraph(model, [largest.name]));
  const type = elementTypeOf(view.input(image)!);
  const seen = async (channel?: number): Promise<number[]> => {
    const feed = evenPicture(shape, type, channelAxis, channel);
    return numbersOf((await run(part, { [image]: feed }, [largest.name]))[largest.name]!);
  };
  const black = await seen();
  const factor: number[] = [];
  const shift: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const lit = await seen(channel);
    const changed = [...lit.keys()].filter((i) => lit[i] !== black[i]);
    const mean = (of: (i: number) => number): number =>
      changed.reduce((sum, i) => sum + of(i), 0) / changed.length;
    factor.push(changed.length === 0 ? 0 : mean((i) => lit[i]! - black[i]!));
    shift.push(changed.length === 0 ? 0 : mean((i) => black[i]!));
  }
  const batchNorm = soleBatchNorm(view, frontier.arithmetic);
  return { factor, shift, isPerPicture, ...(batchNorm ? { batchNorm } : {}) };
}

/** The nodes that see one pixel at a time, and what stands behind them. */
function frontierOf(view: GraphView, image: string): Frontier {
  const fixed = inputIndependent(view);
  const reached = new Set([image]);
  const names = new Set<string>();
  const readers: NodeProto[] = [];
  const arithmetic: NodeProto[] = [];
  for (const node of view.nodes) {
    const data = nodeReads(node).filter((name) => reached.has(name));
    if (data.length === 0 || isOp(node, "Shape", "Size")) continue;
    const isPointwise =
      (isOp(node, ...POINTWISE) || isChannelScale(view, node)) &&
      node.input.every((name) => name === "" || reached.has(name) || fixed.has(name));
    if (isPointwise) {
      for (const name of node.output) if (name !== "") reached.add(name);
      if (isOp(node, ...ARITHMETIC)) arithmetic.push(node);
    } else {
      readers.push(node);
      for (const name of data) names.add(name);
    }
  }
  return { names: [...names], arithmetic, readers };
}

/** A 1 x 1 convolution with as many channels out as in: mean and deviation written as weights. */
function isChannelScale(view: GraphView, node: NodeProto): boolean {
  if (!isOp(node, "Conv")) return false;
  const dims = view.initializer(node.input[1] ?? "")?.dims.map(Number) ?? [];
  const group = Number(node.attribute.find(({ name }) => name === "group")?.i ?? 1);
  const [outputs = 0, perGroup = 0, ...kernel] = dims;
  return outputs <= 3 && outputs === perGroup * group && kernel.every((side) => side === 1);
}

function soleBatchNorm(
  view: GraphView,
  arithmetic: readonly NodeProto[],
): PixelArithmetic["batchNorm"] {
  const [node] = arithmetic;
  if (arithmetic.length !== 1 || !node || !isOp(node, "BatchNormalization")) return undefined;
  const [mean, variance] = [3, 4].map((i) => view.constant(node.input[i] ?? ""));
  return mean && variance ? { mean: numbersOf(mean), variance: numbersOf(variance) } : undefined;
}

/** A black picture, or one whose given channel is 1 everywhere. */
function evenPicture(
  shape: readonly number[],
  type: number,
  axis: number,
  channel: number | undefined,
): Tensor {
  const stride = sizeOf(shape.slice(axis + 1));
  const isLit = (i: number): boolean => Math.floor(i / stride) % (shape[axis] ?? 1) === channel;
  const length = sizeOf(shape);
  const ones = Uint8Array.from({ length }, (_, i) => (isLit(i) ? 1 : 0));
  switch (tensorTypeOf(type)) {
    case "uint8":
      return { dtype: "uint8", data: ones, shape };
    case "int8":
      return { dtype: "int8", data: Int8Array.from(ones), shape };
    case "int32":
      return { dtype: "int32", data: Int32Array.from(ones), shape };
    case "int64":
      return { dtype: "int64", data: BigInt64Array.from(ones, BigInt), shape };
    case "float64":
      return { dtype: "float64", data: Float64Array.from(ones), shape };
    case "float16":
      return { dtype: "float16", data: Uint16Array.from(ones, numberToHalf), shape };
    default:
      return { dtype: "float32", data: Float32Array.from(ones), shape };
  }
}
