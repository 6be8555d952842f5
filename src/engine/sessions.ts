/** The door of onnxruntime-web in the page's worker: its build is chosen, fetched and configured here. */
import gpuGlueUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuWasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import glueUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { LabError } from "../errors/labError.ts";
import { CACHES, keepFetched } from "../host/fileCache.ts";
import { isNotFetched, loadPart, partMissing } from "../host/loadPart.ts";
import { ortSessions } from "../graphs/ort.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel, makeValueInfo } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import { Fifo } from "./fifo.ts";
import type { BackendName } from "./protocol.ts";

export interface WebRuntime {
  readonly threads: number;
  readonly isolated: boolean;
  factory(backend: BackendName): SessionFactory;
  readonly queue: Fifo;
}

/**
 * Loads and configures onnxruntime-web for this worker; call once.
 * @param webGpu whether WebGPU may be tried, which takes the larger build
 */
export async function startRuntime(
  webGpu: boolean,
  {
    mostThreads = 8,
    yieldToHost,
  }: { readonly mostThreads?: number | undefined; readonly yieldToHost: () => Promise<void> },
): Promise<WebRuntime> {
  const isolated = globalThis.crossOriginIsolated === true;
  // One core is left to the page: with every core computing, frames of 20 ms take 100 and the page stutters (measured on
  // two cores: docs/decisions.md).
  const threads = isolated
    ? Math.max(1, Math.min(mostThreads, navigator.hardwareConcurrency - 1))
    : 1;
  const { ort, wasm } = await loadRuntime(webGpu);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const queue = new Fifo();
  const factory = (backend: BackendName) =>
    ortSessions({
      ort,
      backend,
      options: {
        executionProviders:
          backend === "webgpu" ? [{ name: "webgpu", preferredLayout: "NCHW" }] : ["wasm"],
        logSeverityLevel: 3,
      },
      // Before each run messages are let in, so that a newer request is heard between two of them wherever they are asked for:
      // while a second model is opened and checked, too.
      inTurn: (work) =>
        queue.enqueue(async () => {
          await yieldToHost();
          return work();
        }),
      failure: (...failed) => failure(backend, ...failed),
    });
  // Opening a first session compiles the runtime: that happens while the model is still on its way.
  factory("wasm")
    .create(smallestModel())
    .then(
      (session) => {
        void keepFetched(CACHES.runtime, wasm);
        return session.release();
      },
      // If this fails, opening the model fails in the same way and says so.
      () => {},
    );
  return {
    threads,
    isolated,
    queue,
    factory,
  };
}

/** One node that does nothing. */
function smallestModel(): Uint8Array {
  const builder = new GraphBuilder(emptyModel(17, "start"));
  const x = builder.addInput("x", ELEMENT_TYPE.float32, [1]);
  const y = builder.add("Identity", [x]);
  builder.setOutputs([makeValueInfo(y, ELEMENT_TYPE.float32, [1])]);
  return serializeModel(builder.build());
}

type Runtime = typeof import("onnxruntime-web/wasm");

/**
 * The runtime's build: the one with WebGPU has 27 MB of WebAssembly to compile, the plain one 14, and calls in the plain one
 * needn't be suspendable.
 */
async function loadRuntime(
  webGpu: boolean,
): Promise<{ readonly ort: Runtime; /** URL of its WebAssembly. */ readonly wasm: string }> {
  const ort = await loadPart(() =>
    webGpu ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm"),
  );
  const wasm = new URL(webGpu ? gpuWasmUrl : wasmUrl, self.location.href).href;
  // ORT's glue is fetched as its own module, so that pthreads do not re-run this worker (measured with Vite 8).
  const mjs = new URL(webGpu ? gpuGlueUrl : glueUrl, self.location.href).href;
  ort.env.wasm.wasmPaths = { wasm, mjs };
  return { ort, wasm };
}

/** WASM is always there: what it refuses in words of its own is the graph's fault, and no restart would help. */
function failure(
  backend: BackendName,
  during: "opening" | "running",
  reason: string,
  cause: unknown,
): LabError {
  if (isNotFetched(cause)) return partMissing(cause);
  const isGraph = backend === "wasm" && !/abort|alloc|memory|RuntimeError/i.test(reason);
  if (during === "opening" && isGraph) {
    return new LabError("graph-invalid", `The runtime could not load the graph: ${reason}`, {
      cause,
    });
  }
  const what = during === "opening" ? "could not load the graph" : "stopped while running";
  return new LabError("backend-lost", `The ${backend} backend ${what}: ${reason}`, {
    hint: "The lab restarts its engine and continues on WASM; reload the page if this repeats.",
    cause,
  });
}
