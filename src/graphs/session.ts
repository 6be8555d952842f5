/** A loaded ONNX graph, whatever runtime runs it. The engine and the headless lab each bring their own factory. */
import type { Backend } from "../model/backend.ts";
import type { Tensor } from "../tensor/tensor.ts";

export type Feeds = Readonly<Record<string, Tensor>>;

export interface GraphSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph; only `outputs` are fetched when given. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
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
