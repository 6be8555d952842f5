/** What a random graph may grow by beside plain operators: products, windows, pictures, sequences and control flow. */
import type { Attributes } from "../../onnx/messages.ts";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { Grower, Step, Value } from "./grower.ts";
import { replaced } from "./grower.ts";

const isPicture = (v: Value): boolean => v.shape.length === 4 && v.shape[2]! > 1 && v.shape[3]! > 1;

/** Output size of a window along one axis. */
function windowed(size: number, kernel: number, stride: number, pads: number): number {
  return Math.floor((size + pads - kernel) / stride) + 1;
}

function windowAttributes(g: Grower, v: Value): { attributes: Attributes; size: number[] } {
  const kernel = [g.int(1, 2), g.int(1, 2)];
  const strides = [g.int(1, 2), g.int(1, 2)];
  if (g.random.chance(0.3)) {
    const size = v.shape.slice(2).map((dim, i) => Math.ceil(dim / strides[i]!));
    const auto = g.pick(["SAME_UPPER", "SAME_LOWER"]);
    return {
      attributes: {
        kernel_shape: { ints: kernel },
        strides: { ints: strides },
        auto_pad: { string: auto },
      },
      size,
    };
  }
  const pads = kernel.map((k) => g.random.integer(k));
  const size = v.shape
    .slice(2)
    .map((dim, i) => windowed(dim, kernel[i]!, strides[i]!, 2 * pads[i]!));
  return {
    attributes: {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      pads: { ints: [...pads, ...pads] },
    },
    size,
  };
}

const pool =
  (op: string, more: (g: Grower) => Attributes = () => ({})): Step =>
  (g, v) => {
    if (!isPicture(v)) return undefined;
    const { attributes, size } = windowAttributes(g, v);
    if (size.some((dim) => dim < 1)) return undefined;
    return {
      name: g.op(op, [v.name], { ...attributes, ...more(g) }),
      shape: [...v.shape.slice(0, 2), ...size],
    };
  };

const resize: Step = (g, v) => {
  if (!isPicture(v)) return undefined;
  const scales = [g.pick([0.7, 1.3, 1.7, 2]), g.pick([0.6, 1, 1.5, 2.3])];
  const size = scales.map((scale, i) =>
    Math.floor(Math.fround(Math.fround(scale) * v.shape[i + 2]!)),
  );
  if (size.some((dim) => dim < 1)) return undefined;
  const shape = [...v.shape.slice(0, 2), ...size];
  const factors = g.b.constant({
    dtype: "float32",
    data: Float32Array.from([1, 1, ...scales]),
    shape: [4],
  });
  const mode = g.pick(["nearest", "linear"]);
  if (g.opset < 10) return undefined;
  if (g.opset === 10)
    return { name: g.op("Resize", [v.name, factors], { mode: { string: mode } }), shape };
  const attributes = {
    mode: { string: mode },
    coordinate_transformation_mode: {
      string: g.pick(["half_pixel", "asymmetric", "align_corners"]),
    },
    nearest_mode: { string: g.pick(["floor", "round_prefer_floor", "ceil"]) },
  };
  const none = g.b.constant({ dtype: "float32", data: new Float32Array(0), shape: [0] }, "none");
  const bySize = g.random.chance(0.5);
  const inputs = bySize ? [v.name, none, none, g.b.ints(shape)] : [v.name, none, factors];
  return { name: g.op("Resize", inputs, attributes), shape };
};

const truth = (g: Grower): string =>
  g.b.constant({ dtype: "bool", data: Uint8Array.of(1), shape: [] });

