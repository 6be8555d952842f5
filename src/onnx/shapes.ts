/**
 * Shapes without shape rules: every value of a graph gets a Shape node, the graph runs once on inputs of the wanted
 * size, and the runtime itself tells all shapes. The same run returns the values that depend on shapes and constants
 * only (targets of Reshape, bounds of Slice, ...), so that everything later sees them as constants.
 */
import { LabError } from "../errors/labError.ts";
import { sizeOf } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementTypesOf, isOp } from "./elementTypes.ts";
import { GraphView, nodeReads } from "./graph.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import type { GraphRunner } from "./graph.ts";
import {
  ELEMENT_TYPE,
  declaredDims,
  elementTypeOf,
  graphOf,
  isDefaultDomain,
  makeNode,
  makeTensor,
  makeValueInfo,
  replaceGraph,
} from "./messages.ts";
import type { ModelProto, NodeProto, TensorProto } from "./messages.ts";
import { serializeModel } from "./file.ts";
import { numbersOf, protoFromTensor, tensorTypeOf } from "./tensorData.ts";

/** What is known of a graph's values once its input shapes are fixed. */
export interface ShapeTable {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** ONNX element type number of each value. */
  readonly types: ReadonlyMap<string, number>;
  /** Computed values that do not depend on the inputs' contents and steer an operator (axes, bounds, targets, ...). */
  readonly values: ReadonlyMap<string, Tensor>;
}

const SHAPE_PREFIX = "shape_of/";

/** Inputs (by index) that steer an operator and must be known to edit the graph around it; "all" means every input. */
const PARAMETER_INPUTS: Readonly<Record<string, readonly number[] | "all">> = {
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  Slice: [1, 2, 3, 4],
  Gather: [1],
  GatherElements: [1],
  GatherND: [1],
  ScatterND: [1],
  ScatterElements: [1],
  Pad: [1, 2, 3],
  Unsqueeze: [1],
  Squeeze: [1],
  Split: [1],
  ReduceSum: [1],
  ReduceMean: [1],
  ReduceMax: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceL1: [1],
  ReduceL2: [1],
  ReduceSumSquare: [1],
  ReduceLogSum: [1],
  ReduceLogSumExp: [1],
  Resize: [1, 2, 3],
  Upsample: [1],
  TopK: [1],
  Trilu: [1],
  CumSum: [1],
  Col2Im: [1, 2],
  OneHot: [1],
  Clip: [1, 2],
  Pow: [1],
  Dropout: [1, 2],
  CenterCropPad: [1],
  SplitToSequence: [1],
  SequenceAt: [1],
  SequenceInsert: [2],
  SequenceErase: [1],
  If: [0],
  Range: "all",
  ConstantOfShape: "all",
};
/** A steering value larger than this is left in the graph; none that steers a shape is. */
const LARGEST_PARAMETER = 1 << 22;

/** Numbers of one input: 16,384 x 16,384 pixels. What says more is damaged or hostile. */
const LARGEST_INPUT = 2 ** 28;

/** Operators whose output differs from run to run, so that one run proves nothing. */
const RANDOM_OPS = new Set([
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "Bernoulli",
  "Multinomial",
]);

/**
 * The model with the shapes of the named inputs made concrete. Stored shapes of inner values are dropped.
 * @throws LabError "graph-invalid" for an unknown input, a rank that differs, or a contradicting fixed dimension.
 */
export function fixInputShapes(
  model: ModelProto,
  shapes: Readonly<Record<string, readonly number[]>>,
): ModelProto {
  const graph = graphOf(model);
  for (const name of Object.keys(shapes)) {
    if (!graph.input.some((info) => info.name === name)) {
      throw new LabError("graph-invalid", `The graph has no input named "${name}".`, {
        hint: `Its inputs are: ${graph.input.map((info) => info.name).join(", ")}.`,
      });
    }
  }
  const input = graph.input.map((info) => {
    const shape = shapes[info.name];
    if (shape === undefined) return info;
    const declared = declaredDims(info);
    const fits =
      declared === undefined ||
      (declared.length === shape.length &&
        declared.every((dim, i) => typeof dim !== "number" || dim === shape[i]));
    if (!fits) {
      throw new LabError(
        "graph-invalid",
        `Input "${info.name}" has shape [${declared.join(", ")}] and cannot be [${shape.join(", ")}].`,
      );
    }
    return makeValueInfo(info.name, elementTypeOf(info), shape);
  });
  // Output shapes may hold the old symbols; the runtime infers them again.
  const output = graph.output.map((info) => makeValueInfo(info.name, elementTypeOf(info)));
  return replaceGraph(model, { input, output, valueInfo: [] });
}

