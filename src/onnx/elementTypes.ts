/** Element types of all values of a graph: the output type is the first input's unless the operator says otherwise. */
import type { GraphView } from "./graph.ts";
import { ELEMENT_TYPE, elementTypeOf, isDefaultDomain } from "./messages.ts";
import type { NodeProto } from "./messages.ts";
import { attributeOf, intAttribute } from "./tensorData.ts";

type TypeOfInput = (index: number) => number;

const { bool, float32, int32, int64, uint8 } = ELEMENT_TYPE;
const UNKNOWN = ELEMENT_TYPE.undefined;

function constantType(node: NodeProto): number {
  const value = attributeOf(node, "value")?.t;
  if (value !== undefined) return value.dataType;
  const first = node.attribute[0]?.name ?? "";
  if (first === "value_float" || first === "value_floats") return float32;
  return first === "value_int" || first === "value_ints" ? int64 : UNKNOWN;
}

const always =
  (...types: number[]) =>
  (): number[] =>
    types;
const fromAttribute =
  (name: string, fallback: number | "first") =>
  (node: NodeProto, input: TypeOfInput): number[] => [
    intAttribute(node, name, fallback === "first" ? input(0) : fallback),
  ];
const fromInput =
  (index: number) =>
  (_node: NodeProto, input: TypeOfInput): number[] => [input(index)];

/** Types of the outputs where they are not the first input's; a missing entry repeats the last one. */
const OUTPUT_TYPES: Readonly<
  Record<string, (node: NodeProto, input: TypeOfInput) => readonly number[]>
> = {
  Cast: fromAttribute("to", "first"),
  CastLike: fromInput(1),
  Shape: always(int64),
  Size: always(int64),
  NonZero: always(int64),
  ArgMax: always(int64),
  ArgMin: always(int64),
  Equal: always(bool),
  Greater: always(bool),
  GreaterOrEqual: always(bool),
  Less: always(bool),
  LessOrEqual: always(bool),
  And: always(bool),
  Or: always(bool),
  Xor: always(bool),
  Not: always(bool),
  IsNaN: always(bool),
  IsInf: always(bool),
  Where: fromInput(1),
  Constant: (node) => [constantType(node)],
  ConstantOfShape: (node) => [attributeOf(node, "value")?.t?.dataType ?? float32],
  EyeLike: fromAttribute("dtype", "first"),
  RandomNormal: fromAttribute("dtype", float32),
  RandomUniform: fromAttribute("dtype", float32),
  RandomNormalLike: fromAttribute("dtype", "first"),
  RandomUniformLike: fromAttribute("dtype", "first"),
  Bernoulli: fromAttribute("dtype", "first"),
  OneHot: fromInput(2),
  TopK: (_node, input) => [input(0), int64],
  MaxPool: (_node, input) => [input(0), int64],
  Unique: (_node, input) => [input(0), int64],
  Dropout: (_node, input) => [input(0), bool],
  LayerNormalization: (_node, input) => [input(0), float32],
  QuantizeLinear: (node, input) => [
    input(2) === UNKNOWN ? intAttribute(node, "output_dtype", uint8) : input(2),
  ],
  DequantizeLinear: (node, input) => [intAttribute(node, "output_dtype", 0) || input(1)],
  MatMulIntegerToFloat: fromInput(2),
  GatherBlockQuantized: fromInput(2),
  SimplifiedLayerNormalization: (_node, input) => [input(0), float32],
  SkipLayerNormalization: (_node, input) => [input(0), float32, float32, input(0)],
  SkipSimplifiedLayerNormalization: (_node, input) => [input(0), float32, float32, input(0)],
  DynamicQuantizeLinear: always(uint8, float32, uint8),
  MatMulInteger: always(int32),
  ConvInteger: always(int32),
  QLinearConv: fromInput(7),
  QLinearMatMul: fromInput(7),
  NonMaxSuppression: always(int64),
  SequenceLength: always(int64),
  OptionalHasElement: always(bool),
};

/** Operators that put tensors into a sequence or an optional, by the input whose element type it then has. */
const MAKES_CONTAINER: Readonly<Record<string, number>> = {
  SequenceConstruct: 0,
  SplitToSequence: 0,
  SequenceInsert: 0,
  SequenceErase: 0,
  SequenceEmpty: -1,
  SequenceMap: -1,
  Optional: 0,
};

/** Operators that take a tensor out of one. */
const OPENS_CONTAINER: ReadonlySet<string> = new Set([
  "SequenceAt",
  "ConcatFromSequence",
  "OptionalGetElement",
]);

/** What a subgraph declares of the outputs that become the node's; a Loop's first one is its condition. */
function controlFlowTypes(node: NodeProto): number[] | undefined {
  if (!isOp(node, "If", "Loop", "Scan")) return undefined;
  const body = attributeOf(node, isOp(node, "If") ? "then_branch" : "body")?.g;
  const types = body?.output.map(elementTypeOf) ?? [];
  const outputs = isOp(node, "Loop") ? types.slice(1) : types;
  return node.output.map((_, i) => outputs[i] ?? UNKNOWN);
}

/** ONNX element type number of every value; 0 where it can't be told (sequences, control flow). */
export function elementTypesOf(view: GraphView): Map<string, number> {
  const types = new Map<string, number>();
  for (const info of view.graph.input) types.set(info.name, elementTypeOf(info));
  for (const tensor of view.graph.initializer) types.set(tensor.name, tensor.dataType);
  /** Element types inside sequences and optionals, which have no type of their own here. */
  const inside = new Map<string, number>();
  for (const node of view.nodes) {
    const input: TypeOfInput = (index) => types.get(node.input[index] ?? "") ?? UNKNOWN;
    const container = inside.get(node.input[0] ?? "");
    const makes = isDefaultDomain(node.domain) ? MAKES_CONTAINER[node.opType] : undefined;
    if (makes !== undefined || (container !== undefined && isOp(node, "Identity"))) {
      const [output = ""] = node.output;
      inside.set(output, container ?? input(makes ?? 0));
      types.set(output, UNKNOWN);
      continue;
    }
    const isOpened = isDefaultDomain(node.domain) && OPENS_CONTAINER.has(node.opType);
    const rule = OUTPUT_TYPES[node.opType];
    const known = isOpened
      ? [container ?? UNKNOWN]
      : (controlFlowTypes(node) ?? rule?.(node, input) ?? [input(0)]);
    node.output.forEach((name, i) => {
      if (name !== "") types.set(name, known[i] ?? known.at(-1) ?? UNKNOWN);
    });
  }
  // What the file declares settles what the table cannot tell.
  for (const info of [...view.graph.valueInfo, ...view.graph.output]) {
    if ((types.get(info.name) ?? UNKNOWN) === UNKNOWN) types.set(info.name, elementTypeOf(info));
  }
  return types;
}

/** True for element types that carry gradients. */
export function isFloatType(elementType: number): boolean {
  return (
    elementType === ELEMENT_TYPE.float32 ||
    elementType === ELEMENT_TYPE.float16 ||
    elementType === ELEMENT_TYPE.float64 ||
    elementType === ELEMENT_TYPE.bfloat16
  );
}

/** True when a node belongs to the default operator set and has this type. */
export function isOp(node: NodeProto, ...opTypes: string[]): boolean {
  return isDefaultDomain(node.domain) && opTypes.includes(node.opType);
}