export const STRUCTURES: Readonly<Record<string, Step>> = {
  MatMul: (g, v) => {
    const inner = v.shape.at(-1);
    if (inner === undefined || v.shape.length < 2) return undefined;
    const name = g.op("MatMul", [v.name, g.noise([inner, 3], 0.6)]);
    return { name, shape: [...v.shape.slice(0, -1), 3] };
  },
  "MatMul with itself": (g, v) => {
    if (v.shape.length !== 2) return undefined;
    const turned = g.op("Transpose", [v.name]);
    return { name: g.op("MatMul", [v.name, turned]), shape: [v.shape[0]!, v.shape[0]!] };
  },
  Gemm: (g, v) => {
    if (v.shape.length !== 2) return undefined;
    const weights = g.noise([3, v.shape[1]!], 0.6);
    const attributes = { transB: { int: 1 }, alpha: { float: 0.7 } };
    return {
      name: g.op("Gemm", [v.name, weights, g.noise([3])], attributes),
      shape: [v.shape[0]!, 3],
    };
  },
  Conv: (g, v) => {
    if (!isPicture(v)) return undefined;
    const { attributes, size } = windowAttributes(g, v);
    const kernel = (attributes["kernel_shape"] as { ints: number[] }).ints;
    if (size.some((dim) => dim < 1)) return undefined;
    const weights = g.noise([2, v.shape[1]!, ...kernel], 0.6);
    return { name: g.op("Conv", [v.name, weights], attributes), shape: [v.shape[0]!, 2, ...size] };
  },
  ConvTranspose: (g, v) => {
    if (!isPicture(v)) return undefined;
    const strides = [g.int(1, 2), g.int(1, 2)];
    const size = strides.map((stride, i) => (v.shape[i + 2]! - 1) * stride + 2);
    const weights = g.noise([v.shape[1]!, 2, 2, 2], 0.6);
    const name = g.op("ConvTranspose", [v.name, weights], { strides: { ints: strides } });
    return { name, shape: [v.shape[0]!, 2, ...size] };
  },
  AveragePool: pool("AveragePool", (g) => ({ count_include_pad: { int: g.int(0, 1) } })),
  MaxPool: pool("MaxPool"),
  LpPool: pool("LpPool", (g) => ({ p: { int: g.int(1, 3) } })),
  GlobalAveragePool: (g, v) =>
    isPicture(v)
      ? { name: g.op("GlobalAveragePool", [v.name]), shape: [...v.shape.slice(0, 2), 1, 1] }
      : undefined,
  Resize: resize,
  SplitToSequence: (g, v) => {
    const axis = v.shape.findIndex((dim) => dim >= 2);
    if (g.opset < 11 || axis < 0) return undefined;
    const position = (at: number): string => g.b.constant(int64Tensor([at], []));
    const pieces = g.op("SplitToSequence", [v.name, position(1)], { axis: { int: axis } });
    const parts = [0, -1].map((at) => g.op("SequenceAt", [pieces, position(at)]));
    return { name: g.op("Mul", parts), shape: replaced(v.shape, axis, 1) };
  },
  If: (g, v) => {
    if (v.shape.length === 0) return undefined;
    const sum = g.op("ReduceMax", [v.name], { keepdims: { int: 0 } });
    const branch = (op: string, name: string) => ({
      graph: g.body((b) => {
        b.add(op, [v.name], { outputs: [name] });
        b.addOutput(name, g.type, v.shape);
      }),
    });
    const attributes = {
      then_branch: branch("Sin", g.b.fresh("then_value")),
      else_branch: branch("Neg", g.b.fresh("else_value")),
    };
    const chosen = g.op("If", [g.op("Greater", [sum, g.scalar(0)])], attributes);
    return { name: g.op("Add", [chosen, v.name]), shape: v.shape };
  },
  Loop: (g, v) => {
    const [step, flag, next, kept] = ["i", "go", "next", "kept"].map((part) =>
      g.b.fresh(`loop_${part}`),
    );
    const state = g.b.fresh("loop_state");
    const body = g.body((b) => {
      b.addInput(step!, 7, []);
      b.addInput(flag!, 9, []);
      b.addInput(state, g.type, v.shape);
      b.add("Identity", [flag!], { outputs: [kept!] });
      b.add("Mul", [state, v.name], { outputs: [next!] });
      b.addOutput(kept!, 9, []);
      b.addOutput(next!, g.type, v.shape);
    });
    const result = g.op("Loop", [g.b.int(2), truth(g), g.noise(v.shape)], {
      body: { graph: body },
    });
    return { name: g.op("Add", [result, v.name]), shape: v.shape };
  },
};