/**
 * The model with outputs `shape_of/<value>` (int64, 1-D) for every value of its main graph, and with the computed
 * steering values as outputs under their own names. The original outputs are dropped.
 */
export function withShapeOutputs(model: ModelProto): ModelProto {
  const view = new GraphView(model);
  const parameters = computedParameters(view);
  const builder = new GraphBuilder(withoutLargeWeights(view, parameters));
  builder.setOutputs([]);
  const types = elementTypesOf(view);
  const probed = probedValues(view, types);
  // The runtime walks up from the last node that nobody reads, then from the one before. So the first value is asked about
  // last: otherwise the whole graph runs before any Shape does, with every value alive until then (6.0 GB instead of .6 for
  // an encoder of 93 million weights at 512 pixels).
  for (const name of probed.toReversed()) {
    builder.add("Shape", [name], { outputs: [SHAPE_PREFIX + name] });
  }
  for (const name of probed) builder.addOutput(SHAPE_PREFIX + name, ELEMENT_TYPE.int64);
  for (const name of parameters) {
    builder.addOutput(name, types.get(name) ?? ELEMENT_TYPE.undefined);
  }
  return builder.build();
}

/** Weights with more elements than this are not worth carrying into a run that only asks for shapes. */
const LARGE_WEIGHT = 16384;

/**
 * The model with zeros, made on the spot, for its large weights: their contents move no shape, and a probing model of a few
 * kilobytes loads at once. Weights that a steering value is computed from are kept, and whole numbers that are not known to
 * be weights.
 */
function withoutLargeWeights(view: GraphView, parameters: readonly string[]): ModelProto {
  const kept = new Set<string>();
  const stack = [...parameters];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (kept.has(name)) continue;
    kept.add(name);
    const producer = view.producer(name);
    // What is behind a Shape node matters by its shape only.
    if (producer !== undefined && !isOp(producer, "Shape", "Size")) {
      stack.push(...nodeReads(producer));
    }
  }
  const { float32, float16, int8, uint8 } = ELEMENT_TYPE;
  const bytesOf = (type: number) => (type === float32 ? 4 : type === float16 ? 2 : 1);
  // Of whole numbers, those whose readers have a kernel for them when they are no constants.
  const isWeight = ({ dataType, name }: TensorProto): boolean =>
    bytesOf(dataType) > 1 ||
    ((dataType === int8 || dataType === uint8) &&
      view
        .consumers(name)
        .every((node) => isOp(node, "MatMulInteger", "DequantizeLinear", "Gather")));
  const large = view.graph.initializer.filter(
    (tensor) =>
      isWeight(tensor) && sizeOf(tensor.dims.map(Number)) > LARGE_WEIGHT && !kept.has(tensor.name),
  );
  // Older sets have no ConstantOfShape.
  if (large.length === 0 || view.opset < 9) return view.model;
  const gone = new Set(large);
  const shapes = large.map((tensor, i) =>
    protoFromTensor(`shape_of_weight/${i}`, {
      dtype: "int64",
      data: BigInt64Array.from(tensor.dims),
      shape: [tensor.dims.length],
    }),
  );
  const zeros = large.map((tensor, i) => {
    const value = makeTensor("", tensor.dataType, [1], new Uint8Array(bytesOf(tensor.dataType)));
    return makeNode("ConstantOfShape", [`shape_of_weight/${i}`], [tensor.name], {
      attributes: { value: { tensor: value } },
    });
  });
  return replaceGraph(view.model, {
    node: [...zeros, ...view.graph.node],
    initializer: [...view.graph.initializer.filter((tensor) => !gone.has(tensor)), ...shapes],
    // A weight may also be declared as an input with a default.
    input: [...view.inputs],
  });
}

function probedValues(view: GraphView, types: ReadonlyMap<string, number>): string[] {
  const names = view.inputs.map((info) => info.name);
  for (const node of view.nodes) {
    for (const name of node.output) {
      // Sequences and optionals have no shape; their type is unknown to elementTypesOf.
      if (name !== "" && types.get(name) !== ELEMENT_TYPE.undefined) names.push(name);
    }
  }
  return names;
}

/** Names of node outputs that steer an operator and depend only on constants and input shapes. */
function computedParameters(view: GraphView): string[] {
  const fixed = inputIndependent(view);
  const isComputed = (name: string) => {
    const producer = view.producer(name);
    return producer !== undefined && producer.opType !== "Constant" && fixed.has(name);
  };
  return [...new Set(view.nodes.flatMap(steeringInputs).filter(isComputed))];
}

/** Whether a shape depends on what the inputs hold, as where empty tiles of a picture are left out. */
function shapesNeedContents(view: GraphView): boolean {
  const fixed = inputIndependent(view);
  return view.nodes.some(
    (node) =>
      isOp(node, "NonZero", "Compress", "Unique", "NonMaxSuppression", "Loop") ||
      steeringInputs(node).some((name) => !fixed.has(name)),
  );
}

