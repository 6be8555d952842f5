/** The toolkit's GraphRunner over onnxruntime-web's WebAssembly backend in Node, for tests. */
import * as ort from "onnxruntime-web/wasm";
import type { GraphRunner } from "../onnx/graph.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

ort.env.wasm.numThreads = 1;

/** Runs a model once in a new session. */
export const wasmRunner: GraphRunner = async (model, feeds, outputs) => {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    logSeverityLevel: 4,
  });
  try {
    const inputs = Object.fromEntries(
      Object.entries(feeds)
        .filter(([name]) => session.inputNames.includes(name))
        .map(([name, tensor]) => [
          name,
          new ort.Tensor(tensor.dtype, tensor.data as Float32Array, tensor.shape),
        ]),
    );
    const results = await session.run(inputs, outputs ?? [...session.outputNames]);
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => [
        name,
        { dtype: value.type as TensorType, data: value.data as Tensor["data"], shape: value.dims },
      ]),
    );
  } finally {
    await session.release();
  }
};
