/** The toolkit's GraphRunner over onnxruntime-node, for tests. */
import * as ort from "onnxruntime-node";
import { LabError } from "../errors/labError.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

const OPTIONS: ort.InferenceSession.SessionOptions = {
  graphOptimizationLevel: "disabled",
  intraOpNumThreads: 1,
  logSeverityLevel: 4,
};

/** Runs a model once in a new native session, without graph optimisation. */
export const nativeRunner: GraphRunner = async (model, feeds, outputs) => {
  const session = await ort.InferenceSession.create(model, OPTIONS);
  try {
    return await runSession(session, feeds, outputs);
  } finally {
    await session.release();
  }
};

/** A native session that stays open: many runs of one model. */
export async function openNative(
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions = OPTIONS,
): Promise<{
  run: (feeds: Record<string, Tensor>, outputs?: string[]) => Promise<Record<string, Tensor>>;
  close: () => Promise<void>;
}> {
  const session = await ort.InferenceSession.create(model, options);
  return {
    run: (feeds, outputs) => runSession(session, feeds, outputs),
    close: () => session.release(),
  };
}

async function runSession(
  session: ort.InferenceSession,
  feeds: Record<string, Tensor>,
  outputs: string[] | undefined,
): Promise<Record<string, Tensor>> {
  const inputs: Record<string, ort.Tensor> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    if (!session.inputNames.includes(name)) continue;
    inputs[name] = new ort.Tensor(
      tensor.dtype,
      tensor.data as ort.Tensor.DataType as Float32Array,
      tensor.shape,
    ) as ort.Tensor;
  }
  const results = await session.run(inputs, outputs ?? [...session.outputNames]);
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [name, fromOrt(name, value)]),
  );
}

function fromOrt(name: string, value: ort.Tensor): Tensor {
  const raw = value.data as Tensor["data"];
  // Newer Node returns half precision as numbers of its own type; the lab keeps raw bits.
  const data =
    value.type === "float16"
      ? new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2)
      : raw;
  if (typeof value.type !== "string" || value.type === "string") {
    throw new LabError("internal", `internal: output ${name} has type ${value.type}`);
  }
  return { dtype: value.type as TensorType, data, shape: value.dims };
}
