/** Small ONNX graphs for tests, and the whole way from a graph to a checked gradient. */
import { checkGradient } from "../onnx/grad/check.ts";
import type { GradientCheck } from "../onnx/grad/check.ts";
import { differentiate } from "../onnx/grad/differentiate.ts";
import type { GradientGraph } from "../onnx/grad/differentiate.ts";
import type { GradientTarget } from "../onnx/grad/vjp.ts";
import { LOSS_OUTPUT, cotangentName, withCotangentLoss } from "../onnx/edit/lossHeads.ts";
import { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import { prepareGraph } from "../onnx/inline.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import { randomStream } from "../numerics/random.ts";
import { floatTensor, sizeOf } from "../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../tensor/tensor.ts";
import { nativeRunner, openNative } from "./nativeRunner.ts";

/** A model of the given operator set whose nodes `build` adds; it must add inputs and outputs too. */
export function tinyGraph(opset: number, build: (b: GraphBuilder) => void): ModelProto {
  const b = new GraphBuilder(emptyModel(opset, "tiny", opset >= 21 ? 10 : 8));
  build(b);
  return b.build();
}

/** A float32 graph input. */
export function floatInput(b: GraphBuilder, name: string, shape: readonly number[]): string {
  return b.addInput(name, ELEMENT_TYPE.float32, shape);
}

/** Seeded normal numbers times `scale` plus `shift`. */
export function randomTensor(
  seed: number,
  shape: readonly number[],
  scale = 1,
  shift = 0,
): FloatTensor {
  const random = randomStream(seed, "tensor");
  return floatTensor(
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * scale + shift),
    shape,
  );
}

export interface GradientCase {
  readonly model: ModelProto;
  /** Values of every input. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Float inputs to differentiate with respect to. */
  readonly wrt: readonly string[];
  /** Outputs that get a random cotangent; all float outputs when absent. */
  readonly outputs?: readonly string[];
  /** A scalar output to differentiate as it is, instead of outputs times cotangents. */
  readonly loss?: string;
  readonly seed?: number;
}

export interface CheckedGradient {
  readonly graph: GradientGraph;
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** One check per wrt input. */
  readonly checks: Readonly<Record<string, GradientCheck>>;
}

/** Differentiates sum(outputs * random cotangents) and checks each gradient by central differences, in native ORT. */
export async function checkCase(
  gradientCase: GradientCase,
  target: GradientTarget = "wasm",
): Promise<CheckedGradient> {
  const { model, feeds, wrt, seed = 7 } = gradientCase;
  const shapes = await readShapes(model, nativeRunner, { feeds });
  const names =
    gradientCase.outputs ??
    (model.graph?.output ?? [])
      .map((info) => info.name)
      .filter((name) => shapes.types.get(name) === ELEMENT_TYPE.float32);
  const values = names.map((name) => ({ name, shape: shapes.shapes.get(name) ?? [] }));
  const loss = gradientCase.loss ?? LOSS_OUTPUT;
  const withLoss = gradientCase.loss === undefined ? withCotangentLoss(model, values) : model;
  const all: Record<string, Tensor> = { ...feeds };
  if (gradientCase.loss === undefined)
    values.forEach(({ name, shape }, i) => {
      all[cotangentName(name)] = randomTensor(seed + i, shape);
    });
  // Fused operators are taken apart for the gradient; the differences are those of the graph as it was.
  const prepared = await prepareGraph(withLoss, nativeRunner, { feeds: all });
  const graph = differentiate(prepared.model, { loss, wrt, shapes: prepared.shapes, target });
  const session = await openNative(serializeModel(graph.model));
  const forward = await openNative(serializeModel(withLoss));
  try {
    const results = await session.run(all);
    const gradients: Record<string, Float32Array> = {};
    const checks: Record<string, GradientCheck> = {};
    for (const name of wrt) {
      const gradient = results[graph.gradients[name]!]!.data as Float32Array;
      gradients[name] = gradient;
      checks[name] = await checkGradient({
        loss: async (x) => {
          const run = await forward.run({ ...all, [name]: x }, [loss]);
          return Number(run[loss]!.data[0]);
        },
        gradient,
        x: all[name] as FloatTensor,
        seed,
      });
    }
    return { graph, gradients, checks };
  } finally {
    await session.release();
    await forward.release();
  }
}
