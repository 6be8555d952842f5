/** Sessions over onnxruntime-web in Node: the page's own WASM kernels, on one thread, without a browser around them. */
import * as ort from "onnxruntime-web/wasm";
import { rawValues } from "../graphs/session.ts";
import type { CliSessions } from "./nodeSessions.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

export function wasmSessions(): CliSessions {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return {
    backend: "wasm",
    runtime: `onnxruntime-web ${ort.env.versions.web}`,
    async create(graph, options = {}) {
      const session = await ort.InferenceSession.create(graph, {
        executionProviders: ["wasm"],
        graphOptimizationLevel: options.optimization ?? "all",
        logSeverityLevel: 4,
        ...(options.dimensions ? { freeDimensionOverrides: { ...options.dimensions } } : {}),
      });
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        async run(feeds, outputs) {
          const inputs: Record<string, ort.Tensor> = {};
          for (const name of session.inputNames) {
            const { dtype, data, shape } = feeds[name]!;
            inputs[name] = new ort.Tensor(dtype, data as Float32Array, [...shape]);
          }
          const results = await session.run(inputs, [...(outputs ?? session.outputNames)]);
          return Object.fromEntries(
            Object.entries(results).map(([name, { type, data, dims }]): [string, Tensor] => [
              name,
              {
                dtype: type as TensorType,
                data: rawValues(type as TensorType, data as Float32Array),
                shape: dims,
              },
            ]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}
