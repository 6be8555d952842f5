/**
 * The one adapter over ONNX Runtime's JavaScript interface, the same for its builds: WebAssembly and WebGPU in the page's
 * worker, WebAssembly in Node, native in Node. Each build comes in by a door of its own that hands its module here
 * (engine/sessions.ts, cli/wasmSessions.ts, cli/nodeSessions.ts).
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web/wasm";
import { invariant } from "../errors/labError.ts";
import type { LabError } from "../errors/labError.ts";
import type { Backend } from "../model/backend.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";
import { isHeld } from "./session.ts";
import type { Fed, Feeds, GraphSession, SessionFactory, SessionOptions } from "./session.ts";

/** What is used of a build's module. */
export interface OrtModule {
  readonly InferenceSession: {
    create(graph: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: typeof OrtTensor;
}

export interface OrtBuild {
  readonly ort: OrtModule;
  readonly backend: Backend;
  /** Of every session. */
  readonly options: InferenceSession.SessionOptions;
  /** Calls the runtime when its turn has come. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** The error for a graph that did not open or stopped while running; `reason` is what the runtime says, in one line. */
  readonly failure: (during: "opening" | "running", reason: string, cause: unknown) => LabError;
}

export function ortSessions(build: OrtBuild): SessionFactory {
  return { backend: build.backend, create: (graph, options) => open(build, graph, options) };
}

async function open(
  build: OrtBuild,
  graph: Uint8Array,
  options: SessionOptions = {},
): Promise<GraphSession> {
  return opened(build, await created(build, graph, options));
}

function created(
  { ort, backend, options, inTurn, failure }: OrtBuild,
  graph: Uint8Array,
  { optimization = "all", dimensions, held = [], keepsWeights = false }: SessionOptions,
): Promise<InferenceSession> {
  return inTurn(() =>
    ort.InferenceSession.create(graph, {
      ...options,
      graphOptimizationLevel: optimization,
      ...(dimensions ? { freeDimensionOverrides: { ...dimensions } } : {}),
      ...(backend === "webgpu" && held.length > 0
        ? { preferredOutputLocation: Object.fromEntries(held.map((name) => [name, ON_DEVICE])) }
        : {}),
      ...(keepsWeights ? { extra: NOT_FOLDED } : {}),
    }),
  ).catch((cause: unknown) => {
    throw failure("opening", reasonOf(cause), cause);
  });
}

/** Apart from `created`: functions that are made beside each other hold one scope, and a session would hold its graph's bytes. */
function opened({ ort, inTurn, failure }: OrtBuild, session: InferenceSession): GraphSession {
  const run = (feeds: Feeds, outputs: readonly string[]) => {
    const inputs = Object.fromEntries(
      session.inputNames.map((name) => [name, toOrt(ort, feeds, name)]),
    );
    return session.run(inputs, [...outputs]).catch((cause: unknown) => {
      throw failure("running", reasonOf(cause), cause);
    });
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (feeds, outputs = session.outputNames) =>
      inTurn(async () => {
        const results = await run(feeds, outputs);
        return Object.fromEntries(
          Object.entries(results).map(([name, value]) => [name, fromOrt(value)]),
        );
      }),
    runHolding: (feeds) =>
      inTurn(async () => {
        const results = await run(feeds, session.outputNames);
        return Object.fromEntries(
          Object.entries(results).map(([name, value]): [string, Fed] => [
            name,
            value.location === ON_DEVICE ? holding(value, inTurn) : fromOrt(value),
          ]),
        );
      }),
    release: () => inTurn(() => session.release()),
  };
}

const ON_DEVICE = "gpu-buffer";
/** Of the builds for the page; the native one takes no such setting, and has memory to spare. */
const NOT_FOLDED = { optimization: { disable_specified_optimizers: "ConstantFolding" } };

function holding(value: OrtTensor, inTurn: NonNullable<OrtBuild["inTurn"]>): Fed {
  const release = () => inTurn(async () => value.dispose());
  return { held: value, shape: value.dims, release };
}

function toOrt({ Tensor: Made }: OrtModule, feeds: Feeds, name: string): OrtTensor {
  const feed = feeds[name];
  invariant(feed, `no feed for input ${name}`);
  if (isHeld(feed)) return feed.held as OrtTensor;
  return new Made(feed.dtype, feed.data as Float32Array, [...feed.shape]);
}

/** Half precision as raw bits: where the platform has numbers of that type the runtime uses them, and the lab keeps one form. */
function fromOrt({ type, data, dims }: OrtTensor): Tensor {
  const dtype = type as TensorType;
  const values = data as Tensor["data"];
  if (dtype !== "float16" || values instanceof Uint16Array) {
    return { dtype, data: values, shape: dims };
  }
  const { buffer, byteOffset, byteLength } = values as ArrayBufferView;
  return {
    dtype,
    data: new Uint16Array(buffer as ArrayBuffer, byteOffset, byteLength / 2),
    shape: dims,
  };
}

/** What a runtime complains about, without the places in its own sources that it names first. One line. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/device was lost/i.test(text)) return "the graphics device was lost.";
  const [line = ""] = text.split("\n");
  return line
    .replaceAll(/\S*\/\S+\.(cc|h|cpp):\d+\s*/g, "")
    .replaceAll(/\b[\w:~<>]*::[\w~<>]+\([^()]*(\([^()]*\)[^()]*)*\)( const)?\s*/g, "")
    .replace(/^(Error: )?(\[ONNXRuntimeError\] : \d+ : \w+ : |.*ERROR_MESSAGE: )?/, "")
    .trim();
}
