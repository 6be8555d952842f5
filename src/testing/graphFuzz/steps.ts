/** Operators that a random graph may grow by: arithmetic, movement, reductions and normalizations. */
import type { AttributeValue } from "../../onnx/messages.ts";
import type { Grower, Step, Value } from "./grower.ts";
import { replaced } from "./grower.ts";

const unary =
  (op: string, attributes?: (g: Grower) => Record<string, AttributeValue>): Step =>
  (g, v) =>
    g.same(v, op, attributes?.(g));

/** f(|x| + 1): for operators that need positive numbers. */
const positive =
  (op: string): Step =>
  (g, v) => {
    const safe = g.op("Add", [g.op("Abs", [v.name]), g.scalar(1)]);
    return { name: g.op(op, [safe]), shape: v.shape };
  };

const withNoise =
  (op: string, shift = 0): Step =>
  (g, v) => {
    const shape = v.shape.map((dim) => (g.random.chance(0.3) ? 1 : dim));
    const other = g.noise(g.random.chance(0.3) ? [] : shape, 1, shift);
    const sides = g.random.chance(0.5) ? [v.name, other] : [other, v.name];
    return { name: g.op(op, shift === 0 ? sides : [v.name, other]), shape: v.shape };
  };

/** Joined with a value made before, so that more than one path leads to the loss. */
const withEarlier =
  (op: string): Step =>
  (g, v) => {
    const fitting = g.earlier.filter(({ shape }) => shape.join() === v.shape.join());
    if (fitting.length === 0) return undefined;
    return { name: g.op(op, [v.name, g.pick(fitting).name]), shape: v.shape };
  };

const float = (value: number): AttributeValue => ({ float: value });
const int = (value: number): AttributeValue => ({ int: value });

const reduce =
  (op: string, since: number): Step =>
  (g, v) => {
    if (v.shape.length === 0) return undefined;
    const axis = g.axis(v);
    const keeps = g.random.chance(0.6);
    const keepdims = int(keeps ? 1 : 0);
    if (g.opset >= since && g.random.chance(0.15)) {
      return {
        name: g.op(op, [v.name], { noop_with_empty_axes: int(1), keepdims }),
        shape: v.shape,
      };
    }
    const axes = ["axes", [g.written(axis, v.shape.length)]] as const;
    return {
      name: g.withInts([op, since], v, axes, { keepdims }),
      shape: keeps ? replaced(v.shape, axis, 1) : v.shape.filter((_, i) => i !== axis),
    };
  };

const ARITHMETIC: Readonly<Record<string, Step>> = {
  Sin: unary("Sin"),
  Tanh: unary("Tanh"),
  Sigmoid: unary("Sigmoid"),
  Abs: unary("Abs"),
  Neg: unary("Neg"),
  Relu: unary("Relu"),
  Softplus: unary("Softplus"),
  Erf: unary("Erf"),
  Elu: unary("Elu", (g) => ({ alpha: float(g.pick([0.5, 1, 2])) })),
  LeakyRelu: unary("LeakyRelu", () => ({ alpha: float(0.3) })),
  HardSigmoid: unary("HardSigmoid", (g) => ({ alpha: float(g.pick([0.2, -0.3])) })),
  Floor: (g, v) => ({ name: g.op("Add", [g.op("Floor", [v.name]), v.name]), shape: v.shape }),
  Sqrt: positive("Sqrt"),
  Log: positive("Log"),
  Reciprocal: positive("Reciprocal"),
  Add: withNoise("Add"),
  Sub: withNoise("Sub"),
  Mul: withNoise("Mul"),
  Max: withNoise("Max"),
  Div: withNoise("Div", 4),
  "Add earlier": withEarlier("Add"),
  "Mul earlier": withEarlier("Mul"),
  "Min earlier": withEarlier("Min"),
  Pow: (g, v) => ({ name: g.op("Pow", [v.name, g.scalar(g.pick([2, 3]))]), shape: v.shape }),
  Clip: (g, v) => {
    const [low, high] = [-0.6, g.pick([0.5, 1.5])];
    return g.opset < 11
      ? g.same(v, "Clip", { min: float(low), max: float(high) })
      : { name: g.op("Clip", [v.name, g.scalar(low), g.scalar(high)]), shape: v.shape };
  },
  Where: (g, v) => {
    const condition = g.op("Greater", [v.name, g.scalar(0.2)]);
    const inside = g.op("Mul", [v.name, v.name]);
    return { name: g.op("Where", [condition, inside, v.name]), shape: v.shape };
  },
  CastLike: (g, v) =>
    g.opset < 15
      ? undefined
      : { name: g.op("Mul", [g.op("CastLike", [g.scalar(1.5), v.name]), v.name]), shape: v.shape },
};

