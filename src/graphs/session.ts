/** A loaded ONNX graph, whatever runtime runs it. The engine and the headless lab each bring their own factory. */
import type { Backend } from "../model/backend.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A value that stays where the runtime made it, on WebGPU in the device's memory: a later run reads it, and nobody else. */
export interface HeldValue {
  /** The runtime's own. */
  readonly held: object;
  readonly shape: readonly number[];
  /** Frees it; to be called once, when no run will read it any more. */
  release(): Promise<void>;
}

export type Fed = Tensor | HeldValue;
export type Feeds = Readonly<Record<string, Fed>>;

export function isHeld(value: Fed): value is HeldValue {
  return "held" in value;
}

export interface GraphSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph; only `outputs` are fetched when given. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** As run, with all outputs: those that the session was opened to hold stay with the runtime, where it can hold them. */
  runHolding(feeds: Feeds): Promise<Record<string, Fed>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Fixed sizes for symbolic dimensions, such as { b: 1 }; keeps shape arithmetic off the GPU path. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** "disabled" for graphs that run once; "basic" for shape probes, which fold to constants and compute nothing. */
  readonly optimization?: "all" | "basic" | "disabled";
  /** Outputs that only later runs read: on WebGPU they are not copied out of the device (see `runHolding`). */
  readonly held?: readonly string[];
  /** True where nothing that follows from weights alone is worked out when the graph opens and kept beside them. */
  readonly keepsWeights?: boolean;
}

export interface SessionFactory {
  readonly backend: Backend;
  create(graph: Uint8Array, options?: SessionOptions): Promise<GraphSession>;
}
