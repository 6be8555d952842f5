/** What changed in ONNX's operators between sets 7 and 16, one rule each, and the operators in which nothing did. */
import type { Tensor } from "../tensor/tensor.ts";
import type { GraphBuilder } from "./graphBuilder.ts";
import { ELEMENT_TYPE, makeNode, withNodeFields } from "./messages.ts";
import type { Attributes, NodeProto } from "./messages.ts";
import {
  attributeOf,
  floatAttribute,
  intAttribute,
  intsAttribute,
  numberToHalf,
  numbersOf,
  textAttribute,
} from "./tensorData.ts";

export interface UpgradeContext {
  /** Takes the constants that rules make. */
  readonly builder: GraphBuilder;
  /** Operator set of the model. */
  readonly opset: number;
  readonly typeOf: (name: string) => number;
  readonly rankOf: (name: string) => number | undefined;
  readonly valueOf: (name: string) => Tensor | undefined;
  /** Whether a node or an output of the graph takes the value. */
  readonly isRead: (name: string) => boolean;
}

/** The node in its newer form; undefined where that is not known to be the same. */
type Upgrade = (node: NodeProto, context: UpgradeContext) => NodeProto[] | undefined;

const without = (node: NodeProto, ...names: string[]): NodeProto["attribute"] =>
  node.attribute.filter(({ name }) => !names.includes(name));

const input = (node: NodeProto, index: number): string => node.input[index] ?? "";

/** An attribute of whole numbers that became the next input. */
function attributeToInput(name: string, since: number): Upgrade {
  return (node, { builder, opset }) => {
    const values = intsAttribute(node, name);
    if (opset >= since || values === undefined) return [node];
    return [
      withNodeFields(node, {
        input: [input(node, 0), builder.ints(values)],
        attribute: without(node, name),
      }),
    ];
  };
}

/** A scalar of the element type of a value; undefined for types no rule writes. */
function scalarLike(context: UpgradeContext, value: number, like: string): string | undefined {
  const { builder } = context;
  switch (context.typeOf(like)) {
    case ELEMENT_TYPE.float32:
      return builder.float(value);
    case ELEMENT_TYPE.float16: {
      const data = Uint16Array.of(numberToHalf(value));
      return builder.constant({ dtype: "float16", data, shape: [] });
    }
    case ELEMENT_TYPE.float64:
      return builder.constant({ dtype: "float64", data: Float64Array.of(value), shape: [] });
    default:
      return undefined;
  }
}

const clip: Upgrade = (node, context) => {
  if (context.opset >= 11) return [node];
  const bounds = ["min", "max"].map((name) => {
    const bound = attributeOf(node, name)?.f;
    return bound === undefined ? "" : scalarLike(context, bound, input(node, 0));
  });
  if (bounds.includes(undefined)) return undefined;
  const inputs = [input(node, 0), ...(bounds as string[])];
  return [withNodeFields(node, { input: inputs, attribute: without(node, "min", "max") })];
};

const slice: Upgrade = (node, { builder, opset }) => {
  if (opset >= 10) return [node];
  const [starts, ends, axes] = ["starts", "ends", "axes"].map((name) => intsAttribute(node, name));
  if (starts === undefined || ends === undefined) return undefined;
  const bounds = axes === undefined ? [starts, ends] : [starts, ends, axes];
  return [
    withNodeFields(node, {
      input: [input(node, 0), ...bounds.map((values) => builder.ints(values))],
      attribute: [],
    }),
  ];
};

const pad: Upgrade = (node, context) => {
  if (context.opset >= 11) return [node];
  const pads = intsAttribute(node, "pads");
  const value = scalarLike(context, floatAttribute(node, "value", 0), input(node, 0));
  if (pads === undefined || value === undefined) return undefined;
  return [
    withNodeFields(node, {
      input: [input(node, 0), context.builder.ints(pads), value],
      attribute: without(node, "pads", "value"),
    }),
  ];
};

const topK: Upgrade = (node, { builder, opset }) => {
  if (opset >= 10) return [node];
  const k = intAttribute(node, "k", 0);
  return [
    withNodeFields(node, {
      input: [input(node, 0), builder.ints([k])],
      attribute: without(node, "k"),
    }),
  ];
};

const dropout: Upgrade = (node, { opset, isRead }) => {
  if (opset >= 12) return [node];
  // The mask had the data's type below set 10, and in sets 10 and 11 the runtime fills it with zeros: from 12 on with ones.
  if (isRead(node.output[1] ?? "")) return undefined;
  const [y = ""] = node.output;
  return [withNodeFields(node, { output: [y], attribute: without(node, "ratio") })];
};