const MOVEMENT: Readonly<Record<string, Step>> = {
  Transpose: (g, v) => {
    const order = v.shape.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = g.random.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const shape = order.map((axis) => v.shape[axis]!);
    return { name: g.op("Transpose", [v.name], { perm: { ints: order } }), shape };
  },
  Flatten: (g, v) => {
    const axis = g.random.integer(v.shape.length + 1);
    const [before, after] = [v.shape.slice(0, axis), v.shape.slice(axis)].map((part) =>
      part.reduce((a, b) => a * b, 1),
    );
    return { name: g.op("Flatten", [v.name], { axis: int(axis) }), shape: [before!, after!] };
  },
  Slice: (g, v) => {
    if (v.shape.length === 0) return undefined;
    const axis = g.axis(v);
    const size = v.shape[axis]!;
    const start = g.random.integer(size);
    const end = g.int(start + 1, size);
    const written = g.written(axis, v.shape.length);
    if (g.opset >= 10) {
      const bounds = [[start], [end], [written]].map((values) => g.b.ints(values));
      return {
        name: g.op("Slice", [v.name, ...bounds]),
        shape: replaced(v.shape, axis, end - start),
      };
    }
    const attributes = { starts: { ints: [start] }, ends: { ints: [end] }, axes: { ints: [axis] } };
    return {
      name: g.op("Slice", [v.name], attributes),
      shape: replaced(v.shape, axis, end - start),
    };
  },
  Backwards: (g, v) => {
    if (v.shape.length === 0 || g.opset < 10) return undefined;
    const axis = g.axis(v);
    const bounds = [[-1], [-100], [axis], [-1]].map((values) => g.b.ints(values));
    return { name: g.op("Slice", [v.name, ...bounds]), shape: v.shape };
  },
  Pad: (g, v) => {
    const mode = g.pick(["constant", "reflect", "edge", ...(g.opset >= 19 ? ["wrap"] : [])]);
    if (v.shape.length === 0 || (mode === "reflect" && Math.min(...v.shape) < 3)) return undefined;
    const before = v.shape.map(() => g.int(mode === "constant" ? -0 : 0, 1));
    const after = v.shape.map((dim) => (dim > 3 && g.random.chance(0.3) ? -1 : g.int(0, 1)));
    const shape = v.shape.map((dim, i) => dim + before[i]! + after[i]!);
    const pads = ["pads", [...before, ...after]] as const;
    return { name: g.withInts(["Pad", 11], v, pads, { mode: { string: mode } }), shape };
  },
  Concat: (g, v) => {
    if (v.shape.length === 0) return undefined;
    const axis = g.axis(v);
    const other = g.op("Sin", [v.name]);
    const shape = replaced(v.shape, axis, 2 * v.shape[axis]!);
    return { name: g.op("Concat", [v.name, other], { axis: int(axis) }), shape };
  },
  Split: (g, v) => {
    const axis = v.shape.findIndex((dim) => dim >= 2);
    if (axis < 0) return undefined;
    const sizes = [1, v.shape[axis]! - 1];
    const inputs = g.opset < 13 ? [v.name] : [v.name, g.b.ints(sizes)];
    const attributes = { axis: int(axis), ...(g.opset < 13 ? { split: { ints: sizes } } : {}) };
    const pieces = g.b.addMany("Split", inputs, { outputs: 2, attributes });
    g.earlier.push({ name: pieces[0]!, shape: replaced(v.shape, axis, 1) });
    return { name: pieces[1]!, shape: replaced(v.shape, axis, sizes[1]!) };
  },
  "Squeeze and back": (g, v) => {
    const wide = g.withInts(["Unsqueeze", 13], v, ["axes", [0]]);
    const value = { name: g.op("Tanh", [wide]), shape: [1, ...v.shape] };
    return { name: g.withInts(["Squeeze", 13], value, ["axes", [0]]), shape: v.shape };
  },
  Expand: (g, v) => {
    const shape = [2, ...v.shape];
    return { name: g.op("Expand", [v.name, g.b.ints(shape)]), shape };
  },
  Gather: (g, v) => {
    if (v.shape.length === 0) return undefined;
    const axis = g.axis(v);
    const indices = Array.from({ length: g.int(1, 4) }, () => g.random.integer(v.shape[axis]!));
    const name = g.op("Gather", [v.name, g.b.ints(indices)], { axis: int(axis) });
    return { name, shape: replaced(v.shape, axis, indices.length) };
  },
  TopK: (g, v) => {
    if (v.shape.length === 0) return undefined;
    const axis = v.shape.length - 1;
    const k = g.int(1, v.shape[axis]!);
    const inputs = g.opset < 10 ? [v.name] : [v.name, g.b.ints([k])];
    const attributes = { axis: int(axis), ...(g.opset < 10 ? { k: int(k) } : {}) };
    const [name = ""] = g.b.addMany("TopK", inputs, { outputs: 2, attributes });
    return { name, shape: replaced(v.shape, axis, k) };
  },
};