function steeringInputs({ domain, opType, input }: NodeProto): readonly string[] {
  const which = isDefaultDomain(domain) ? PARAMETER_INPUTS[opType] : undefined;
  if (which === undefined) return [];
  return input.filter((name, i) => name !== "" && (which === "all" || which.includes(i)));
}

/** Values that are the same for any contents of the inputs, given their shapes. */
export function inputIndependent(view: GraphView): Set<string> {
  const fixed = new Set<string>(view.graph.initializer.map((tensor) => tensor.name));
  for (const node of view.nodes) {
    if (isFixedNode(node, fixed)) for (const name of node.output) fixed.add(name);
  }
  return fixed;
}

function isFixedNode(node: NodeProto, fixed: ReadonlySet<string>): boolean {
  if (RANDOM_OPS.has(node.opType)) return false;
  if (isDefaultDomain(node.domain) && (node.opType === "Shape" || node.opType === "Size")) {
    return true;
  }
  if (node.attribute.some((attribute) => attribute.g !== undefined)) return false;
  return node.input.every((name) => name === "" || fixed.has(name));
}

/** Where the probing run gets its inputs: shapes (filled with zeros) and, where contents matter, whole tensors. */
export interface ProbeInputs {
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  readonly feeds?: Readonly<Record<string, Tensor>>;
}

/**
 * Shapes and steering values of a model for the given inputs, by one run. A runner with "basic" graph optimisation is
 * best: with fixed input shapes it folds every asked value, so that nothing of the model is computed at all.
 * @throws LabError "graph-invalid" when an input stays without a concrete shape.
 */
export async function readShapes(
  model: ModelProto,
  runner: GraphRunner,
  inputs: ProbeInputs = {},
): Promise<ShapeTable> {
  const feeds = inputs.feeds ?? {};
  const fixed = fixInputShapes(model, {
    ...Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, t.shape])),
    ...inputs.shapes,
  });
  const view = new GraphView(fixed);
  const all = Object.fromEntries(
    view.inputs.map((info) => [info.name, feeds[info.name] ?? zeroInput(view, info.name)]),
  );
  // Folding computes nothing where shapes follow from shapes; elsewhere it only changes the order of the nodes.
  const run = shapesNeedContents(view) ? (runner.asWritten ?? runner) : runner;
  const results = await run(serializeModel(withShapeOutputs(fixed)), all);
  const shapes = new Map<string, readonly number[]>();
  const values = new Map<string, Tensor>();
  for (const [name, tensor] of Object.entries(results)) {
    if (name.startsWith(SHAPE_PREFIX)) {
      shapes.set(name.slice(SHAPE_PREFIX.length), numbersOf(tensor));
    } else if (tensor.data.length <= LARGEST_PARAMETER) {
      values.set(name, tensor);
    }
  }
  for (const tensor of view.graph.initializer) shapes.set(tensor.name, tensor.dims.map(Number));
  return { shapes, types: elementTypesOf(view), values };
}

function zeroInput(view: GraphView, name: string): Tensor {
  const info = view.input(name);
  const dims = info === undefined ? undefined : declaredDims(info);
  if (info === undefined || dims === undefined || dims.some((dim) => typeof dim !== "number")) {
    throw new LabError(
      "graph-invalid",
      `Input "${name}" has the open shape [${(dims ?? ["?"]).join(", ")}], and no size was given for it.`,
      { hint: "Give a shape for every input with symbolic dimensions." },
    );
  }
  const shape = dims as number[];
  const dtype = tensorTypeOf(elementTypeOf(info));
  const size = sizeOf(shape);
  if (!Number.isInteger(size) || size > LARGEST_INPUT) {
    throw new LabError(
      "graph-invalid",
      `Input "${name}" would be of the shape [${shape.join(", ")}], which is more than any input the lab makes.`,
      { hint: "Compare the sizes that the files beside the graph state with those of the model." },
    );
  }
  switch (dtype) {
    case "float32":
      return { dtype, shape, data: new Float32Array(size) };
    case "float16":
      return { dtype, shape, data: new Uint16Array(size) };
    case "float64":
      return { dtype, shape, data: new Float64Array(size) };
    case "int64":
      return { dtype, shape, data: new BigInt64Array(size) };
    case "int32":
      return { dtype, shape, data: new Int32Array(size) };
    case "int8":
      return { dtype, shape, data: new Int8Array(size) };
    case "uint8":
    case "bool":
      return { dtype, shape, data: new Uint8Array(size) };
    case undefined:
      throw new LabError(
        "graph-invalid",
        `Input "${name}" has an element type that cannot be fed.`,
      );
  }
}
