/** Sessions over onnxruntime-web. The only module that knows it. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web/wasm";
import gpuGlueUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuWasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import glueUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { LabError } from "../errors/labError.ts";
import { CACHES, keepFetched } from "../host/fileCache.ts";
import { isNotFetched, loadPart, partMissing } from "../host/loadPart.ts";
import { rawValues, runtimeReason } from "../graphs/session.ts";
import type { Feeds, GraphSession, SessionFactory, SessionOptions } from "../graphs/session.ts";
import { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel, makeValueInfo } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";
import type { Adapter } from "./adapter.ts";
import { Fifo } from "./fifo.ts";
import type { BackendName } from "./protocol.ts";

export interface WebRuntime {
  readonly threads: number;
  readonly isolated: boolean;
  readonly adapter: Adapter;
  factory(backend: BackendName): SessionFactory;
  readonly queue: Fifo;
}

/**
 * Loads and configures onnxruntime-web for this worker; call once.
 * @param webGpu whether WebGPU may be tried, which takes the larger build
 */
export async function startRuntime(adapter: Adapter, webGpu: boolean): Promise<WebRuntime> {
  const isolated = globalThis.crossOriginIsolated === true;
  // One core is left to the page: with every core computing, frames of 20 ms take 100 and the page stutters (measured on
  // two cores: docs/decisions.md).
  const threads = isolated ? Math.max(1, Math.min(8, navigator.hardwareConcurrency - 1)) : 1;
  const { ort, wasm } = await loadRuntime(webGpu);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const queue = new Fifo();
  // Opening a first session compiles the runtime: that happens while the model is still on its way.
  createSession(ort, queue, "wasm", smallestModel()).then(
    (session) => {
      void keepFetched(CACHES.runtime, wasm);
      return session.release();
    },
    // What keeps this graph from opening will keep the model from it, and is told then.
    () => {},
  );
  return {
    threads,
    isolated,
    adapter,
    queue,
    factory: (backend) => ({
      backend,
      create: (graph, options) => createSession(ort, queue, backend, graph, options),
    }),
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

async function createSession(
  ort: Runtime,
  queue: Fifo,
  backend: BackendName,
  graph: Uint8Array,
  options: SessionOptions = {},
): Promise<GraphSession> {
  const session = await queue
    .enqueue(() =>
      ort.InferenceSession.create(graph, {
        executionProviders:
          backend === "webgpu" ? [{ name: "webgpu", preferredLayout: "NCHW" }] : ["wasm"],
        graphOptimizationLevel: options.optimization ?? "all",
        logSeverityLevel: 3,
        ...(options.dimensions ? { freeDimensionOverrides: { ...options.dimensions } } : {}),
      }),
    )
    .catch((error: unknown) => {
      if (isNotFetched(error)) throw partMissing(error);
      const reason = runtimeReason(error);
      // WASM is always there: what it refuses in words of its own is the graph's fault, and no restart would help.
      if (backend === "webgpu" || /abort|alloc|memory|RuntimeError/i.test(reason)) {
        throw runtimeError(backend, "could not load the graph", error);
      }
      throw new LabError("graph-invalid", `The runtime could not load the graph: ${reason}`, {
        cause: error,
      });
    });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (feeds, outputs) => queue.enqueue(() => runSession(ort, session, backend, feeds, outputs)),
    release: () => queue.enqueue(() => session.release()),
  };
}

async function runSession(
  ort: Runtime,
  session: InferenceSession,
  backend: BackendName,
  feeds: Feeds,
  outputs: readonly string[] | undefined,
): Promise<Record<string, Tensor>> {
  const inputs: Record<string, OrtTensor> = {};
  for (const name of session.inputNames) {
    const feed = feeds[name];
    if (!feed) throw new LabError("internal", `internal: no feed for input ${name}`);
    inputs[name] = new ort.Tensor(feed.dtype, feed.data as Float32Array, [...feed.shape]);
  }
  try {
    const results = await session.run(inputs, [...(outputs ?? session.outputNames)]);
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, fromOrt(value)]),
    );
  } catch (error) {
    throw runtimeError(backend, "stopped while running", error);
  }
}

function fromOrt(value: OrtTensor): Tensor {
  const dtype = value.type as TensorType;
  return { dtype, data: rawValues(dtype, value.data as Float32Array), shape: value.dims };
}

function runtimeError(backend: BackendName, what: string, cause: unknown): LabError {
  return new LabError("backend-lost", `The ${backend} backend ${what}: ${runtimeReason(cause)}`, {
    hint: "The lab restarts its engine and continues on WASM; reload the page if this repeats.",
    cause,
  });
}