const batchNormalization: Upgrade = (node, { opset }) => {
  if (intAttribute(node, "spatial", 1) !== 1) return undefined;
  // More outputs than one meant training.
  if (opset < 14 && node.output.length > 1) return undefined;
  return [withNodeFields(node, { attribute: without(node, "spatial") })];
};

/** Softmax and its kin took everything from `axis` (default 1) on as one row; now they take the one axis (default last). */
const rowwise: Upgrade = (node, { builder, opset, rankOf }) => {
  if (opset >= 13) return [node];
  const axis = intAttribute(node, "axis", 1);
  const [x, y] = [input(node, 0), node.output[0] ?? ""];
  const last: Attributes = { axis: { int: -1 } };
  if (axis === -1 || rankOf(x) === axis + 1) {
    return [makeNode(node.opType, [x], [y], { name: node.name, attributes: last })];
  }
  const [rows, done, shape] = ["rows", "done", "shape"].map((part) =>
    builder.fresh(`${y}/${part}`),
  );
  const name = (part: string): string => builder.fresh(`${node.name || y}/${part}`);
  return [
    makeNode("Shape", [x], [shape!], { name: name("Shape") }),
    makeNode("Flatten", [x], [rows!], {
      name: name("Flatten"),
      attributes: { axis: { int: axis } },
    }),
    makeNode(node.opType, [rows!], [done!], { name: node.name, attributes: last }),
    makeNode("Reshape", [done!, shape!], [y], { name: name("Reshape") }),
  ];
};

/** Upsample, and Resize of set 10: coordinates o / scale, cut off when growing and rounded up when shrinking. */
function resizeFrom(scales: (node: NodeProto, context: UpgradeContext) => string): Upgrade {
  return (node, context) => {
    if (node.opType === "Resize" && context.opset >= 11) return [node];
    const mode = textAttribute(node, "mode", "nearest");
    const name = scales(node, context);
    let nearest = "floor";
    if (mode === "nearest") {
      const value = context.valueOf(name);
      if (value === undefined) return undefined;
      const factors = numbersOf(value);
      if (factors.some((factor) => factor < 1)) nearest = "ceil";
      if (nearest === "ceil" && factors.some((factor) => factor > 1)) return undefined;
    }
    return [
      makeNode("Resize", [input(node, 0), "", name], node.output, {
        name: node.name,
        attributes: {
          mode: { string: mode },
          coordinate_transformation_mode: { string: "asymmetric" },
          nearest_mode: { string: nearest },
        },
      }),
    ];
  };
}

const upsampleScales = (node: NodeProto, { builder }: UpgradeContext): string => {
  const scales = attributeOf(node, "scales")?.floats;
  if (scales === undefined) return input(node, 1);
  const data = Float32Array.from(scales);
  return builder.constant({ dtype: "float32", data, shape: [data.length] });
};

export const UPGRADES: Readonly<Record<string, Upgrade>> = {
  Clip: clip,
  Slice: slice,
  Pad: pad,
  TopK: topK,
  Dropout: dropout,
  BatchNormalization: batchNormalization,
  Softmax: rowwise,
  LogSoftmax: rowwise,
  Hardmax: rowwise,
  Squeeze: attributeToInput("axes", 13),
  Unsqueeze: attributeToInput("axes", 13),
  ReduceSum: attributeToInput("axes", 13),
  Split: attributeToInput("split", 13),
  Upsample: resizeFrom(upsampleScales),
  Resize: resizeFrom((node) => input(node, 1)),
  Scatter: (node) => [
    makeNode("ScatterElements", node.input, node.output, {
      name: node.name,
      attributes: { axis: { int: intAttribute(node, "axis", 0) } },
    }),
  ],
  // Set 8 gave it an input more.
  Scan: (node, { opset }) => (opset < 9 ? undefined : [node]),
  RoiAlign: (node, { opset }) => (opset < 16 ? undefined : [node]),
};

/** Operators whose newer forms only took more element types, negative axes, or options with the old meaning by default. */
export const SAME_OPERATORS: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BitShift Cast CastLike Ceil Celu Compress Concat
  ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear
  Det Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND
  Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity If
  InstanceNormalization IsInf IsNaN LRN LSTM LeakyRelu Less LessOrEqual Log Loop LpNormalization LpPool MatMul
  MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mod Mul Neg NonMaxSuppression NonZero Not OneHot Optional
  OptionalGetElement OptionalHasElement Or PRelu Pow QLinearConv QLinearMatMul QuantizeLinear RNN RandomNormal
  RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
  ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare Relu Reshape ReverseSequence Round ScatterElements ScatterND
  Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Shrink Sigmoid Sign
  Sin Sinh Size Softplus Softsign SpaceToDepth SplitToSequence Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile Transpose Trilu
  Unique Where Xor`.split(/\s+/),
);
