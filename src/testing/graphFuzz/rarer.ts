/** Rarer operators that a random graph may grow by: indices, scattering, pictures taken apart, other norms. */
import { int64Tensor, sizeOf } from "../../tensor/tensor.ts";
import type { Grower, Step, Value } from "./grower.ts";
import { replaced } from "./grower.ts";

const indices = (g: Grower, shape: readonly number[], below: number): string =>
  g.b.constant(
    int64Tensor(
      Array.from({ length: sizeOf(shape) }, () => g.random.integer(below)),
      shape,
    ),
  );

const since =
  (opset: number, step: Step): Step =>
  (g, v) =>
    g.opset < opset ? undefined : step(g, v);

const ranked =
  (least: number, step: Step): Step =>
  (g, v) =>
    v.shape.length < least ? undefined : step(g, v);

/** A value with a batch, channels and pixels. */
const channelled = (step: Step): Step => ranked(3, step);

function scatter(g: Grower, v: Value, op: string, reduction: string): Value {
  const rows = g.int(1, 3);
  const shape = [rows, ...v.shape.slice(1)];
  // Without a reduction no entry may be written twice.
  const places =
    reduction === "none"
      ? g.b.constant(int64Tensor([g.random.integer(v.shape[0]!)], [1, 1]))
      : indices(g, [rows, 1], v.shape[0]!);
  const updates = reduction === "none" ? [1, ...v.shape.slice(1)] : shape;
  const attributes = reduction === "none" ? {} : { reduction: { string: reduction } };
  return { name: g.op(op, [v.name, places, g.noise(updates)], attributes), shape: v.shape };
}

