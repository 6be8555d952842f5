/** Outputs that are tensors, and a graph without the others: runtimes hand out no lists or maps, and some load no graph that has one. */
import { GraphView } from "../graph.ts";
import type { ModelProto, ValueInfoProto } from "../messages.ts";
import { cutGraph } from "./cut.ts";

/** Operators that put out lists, maps or what may be nothing. */
const NO_TENSOR_OPS: ReadonlySet<string> = new Set([
  "ZipMap",
  "SequenceConstruct",
  "SequenceEmpty",
  "SequenceErase",
  "SequenceInsert",
  "SequenceMap",
  "SplitToSequence",
  "Optional",
]);

/** By its declared type, or by the operator that makes it where none is declared. */
export function isTensorOutput(view: GraphView, { name, type }: ValueInfoProto): boolean {
  const declared = type?.value.case;
  if (declared !== undefined) return declared === "tensorType";
  return !NO_TENSOR_OPS.has(view.producer(name)?.opType ?? "");
}

export interface TensorOutputs {
  readonly model: ModelProto;
  /** Names of the outputs that are left out. */
  readonly leftOut: readonly string[];
}

/** The same object where every output is a tensor; a graph with none that is stays as it is, for the runtime to refuse. */
export function withTensorOutputs(model: ModelProto): TensorOutputs {
  const view = new GraphView(model);
  const names = (isTensor: boolean): string[] =>
    view.graph.output.filter((info) => isTensorOutput(view, info) === isTensor).map((o) => o.name);
  const [kept, leftOut] = [names(true), names(false)];
  if (leftOut.length === 0 || kept.length === 0) return { model, leftOut: [] };
  return { model: cutGraph(model, kept), leftOut };
}