const REDUCTIONS: Readonly<Record<string, Step>> = {
  ReduceSum: reduce("ReduceSum", 13),
  ReduceMean: reduce("ReduceMean", 18),
  ReduceMax: reduce("ReduceMax", 18),
  ReduceL1: reduce("ReduceL1", 18),
  ReduceL2: reduce("ReduceL2", 18),
  ReduceSumSquare: reduce("ReduceSumSquare", 18),
  ReduceLogSumExp: reduce("ReduceLogSumExp", 18),
  ReduceProd: reduce("ReduceProd", 18),
};

const softmax =
  (op: string): Step =>
  (g, v) =>
    v.shape.length === 0
      ? undefined
      : g.same(v, op, g.random.chance(0.2) ? {} : { axis: int(g.axis(v)) });

const NORMALIZATIONS: Readonly<Record<string, Step>> = {
  Softmax: (g, v) => (v.shape.length < 2 ? undefined : softmax("Softmax")(g, v)),
  LogSoftmax: (g, v) => (v.shape.length < 2 ? undefined : softmax("LogSoftmax")(g, v)),
  LpNormalization: (g, v) =>
    v.shape.length === 0
      ? undefined
      : g.same(v, "LpNormalization", { p: int(g.int(1, 2)), axis: int(g.axis(v)) }),
  LayerNormalization: (g, v): Value | undefined => {
    const size = v.shape.at(-1) ?? 1;
    if (g.opset < 17 || v.shape.length === 0 || size < 2) return undefined;
    const outputs = g.b.addMany("LayerNormalization", [v.name, g.noise([size]), g.noise([size])], {
      outputs: 3,
      attributes: { epsilon: float(0.1) },
    });
    if (g.random.chance(0.5)) return { name: outputs[0]!, shape: v.shape };
    // Its statistics count too.
    const sum = g.op("Add", [outputs[0]!, g.op("Mul", [outputs[1]!, outputs[2]!])]);
    return { name: sum, shape: v.shape };
  },
};

export const STEPS: Readonly<Record<string, Step>> = {
  ...ARITHMETIC,
  ...MOVEMENT,
  ...REDUCTIONS,
  ...NORMALIZATIONS,
};