export const RARER: Readonly<Record<string, Step>> = {
  GatherElements: since(
    11,
    ranked(1, (g, v) => {
      const axis = g.axis(v);
      const shape = replaced(v.shape, axis, g.int(1, 4));
      const name = g.op("GatherElements", [v.name, indices(g, shape, v.shape[axis]!)], {
        axis: { int: axis },
      });
      return { name, shape };
    }),
  ),
  GatherND: since(
    12,
    ranked(2, (g, v) => {
      const name = g.op("GatherND", [v.name, indices(g, [3, 1], v.shape[0]!)]);
      return { name, shape: [3, ...v.shape.slice(1)] };
    }),
  ),
  ScatterND: since(
    11,
    ranked(1, (g, v) => scatter(g, v, "ScatterND", "none")),
  ),
  "ScatterND with a reduction": since(
    18,
    ranked(1, (g, v) => scatter(g, v, "ScatterND", g.pick(["add", "mul", "max", "min"]))),
  ),
  "Gather at run time": since(
    13,
    ranked(1, (g, v) => {
      // The largest entry's place: which one it is does not move with small steps.
      const flat = g.op("Reshape", [v.name, g.b.ints([-1])]);
      const place = g.op("ArgMax", [flat], { axis: { int: 0 }, keepdims: { int: 1 } });
      return { name: g.op("Mul", [v.name, g.op("Gather", [flat, place])]), shape: v.shape };
    }),
  ),
  CumSum: since(
    11,
    ranked(1, (g, v) => {
      const axis = g.b.int(g.axis(v));
      const attributes = { exclusive: { int: g.int(0, 1) }, reverse: { int: g.int(0, 1) } };
      return { name: g.op("CumSum", [v.name, axis], attributes), shape: v.shape };
    }),
  ),
  Tile: ranked(1, (g, v) => {
    const repeats = v.shape.map(() => g.int(1, 2));
    const shape = v.shape.map((dim, i) => dim * repeats[i]!);
    return { name: g.op("Tile", [v.name, g.b.ints(repeats)]), shape };
  }),
  Einsum: since(
    12,
    ranked(2, (g, v) => {
      if (v.shape.length !== 2) return undefined;
      const [rows = 1, columns = 1] = v.shape;
      if (rows === columns && g.random.chance(0.7)) {
        return { name: g.op("Einsum", [v.name], { equation: { string: "ii->i" } }), shape: [rows] };
      }
      const name = g.op("Einsum", [v.name, g.noise([columns, 3])], {
        equation: { string: "ij,jk->ki" },
      });
      return { name, shape: [3, rows] };
    }),
  ),
  OneHot: since(
    11,
    ranked(1, (g, v) => {
      const sum = g.op("ReduceMean", [v.name], { keepdims: { int: 0 } });
      const both = [sum, g.op("Sin", [sum])].map((x) => g.op("Reshape", [x, g.b.ints([1])]));
      const values = g.op("Concat", both, { axis: { int: 0 } });
      const name = g.op("OneHot", [indices(g, [3], 4), g.b.ints([4]), values]);
      return { name, shape: [3, 4] };
    }),
  ),
  PRelu: ranked(1, (g, v) => ({
    name: g.op("PRelu", [v.name, g.noise([v.shape.at(-1)!])]),
    shape: v.shape,
  })),
  Selu: (g, v) => g.same(v, "Selu"),
  Softsign: (g, v) => g.same(v, "Softsign"),
  ThresholdedRelu: since(10, (g, v) => g.same(v, "ThresholdedRelu", { alpha: { float: 0.4 } })),
  Shrink: (g, v) => g.same(v, "Shrink", { lambd: { float: 0.3 }, bias: { float: 0.1 } }),
  Hardmax: ranked(2, (g, v) => ({
    name: g.op("Mul", [v.name, g.op("Hardmax", [v.name], { axis: { int: 1 } })]),
    shape: v.shape,
  })),
  Mish: since(18, (g, v) => g.same(v, "Mish")),
  Gelu: since(20, (g, v) =>
    g.same(v, "Gelu", { approximate: { string: g.pick(["none", "tanh"]) } }),
  ),
  HardSwish: since(14, (g, v) => g.same(v, "HardSwish")),
  Trilu: since(
    14,
    ranked(2, (g, v) => g.same(v, "Trilu", { upper: { int: g.int(0, 1) } })),
  ),
  Dropout: (g, v) => g.same(v, "Dropout", g.opset < 12 ? { ratio: { float: 0.4 } } : {}),
  "Variadic Mean": ranked(1, (g, v) => ({
    name: g.op("Mean", [v.name, g.noise(v.shape), g.op("Sin", [v.name])]),
    shape: v.shape,
  })),
  InstanceNormalization: channelled((g, v) => {
    if (v.shape.slice(2).reduce((a, b) => a * b, 1) < 3) return undefined;
    const channels = [v.shape[1]!];
    const inputs = [v.name, g.noise(channels), g.noise(channels)];
    return {
      name: g.op("InstanceNormalization", inputs, { epsilon: { float: 0.1 } }),
      shape: v.shape,
    };
  }),
  BatchNormalization: channelled((g, v) => {
    const channels = [v.shape[1]!];
    const spread = g.floats(channels.flatMap((n) => Array.from({ length: n }, (_, i) => 0.5 + i)));
    const inputs = [v.name, g.noise(channels), g.noise(channels), g.noise(channels), spread];
    return { name: g.op("BatchNormalization", inputs), shape: v.shape };
  }),
  LRN: ranked(4, (g, v) => g.same(v, "LRN", { size: { int: 3 }, alpha: { float: 0.5 } })),
  MeanVarianceNormalization: ranked(4, (g, v) =>
    v.shape[0]! * v.shape[2]! * v.shape[3]! < 4
      ? undefined
      : g.same(v, "MeanVarianceNormalization"),
  ),
  SpaceToDepth: ranked(4, (g, v) => {
    const [batch = 1, channels = 1, height = 1, width = 1] = v.shape;
    if ((height % 2) + (width % 2) > 0) return undefined;
    const name = g.op("SpaceToDepth", [v.name], { blocksize: { int: 2 } });
    return { name, shape: [batch, channels * 4, height / 2, width / 2] };
  }),
  DepthToSpace: since(
    11,
    ranked(4, (g, v) => {
      const [batch = 1, channels = 1, height = 1, width = 1] = v.shape;
      if (channels % 4 > 0) return undefined;
      const attributes = { blocksize: { int: 2 }, mode: { string: g.pick(["DCR", "CRD"]) } };
      return {
        name: g.op("DepthToSpace", [v.name], attributes),
        shape: [batch, channels / 4, height * 2, width * 2],
      };
    }),
  ),
  ReverseSequence: since(
    10,
    ranked(2, (g, v) => {
      const [time = 1, batch = 1] = v.shape;
      const lengths = Array.from({ length: batch }, () => g.int(1, time));
      return { name: g.op("ReverseSequence", [v.name, g.b.ints(lengths)]), shape: v.shape };
    }),
  ),
  "Sequence joined": since(
    11,
    ranked(1, (g, v) => {
      const pair = g.op("SequenceConstruct", [v.name, g.op("Cos", [v.name])]);
      const name = g.op("ConcatFromSequence", [pair], { axis: { int: 0 }, new_axis: { int: 1 } });
      return { name, shape: [2, ...v.shape] };
    }),
  ),
};
