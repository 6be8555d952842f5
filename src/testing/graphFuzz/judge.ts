/**
 * Random graphs against central differences of native ONNX Runtime: in float64 where every operator of the graph has such a
 * kernel, else in float32 with the best of several steps.
 */
import { LabError } from "../../errors/labError.ts";
import { randomStream } from "../../numerics/random.ts";
import { cotangentName, LOSS_OUTPUT, withCotangentLoss } from "../../onnx/edit/lossHeads.ts";
import { differentiate } from "../../onnx/grad/differentiate.ts";
import type { GradientTarget } from "../../onnx/grad/vjp.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import { serializeModel } from "../../onnx/file.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { readShapes } from "../../onnx/shapes.ts";
import { numbersOf } from "../../onnx/tensorData.ts";
import { floatTensor, sizeOf } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { nativeRunner, openNative } from "../nativeRunner.ts";
import { Grower } from "./grower.ts";
import { RARER } from "./rarer.ts";
import { STEPS } from "./steps.ts";
import { STRUCTURES } from "./structures.ts";

const OPSETS = [9, 10, 11, 12, 13, 15, 17, 18, 20, 22];
const SHAPES = [[3, 4], [2, 3, 3], [1, 2, 4, 5], [1, 1, 5, 4], [4, 2], [5]];
const ALL = { ...STEPS, ...STRUCTURES, ...RARER };
const NAMES = Object.keys(ALL);
/** Values larger than this are left alone: the graph would only overflow. */
const MOST_ELEMENTS = 400;

/** Where all slopes are smaller than this, errors are measured against it: float32 leaves about 1e-6 of a zero that cancels. */
const FLAT = 0.01;

export interface FuzzedGraph {
  readonly model: ModelProto;
  readonly shape: readonly number[];
  readonly opset: number;
  /** Names of the steps taken. */
  readonly steps: readonly string[];
}

/** The graph of a seed: input `x`, output `y`. */
export function fuzzedGraph(seed: number, type: number): FuzzedGraph {
  const random = randomStream(seed, "graph-fuzz");
  const opset = OPSETS[random.integer(OPSETS.length)]!;
  const g = new Grower(random, opset, type);
  const shape = g.pick(SHAPES);
  let value = { name: g.b.addInput("x", type, shape), shape: shape as readonly number[] };
  const steps: string[] = [];
  const wanted = g.int(2, 6);
  for (let tries = 0; steps.length < wanted && tries < 40; tries++) {
    const name = g.pick(NAMES);
    const next = ALL[name]!(g, value);
    if (next === undefined || sizeOf(next.shape) > MOST_ELEMENTS) continue;
    g.earlier.push(value);
    value = next;
    steps.push(name);
  }
  g.b.add("Identity", [value.name], { outputs: ["y"] });
  g.b.addOutput("y", type, value.shape);
  return { model: g.b.build(), shape, opset, steps };
}

export type Verdict =
  | { readonly kind: "right" | "wrong"; readonly error: number }
  | { readonly kind: "refused"; readonly reason: string }
  /** A quantized stand-in, or no reference: the graph itself does not run, or its slope is not finite. */
  | { readonly kind: "unjudged"; readonly reason: string };

interface Reference {
  readonly numeric: readonly (readonly number[])[];
  /** Slope to the right minus slope to the left of each entry: not small at a kink. */
  readonly bends: readonly number[];
  /** Largest accepted error relative to the steepest entry. */
  readonly tolerance: number;
}

/** Compares the gradient of one random graph with central differences, entry by entry. */
export async function judge(seed: number): Promise<Verdict> {
  const graph = fuzzedGraph(seed, ELEMENT_TYPE.float32);
  const random = randomStream(seed, "graph-fuzz-input");
  const x = floatTensor(
    Float32Array.from({ length: sizeOf(graph.shape) }, () => random.normal() * 0.8),
    graph.shape,
  );
  let y: Tensor;
  try {
    y = (await nativeRunner(serializeModel(graph.model), { x }))["y"]!;
  } catch (error) {
    return { kind: "unjudged", reason: String(error) };
  }
  const cotangent = floatTensor(
    Float32Array.from(y.data as Float32Array, () => random.normal()),
    y.shape,
  );
  const reference = await differences(seed, x.data, cotangent.data);
  if (reference.numeric.flat().some((slope) => !Number.isFinite(slope))) {
    return { kind: "unjudged", reason: "The slope is not finite." };
  }
  const target = seed % 2 === 0 ? "wasm" : "webgpu";
  const gradient = await gradientOf(graph.model, { x }, cotangent, target);
  if (typeof gradient === "string") {
    const isFlat = gradient.includes("does not depend");
    const rises = reference.numeric.flat().some((slope) => Math.abs(slope) > 1e-2);
    return isFlat && rises ? { kind: "wrong", error: 1 } : { kind: "refused", reason: gradient };
  }
  const error = errorOf(gradient, reference);
  if (error === undefined) return { kind: "unjudged", reason: "The input lies at a kink." };
  return { kind: error <= reference.tolerance ? "right" : "wrong", error };
}

