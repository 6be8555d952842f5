/** The door of onnxruntime-web in Node: the page's own WASM kernels, on one thread, without a browser around them. */
import * as ort from "onnxruntime-web/wasm";
import { ortSessions } from "../graphs/ort.ts";
import { atOnce, ortFailure } from "./ortDoor.ts";
import type { CliSessions } from "./nodeSessions.ts";

export function wasmSessions(): CliSessions {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return {
    ...ortSessions({
      ort,
      backend: "wasm",
      options: { executionProviders: ["wasm"], logSeverityLevel: 4 },
      inTurn: atOnce,
      failure: ortFailure,
    }),
    backend: "wasm",
    runtime: `onnxruntime-web ${ort.env.versions.web}`,
  };
}
