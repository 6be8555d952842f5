/** Sessions over onnxruntime-node, so that the headless lab runs the graphs the page runs. */
import * as ort from "onnxruntime-node";
import { LabError, invariant } from "../errors/labError.ts";
import { rawValues, runtimeReason } from "../graphs/session.ts";
import type { Feeds, GraphSession, SessionFactory, SessionOptions } from "../graphs/session.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

/** Sessions whose results can say what made them. */
export interface CliSessions extends SessionFactory {
  readonly backend: "native" | "wasm";
  /** Runtime and its version. */
  readonly runtime: string;
}

/** @param threads 0 lets the runtime take one thread per core. */
export function nodeSessions(threads = 0): CliSessions {
  return {
    backend: "native",
    runtime: `onnxruntime-node ${ort.env.versions.node}`,
    create: (graph, options) => createSession(graph, threads, options),
  };
}

async function createSession(
  graph: Uint8Array,
  threads: number,
  options: SessionOptions = {},
): Promise<GraphSession> {
  const session = await ort.InferenceSession.create(graph, {
    graphOptimizationLevel: options.optimization ?? "all",
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
    ...(options.dimensions ? { freeDimensionOverrides: { ...options.dimensions } } : {}),
  }).catch((cause: unknown) => {
    throw runtimeError("graph-invalid", "could not load the graph", cause);
  });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (feeds, outputs) => runSession(session, feeds, outputs),
    release: () => session.release(),
  };
}

async function runSession(
  session: ort.InferenceSession,
  feeds: Feeds,
  outputs: readonly string[] | undefined,
): Promise<Record<string, Tensor>> {
  const inputs: Record<string, ort.Tensor> = {};
  for (const name of session.inputNames) {
    const feed = feeds[name];
    invariant(feed, `no feed for input ${name}`);
    inputs[name] = new ort.Tensor(feed.dtype, feed.data as Float32Array, [...feed.shape]);
  }
  const results = await session
    .run(inputs, [...(outputs ?? session.outputNames)])
    .catch((cause: unknown) => {
      throw runtimeError("backend-lost", "stopped while running", cause);
    });
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [
      name,
      {
        dtype: type as TensorType,
        data: rawValues(type as TensorType, data as Float32Array),
        shape: dims,
      },
    ]),
  );
}

function runtimeError(
  code: "graph-invalid" | "backend-lost",
  what: string,
  cause: unknown,
): LabError {
  return new LabError(code, `ONNX Runtime ${what}: ${runtimeReason(cause)}`, { cause });
}