/** The gradient, or the sentence that refuses it. */
async function gradientOf(
  model: ModelProto,
  feeds: Readonly<Record<string, Tensor>>,
  cotangent: Tensor,
  target: GradientTarget,
): Promise<number[] | string> {
  try {
    const prepared = await prepareGraph(model, nativeRunner, { feeds });
    const headed = withCotangentLoss(prepared.model, [{ name: "y", shape: cotangent.shape }]);
    const all = { ...feeds, [cotangentName("y")]: cotangent };
    const shapes = await readShapes(headed, nativeRunner, { feeds: all });
    const graph = differentiate(headed, {
      loss: LOSS_OUTPUT,
      wrt: ["x"],
      shapes,
      target,
      outputs: [LOSS_OUTPUT],
    });
    return numbersOf(
      (await nativeRunner(serializeModel(graph.model), all))[graph.gradients["x"]!]!,
    );
  } catch (error) {
    if (error instanceof LabError && error.code !== "internal") return error.message;
    throw error;
  }
}

/** Slopes of sum(y * cotangent) along each entry of x, once per step length. */
async function differences(
  seed: number,
  x: Float32Array,
  cotangent: Float32Array,
): Promise<Reference> {
  const double = fuzzedGraph(seed, ELEMENT_TYPE.float64);
  const wide = await openNative(serializeModel(double.model)).catch(() => undefined);
  const session =
    wide ?? (await openNative(serializeModel(fuzzedGraph(seed, ELEMENT_TYPE.float32).model)));
  const loss = async (values: Float64Array): Promise<number> => {
    const tensor: Tensor =
      wide === undefined
        ? floatTensor(Float32Array.from(values), double.shape)
        : { dtype: "float64", data: values, shape: double.shape };
    const y = numbersOf((await session.run({ x: tensor }))["y"]!);
    return y.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
  };
  try {
    const numeric: number[][] = [];
    const bends: number[] = [];
    const center = await loss(Float64Array.from(x));
    for (const step of wide === undefined ? [0.01, 0.003, 0.001, 0.0003] : [1e-5, 1e-6]) {
      const slopes: number[] = [];
      for (let i = 0; i < x.length; i++) {
        const [up, down] = [1, -1].map((sign) =>
          Float64Array.from(x, (value, j) => value + (i === j ? sign * step : 0)),
        );
        // What was really added, after rounding.
        const length =
          wide === undefined ? Math.fround(up![i]!) - Math.fround(down![i]!) : 2 * step;
        const [high, low] = [await loss(up!), await loss(down!)];
        slopes.push((high - low) / length);
        if (numeric.length === 1) bends.push((high - 2 * center + low) / step);
      }
      numeric.push(slopes);
    }
    return { numeric, bends, tolerance: wide === undefined ? 0.02 : 1e-3 };
  } finally {
    await session.release();
  }
}

/**
 * Largest error of an entry at its best step, over the steepest entry; undefined where an entry is off but its own slopes
 * disagree too, or turn, as at a kink or a jump.
 */
function errorOf(
  gradient: readonly number[],
  { numeric, bends, tolerance }: Reference,
): number | undefined {
  const [first = []] = numeric;
  if (gradient.length !== first.length) return Infinity;
  const peak = Math.max(FLAT, ...first.map(Math.abs), ...gradient.map(Math.abs));
  let worst = 0;
  for (const [i, slope] of gradient.entries()) {
    const slopes = numeric.map((list) => list[i]!);
    const best = Math.min(...slopes.map((other) => Math.abs(slope - other) / peak));
    const apart = slopes.slice(1).map((other, k) => Math.abs(other - slopes[k]!) / peak);
    const isKink = Math.abs(bends[i]!) / peak > tolerance || Math.min(...apart) > tolerance;
    if (best > tolerance && isKink) return undefined;
    worst = Math.max(worst, Number.isNaN(best) ? Infinity : best);
  }
  return worst;
}

export interface FuzzCounts {
  readonly right: number;
  readonly refused: number;
  readonly unjudged: number;
  /** Seeds of the wrong ones, with the relative error. */
  readonly wrong: readonly { readonly seed: number; readonly error: number }[];
}

/** Verdicts on the graphs of seeds `first` to `first + count - 1`. */
export async function judgeAll(first: number, count: number): Promise<FuzzCounts> {
  const counts = { right: 0, refused: 0, unjudged: 0 };
  const wrong: { seed: number; error: number }[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const verdict = await judge(seed);
    if (verdict.kind === "wrong") wrong.push({ seed, error: verdict.error });
    else counts[verdict.kind]++;
  }
  return { ...counts, wrong };
}
