import { floatTensor } from "../../tensor/tensor.ts";
import { bytes, int, number, weights, x } from "./ruleCase.ts";
import type { RuleCase } from "./ruleCase.ts";

const one = (rule: RuleCase): RuleCase[] => [rule];
/** A function of one input, at values around `shift`. */
const unary = (scale = 1, shift = 0, opset = 17): RuleCase[] => [
  { inputs: [x([2, 3, 4], scale, shift)], opset },
];
/** Two inputs that broadcast against each other, both differentiated. */
const broadcast = (shift = 0, scale = 1): RuleCase[] => [
  { note: "same shape", inputs: [x([2, 3], scale, shift), x([2, 3], scale, shift)] },
  {
    note: "broadcast both ways",
    inputs: [x([2, 1, 4], scale, shift), x([3, 1], scale, shift)],
  },
  { note: "scalar", inputs: [x([], scale, shift), x([2, 3], scale, shift)] },
];

export const ELEMENTWISE_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Identity: unary(),
  Add: broadcast(),
  Sub: broadcast(),
  Mul: broadcast(),
  Div: broadcast(3, 0.3),
  Pow: [
    { note: "square", inputs: [x([2, 3]), number(2)] },
    { note: "cube", inputs: [x([2, 3]), number(3)] },
    { note: "root", inputs: [x([2, 3], 0.2, 2), number(0.5)] },
    { note: "first power", inputs: [x([2, 3]), number(1)] },
    { note: "negative power", inputs: [x([2, 3], 0.2, 2), number(-1.5)] },
    { note: "power per column", inputs: [x([2, 3], 0.2, 2), weights(3, [3])] },
    { note: "integer power", inputs: [x([2, 3]), int(2)] },
    { note: "both differentiated", inputs: [x([2, 3], 0.2, 2), x([3], 0.3, 1.5)] },
  ],
  Mod: one({
    inputs: [x([2, 3], 0.1, 5.5), x([3], 0.05, 2)],
    attributes: { fmod: { int: 1 } },
  }),
  Sum: one({ inputs: [x([2, 3]), x([3]), x([2, 1])] }),
  Mean: one({ inputs: [x([2, 3]), x([3]), x([2, 1])] }),
  Min: [
    { inputs: [x([4, 5], 1, -0.5), x([5]), x([4, 1])] },
    { note: "one constant", inputs: [x([4, 4]), number(0.1)] },
  ],
  Max: one({ inputs: [x([4, 5], 1, 0.5), x([5]), x([4, 1])] }),
  Where: one({
    inputs: [{ feed: bytes("bool", [1, 0, 1], [3]) }, x([2, 3]), x([2, 1])],
  }),
  Clip: [
    { inputs: [x([3, 5]), number(-0.4), number(0.7)] },
    { note: "lower bound only", inputs: [x([3, 5]), number(-0.4)] },
    { note: "upper bound only", inputs: [x([3, 5]), "absent", number(0.7)] },
  ],
  Neg: unary(),
  Abs: unary(),
  Sqrt: unary(0.3, 2),
  Reciprocal: unary(0.3, 2),
  Exp: unary(),
  Log: unary(0.3, 2),
  Sin: unary(),
  Cos: unary(),
  Tan: unary(0.4),
  Asin: unary(0.3),
  Acos: unary(0.3),
  Atan: unary(),
  Sinh: unary(),
  Cosh: unary(),
  Asinh: unary(),
  Acosh: unary(0.2, 2.5),
  Atanh: unary(0.3),
  Tanh: unary(),
  Erf: unary(),
  CumSum: [
    { inputs: [x([2, 4]), int(1)] },
    {
      note: "exclusive, reverse",
      inputs: [x([3, 4]), int(0)],
      attributes: { exclusive: { int: 1 }, reverse: { int: 1 } },
    },
  ],
  // To half precision and back is tested on whole graphs: its rounding defeats differences of float32 steps.
  Cast: one({ inputs: [x([2, 3])], attributes: { to: { int: 1 } } }),
  CastLike: one({
    inputs: [x([2, 3]), { constant: floatTensor(Float32Array.of(0), []) }],
  }),
};

export const ACTIVATION_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Relu: unary(),
  ThresholdedRelu: one({ inputs: [x([3, 4])], attributes: { alpha: { float: 0.3 } } }),
  LeakyRelu: [
    { inputs: [x([3, 4])] },
    { note: "own slope", inputs: [x([3, 4])], attributes: { alpha: { float: 0.3 } } },
  ],
  PRelu: one({ inputs: [x([2, 3, 4]), x([3, 1], 0.3)] }),
  Elu: one({ inputs: [x([3, 4])], attributes: { alpha: { float: 1.3 } } }),
  Selu: unary(),
  Celu: one({ inputs: [x([3, 4])], attributes: { alpha: { float: 1.7 } } }),
  Sigmoid: unary(),
  HardSigmoid: [
    { inputs: [x([3, 4], 2)] },
    { note: "falling", inputs: [x([3, 4], 2)], attributes: { alpha: { float: -0.4 } } },
  ],
  HardSwish: unary(3),
  Softplus: unary(),
  Softsign: unary(),
  Mish: unary(1, 0, 18),
  Gelu: [
    { note: "exact", inputs: [x([3, 4])], opset: 20 },
    {
      note: "tanh",
      inputs: [x([3, 4])],
      opset: 20,
      attributes: { approximate: { string: "tanh" } },
    },
  ],
  Shrink: one({
    inputs: [x([3, 4])],
    attributes: { lambd: { float: 0.4 }, bias: { float: 0.1 } },
  }),
};
