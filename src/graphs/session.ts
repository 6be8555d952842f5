/** A loaded ONNX graph, whatever runtime runs it. The engine and the headless lab each bring their own factory. */
import type { Backend } from "../model/backend.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

export type Feeds = Readonly<Record<string, Tensor>>;

export interface GraphSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph; only `outputs` are fetched when given. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * Values as the runtimes return them, with half precision as raw bits: where the platform has numbers of that type the
 * runtimes use them, and the lab keeps one form everywhere.
 */
export function rawValues(dtype: TensorType, data: ArrayBufferView): Tensor["data"] {
  if (dtype !== "float16" || data instanceof Uint16Array) return data as Tensor["data"];
  return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2);
}

/** What a runtime complains about, without the places in its own sources that it names first. One line. */
export function runtimeReason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [line = ""] = text.split("\n");
  return line
    .replaceAll(/\S*\/\S+\.(cc|h|cpp):\d+\s*/g, "")
    .replaceAll(/\b[\w:~<>]*::[\w~<>]+\([^()]*(\([^()]*\)[^()]*)*\)( const)?\s*/g, "")
    .replace(/^(Error: )?(\[ONNXRuntimeError\] : \d+ : \w+ : )?/, "")
    .trim();
}

export interface SessionOptions {
  /** Fixed sizes for symbolic dimensions, such as { b: 1 }; keeps shape arithmetic off the GPU path. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** "disabled" for graphs that run once; "basic" for shape probes, which fold to constants and compute nothing. */
  readonly optimization?: "all" | "basic" | "disabled";
}

export interface SessionFactory {
  readonly backend: Backend;
  create(graph: Uint8Array, options?: SessionOptions): Promise<GraphSession>;
}
