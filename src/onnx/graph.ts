/** An ONNX graph to read. */
import { LabError } from "../errors/labError.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { graphOf, isDefaultDomain } from "./messages.ts";
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "./messages.ts";
import { constantNodeValue, tensorFromProto, tensorTypeOf } from "./tensorData.ts";

/** Runs an ONNX model (serialized) on named inputs; without `outputs` it returns every graph output. */
export interface GraphRunner {
  (
    model: Uint8Array,
    feeds: Record<string, Tensor>,
    outputs?: string[],
  ): Promise<Record<string, Tensor>>;
  /** Where this one folds constants first: the same, node by node in the graph's own order. */
  readonly asWritten?: GraphRunner;
}

/** One sentence that names a node: its operator, and its own name or first output. */
export function nodeLabel(node: NodeProto): string {
  return `${node.opType} "${node.name === "" ? (node.output[0] ?? "") : node.name}"`;
}

/** Names that a node reads, including those its subgraphs (If, Loop) capture from outside. */
export function nodeReads(node: NodeProto): string[] {
  const reads = node.input.filter((name) => name !== "");
  for (const attribute of node.attribute) {
    if (attribute.g !== undefined) reads.push(...capturedBy(attribute.g));
    for (const graph of attribute.graphs) reads.push(...capturedBy(graph));
  }
  return reads;
}

function capturedBy(graph: GraphProto): string[] {
  const own = new Set<string>([
    ...graph.input.map((info) => info.name),
    ...graph.initializer.map((tensor) => tensor.name),
  ]);
  for (const node of graph.node) for (const name of node.output) own.add(name);
  const captured: string[] = [];
  for (const node of graph.node) {
    for (const name of nodeReads(node)) if (!own.has(name)) captured.push(name);
  }
  for (const output of graph.output) if (!own.has(output.name)) captured.push(output.name);
  return captured;
}

/** A read-only index of a model's main graph. */
export class GraphView {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  /** Version of the default operator set. */
  readonly opset: number;
  /** Nodes in an order in which every value is made before it is read. */
  readonly nodes: readonly NodeProto[];
  /** Inputs a caller must feed: graph inputs without those that are initializers. */
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly string[];
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, NodeProto[]>();
  readonly #initializers = new Map<string, TensorProto>();

  /**
   * @throws LabError "graph-invalid" when a value is made twice, read but never made, an output is missing, or the
   *   nodes form a cycle.
   */
  constructor(model: ModelProto) {
    this.model = model;
    this.graph = graphOf(model);
    this.opset = Number(
      model.opsetImport.find((opset) => isDefaultDomain(opset.domain))?.version ?? 0n,
    );
    for (const tensor of this.graph.initializer) this.#initializers.set(tensor.name, tensor);
    this.inputs = this.graph.input.filter((info) => !this.#initializers.has(info.name));
    this.outputs = this.graph.output.map((info) => info.name);
    const inputNames = new Set(this.graph.input.map((info) => info.name));
    for (const node of this.graph.node) {
      for (const name of node.output) {
        if (name === "") continue;
        if (this.#producers.has(name) || inputNames.has(name) || this.#initializers.has(name)) {
          throw new LabError("graph-invalid", `The value "${name}" of the graph is made twice.`);
        }
        this.#producers.set(name, node);
      }
    }
    for (const node of this.graph.node) {
      for (const name of nodeReads(node)) {
        if (!this.#producers.has(name) && !inputNames.has(name) && !this.#initializers.has(name)) {
          throw new LabError(
            "graph-invalid",
            `Node ${nodeLabel(node)} reads the value "${name}", which nothing makes.`,
          );
        }
        const consumers = this.#consumers.get(name);
        if (consumers === undefined) this.#consumers.set(name, [node]);
        else if (consumers.at(-1) !== node) consumers.push(node);
      }
    }
    for (const name of this.outputs) {
      if (!this.has(name)) {
        throw new LabError("graph-invalid", `The graph output "${name}" is made by no node.`);
      }
    }
    this.nodes = topologicalOrder(this.graph.node, this.#producers);
  }

  has(name: string): boolean {
    return (
      this.#producers.has(name) ||
      this.#initializers.has(name) ||
      this.graph.input.some((info) => info.name === name)
    );
  }

  producer(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  consumers(name: string): readonly NodeProto[] {
    return this.#consumers.get(name) ?? [];
  }

  initializer(name: string): TensorProto | undefined {
    return this.#initializers.get(name);
  }

  input(name: string): ValueInfoProto | undefined {
    return this.inputs.find((info) => info.name === name);
  }

  isOutput(name: string): boolean {
    return this.outputs.includes(name);
  }

  /** The value of an initializer or Constant node; undefined for anything computed or of an unreadable type. */
  constant(name: string): Tensor | undefined {
    const initializer = this.#initializers.get(name);
    if (initializer !== undefined) {
      return tensorTypeOf(initializer.dataType) === undefined
        ? undefined
        : tensorFromProto(initializer);
    }
    const node = this.#producers.get(name);
    return node?.opType === "Constant" && isDefaultDomain(node.domain)
      ? constantNodeValue(node)
      : undefined;
  }
}

/** Kahn's algorithm, stable: nodes already in order keep it. */
export function topologicalOrder(
  nodes: readonly NodeProto[],
  producers: ReadonlyMap<string, NodeProto>,
): NodeProto[] {
  const made = new Set<string>();
  const order: NodeProto[] = [];
  let pending = [...nodes];
  // In a sorted graph one sweep places everything; each further sweep places at least one node or there is a cycle.
  const waiting = new Map<NodeProto, number>();
  const readers = new Map<string, NodeProto[]>();
  const ready: NodeProto[] = [];
  const place = (node: NodeProto): void => {
    order.push(node);
    for (const name of node.output) if (name !== "") made.add(name);
  };
  let sorted = true;
  for (const node of pending) {
    if (!nodeReads(node).every((name) => made.has(name) || !producers.has(name))) {
      sorted = false;
      break;
    }
    place(node);
  }
  if (sorted) return order;
  order.length = 0;
  made.clear();
  for (const node of pending) {
    const missing = new Set(nodeReads(node).filter((name) => producers.has(name)));
    waiting.set(node, missing.size);
    for (const name of missing) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
    if (missing.size === 0) ready.push(node);
  }
  for (let i = 0; i < ready.length; i++) {
    const node = ready[i]!;
    place(node);
    for (const name of node.output) {
      for (const reader of readers.get(name) ?? []) {
        const left = waiting.get(reader)! - 1;
        waiting.set(reader, left);
        if (left === 0) ready.push(reader);
      }
    }
  }
  if (order.length !== nodes.length) {
    pending = nodes.filter((node) => !order.includes(node));
    throw new LabError(
      "graph-invalid",
      `The graph has a cycle through node ${nodeLabel(pending[0]!)}.`,
    );
  }
  return order;
}
