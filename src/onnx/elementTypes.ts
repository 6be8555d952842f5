/** Element types of all values of a graph: the output type is the first input's unless the operator says otherwise. */
import type { GraphView } from "./graph.ts";
import { ELEMENT_TYPE, elementTypeOf } from "./proto.ts";
import type { NodeProto } from "./proto.ts";
import { attributeOf, intAttribute } from "./tensorData.ts";
import { isDefaultDomain } from "./validate.ts";

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
const unknown = always();

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
  DequantizeLinear: fromInput(1),
  DynamicQuantizeLinear: always(uint8, float32, uint8),
  MatMulInteger: always(int32),
  ConvInteger: always(int32),
  QLinearConv: fromInput(7),
  QLinearMatMul: fromInput(7),
  NonMaxSuppression: always(int64),
  SequenceConstruct: unknown,
  SequenceEmpty: unknown,
  SequenceInsert: unknown,
  SequenceErase: unknown,
  SequenceAt: unknown,
  SequenceLength: always(int64),
  SplitToSequence: unknown,
  ConcatFromSequence: unknown,
  Optional: unknown,
  OptionalGetElement: unknown,
  If: unknown,
  Loop: unknown,
  Scan: unknown,
};

/** ONNX element type number of every value; 0 where it can't be told (sequences, control flow). */
export function elementTypesOf(view: GraphView): Map<string, number> {
  const types = new Map<string, number>();
  for (const info of view.graph.input) types.set(info.name, elementTypeOf(info));
  for (const tensor of view.graph.initializer) types.set(tensor.name, tensor.dataType);
  for (const node of view.nodes) {
    const input: TypeOfInput = (index) => types.get(node.input[index] ?? "") ?? UNKNOWN;
    const rule = OUTPUT_TYPES[node.opType];
    const known = rule === undefined ? [input(0)] : rule(node, input);
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
