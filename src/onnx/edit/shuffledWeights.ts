/**
 * Weights shuffled from the output down, for the sanity check of explanations (Adebayo et al. 2018): each matrix keeps its own
 * values in a random order, so that its scale stays and what it has learned is gone.
 */
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import { nodeReads } from "../graph.ts";
import { ELEMENT_TYPE, graphOf, makeTensor, replaceGraph } from "../messages.ts";
import type { ModelProto, TensorProto } from "../messages.ts";
import { tensorFromProto } from "../tensorData.ts";

/** Learned matrices and kernels; vectors (biases, norms, scales) and integers that shape the graph stay. */
function isWeight({ dataType, dims }: TensorProto): boolean {
  const { float32, float16, int8, uint8, int4, uint4 } = ELEMENT_TYPE;
  const types: readonly number[] = [float32, float16, int8, uint8, int4, uint4];
  return types.includes(dataType) && dims.filter((dim) => Number(dim) > 1).length >= 2;
}

/**
 * @param models in the order they run
 * @param share of all their weights, (0, 1], those used last first; at least one
 */
export function withShuffledWeights(
  models: readonly ModelProto[],
  share: number,
  seed: number,
): readonly ModelProto[] {
  const order = models.flatMap((model, k) => weightsByLastUse(model).map((name) => ({ k, name })));
  const count = Math.max(1, Math.round(share * order.length));
  const chosen = order.slice(-count);
  return models.map((model, k) => {
    const names = new Set(chosen.filter((weight) => weight.k === k).map(({ name }) => name));
    if (names.size === 0) return model;
    const initializer = graphOf(model).initializer.map((tensor) =>
      names.has(tensor.name)
        ? shuffled(tensor, randomStream(seed, "shuffle", String(k), tensor.name))
        : tensor,
    );
    return replaceGraph(model, { initializer });
  });
}

function weightsByLastUse(model: ModelProto): string[] {
  const graph = graphOf(model);
  const weights = new Set(graph.initializer.filter(isWeight).map(({ name }) => name));
  const lastUse = new Map<string, number>();
  graph.node.forEach((node, at) => {
    for (const name of nodeReads(node)) if (weights.has(name)) lastUse.set(name, at);
  });
  return [...lastUse].sort(([, a], [, b]) => a - b).map(([name]) => name);
}

function shuffled(proto: TensorProto, random: RandomStream): TensorProto {
  const { name, dataType, dims } = proto;
  const shape = dims.map(Number);
  const bytes = proto.rawData.length > 0 ? proto.rawData.slice() : storedBytes(proto);
  // Two 4-bit weights share a byte and stay together.
  const width = Math.max(1, Math.floor(bytes.length / sizeOf(shape)));
  const count = bytes.length / width;
  const element = (at: number) => bytes.subarray(at * width, (at + 1) * width);
  // Fisher-Yates.
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = element(i).slice();
    element(i).set(element(j));
    element(j).set(kept);
  }
  return makeTensor(name, dataType, shape, bytes);
}

function storedBytes(proto: TensorProto): Uint8Array {
  const { data } = tensorFromProto(proto);
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}
