/** Low-rank adapters (LoRA, Hu et al. 2021): W + scale * B A, merged into the weights or steered by an input. */
import { LabError } from "../../errors/labError.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { isOp } from "../elementTypes.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, graphOf, replaceGraph } from "../messages.ts";
import type { ModelProto, TensorProto } from "../messages.ts";
import { numberToHalf, numbersOf, protoFromTensor, tensorFromProto } from "../tensorData.ts";
import { rewire } from "./rewire.ts";

export interface LoraAdapter {
  /** Name of the weight matrix in the graph. */
  readonly weight: string;
  /** A: [rank, in]. */
  readonly down: FloatTensor;
  /** B: [out, rank]. */
  readonly up: FloatTensor;
}

/** float32 scalar input of `withLora`. */
export const LORA_SCALE_INPUT = "lora_scale";

/**
 * The model with W + scale * B A stored in place of each adapted weight (float32 or float16).
 * @throws LabError "graph-invalid" when a weight does not exist or does not fit, "model-unsupported" when it is quantized.
 */
export function mergeLora(
  model: ModelProto,
  adapters: readonly LoraAdapter[],
  scale: number,
): ModelProto {
  const view = new GraphView(model);
  const merged = new Map<string, TensorProto>();
  for (const adapter of adapters) {
    const tensor = merged.get(adapter.weight) ?? view.initializer(adapter.weight);
    if (tensor === undefined) throw missing(adapter.weight);
    const { float16, float32 } = ELEMENT_TYPE;
    if (tensor.dataType !== float32 && tensor.dataType !== float16) {
      throw new LabError(
        "model-unsupported",
        `The weight "${adapter.weight}" is quantized, so an adapter cannot be merged into it.`,
        {
          hint: "Use the float model, or the adapter as an input (withLora) on the dequantized value.",
        },
      );
    }
    const values = numbersOf(tensorFromProto(tensor));
    const delta = deltaFor(view, adapter, tensor.dims.map(Number));
    const sum = values.map((value, i) => value + scale * delta.data[i]!);
    merged.set(
      adapter.weight,
      protoFromTensor(
        adapter.weight,
        tensor.dataType === float32
          ? { dtype: "float32", data: Float32Array.from(sum), shape: delta.shape }
          : { dtype: "float16", data: Uint16Array.from(sum, numberToHalf), shape: delta.shape },
      ),
    );
  }
  return replaceGraph(model, {
    initializer: graphOf(model).initializer.map((tensor) => merged.get(tensor.name) ?? tensor),
  });
}

/**
 * The model with an input `lora_scale`: every adapted weight becomes W + lora_scale * B A at run time. Works on
 * dequantized weights too (name the DequantizeLinear's output). Scale 0 leaves every output as it was.
 * @throws LabError "graph-invalid" when a weight does not exist or does not fit.
 */
export function withLora(
  model: ModelProto,
  adapters: readonly LoraAdapter[],
  weightShapes: ReadonlyMap<string, readonly number[]> = new Map(),
): ModelProto {
  const view = new GraphView(model);
  const builder = new GraphBuilder(model);
  const scale = builder.addInput(LORA_SCALE_INPUT, ELEMENT_TYPE.float32, []);
  const replacements = new Map<string, string>();
  for (const { weight } of adapters) {
    if (!view.has(weight)) throw missing(weight);
    replacements.set(weight, builder.fresh(`${weight}/adapted`));
  }
  builder.setNodes(rewire(graphOf(model).node, replacements));
  for (const [weight, adapted] of replacements) {
    const shape = view.initializer(weight)?.dims.map(Number) ?? weightShapes.get(weight);
    if (shape === undefined) {
      throw new LabError("graph-invalid", `The shape of the weight "${weight}" is not known.`);
    }
    let sum = weight;
    const own = adapters.filter((adapter) => adapter.weight === weight);
    own.forEach((adapter, i) => {
      const delta = builder.constant(deltaFor(view, adapter, shape), `${weight}/delta`);
      const scaled = builder.add("Mul", [delta, scale]);
      sum = builder.add("Add", [sum, scaled], i === own.length - 1 ? { outputs: [adapted] } : {});
    });
  }
  return builder.build();
}

/** B A in the layout of the stored weight: [out, in], or [in, out] where the graph multiplies by it on the right. */
function deltaFor(view: GraphView, adapter: LoraAdapter, stored: readonly number[]): FloatTensor {
  const { weight, down, up } = adapter;
  const [rank = 0, inputs = 0] = down.shape;
  const [outputs = 0, upRank = 0] = up.shape;
  const transposed = isStoredTransposed(view, weight);
  const wanted = transposed ? [inputs, outputs] : [outputs, inputs];
  if (rank !== upRank || stored.join() !== wanted.join()) {
    throw new LabError(
      "graph-invalid",
      `The adapter [${up.shape.join(", ")}] x [${down.shape.join(", ")}] does not fit the weight "${weight}" [${stored.join(", ")}].`,
    );
  }
  const data = new Float32Array(inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += up.data[o * rank + r]! * down.data[r * inputs + i]!;
      data[transposed ? i * outputs + o : o * inputs + i] = sum;
    }
  }
  return floatTensor(data, wanted);
}

/** True when the weight is the right operand of a plain product, so that it is stored [in, out]. */
function isStoredTransposed(view: GraphView, weight: string): boolean {
  return view.consumers(weight).some((node) => {
    if (isOp(node, "MatMul")) return node.input[1] === weight;
    if (!isOp(node, "Gemm")) return false;
    return !node.attribute.some((attribute) => attribute.name === "transB" && attribute.i === 1n);
  });
}

function missing(weight: string): LabError {
  return new LabError("graph-invalid", `The graph has no weight named "${weight}".`);
}
