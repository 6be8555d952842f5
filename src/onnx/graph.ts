/** An ONNX graph to read (GraphView) and to extend (GraphBuilder). */
import { LabError } from "../errors/labError.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ELEMENT_TYPE, graphOf, makeNode, makeValueInfo, replaceGraph } from "./proto.ts";
import type {
  Attributes,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./proto.ts";
import { constantNodeValue, protoFromTensor, tensorFromProto, tensorTypeOf } from "./tensorData.ts";
import { isDefaultDomain } from "./validate.ts";

/** Runs an ONNX model (serialized) on named inputs; without `outputs` it returns every graph output. */
export type GraphRunner = (
  model: Uint8Array,
  feeds: Record<string, Tensor>,
  outputs?: string[],
) => Promise<Record<string, Tensor>>;

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
function topologicalOrder(
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

export interface NodeDetails {
  readonly attributes?: Attributes;
  readonly domain?: string;
  /** Number of outputs (default 1), or their exact names. */
  readonly outputs?: number | readonly string[];
}

/** A model under construction: starts as a copy of `model` (weights shared) and grows. */
export class GraphBuilder {
  readonly opset: number;
  readonly #model: ModelProto;
  readonly #opsets: Map<string, number>;
  readonly #nodes: NodeProto[];
  readonly #initializers: TensorProto[];
  readonly #inputs: ValueInfoProto[];
  #outputs: ValueInfoProto[];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, string>();
  #counter = 0;

  constructor(model: ModelProto) {
    const graph = graphOf(model);
    this.#model = model;
    this.#opsets = new Map(
      model.opsetImport.map((opset) => [
        isDefaultDomain(opset.domain) ? "" : opset.domain,
        Number(opset.version),
      ]),
    );
    this.opset = this.#opsets.get("") ?? 0;
    this.#nodes = [...graph.node];
    this.#initializers = [...graph.initializer];
    this.#inputs = [...graph.input];
    this.#outputs = [...graph.output];
    for (const info of graph.input) this.#names.add(info.name);
    for (const tensor of graph.initializer) this.#names.add(tensor.name);
    for (const node of graph.node) this.#reserve(node);
  }

  #reserve(node: NodeProto): void {
    this.#names.add(node.name);
    for (const name of node.output) this.#names.add(name);
    for (const attribute of node.attribute) {
      // Names inside subgraphs share one scope with ours.
      for (const inner of attribute.g?.node ?? []) this.#reserve(inner);
      for (const tensor of attribute.g?.initializer ?? []) this.#names.add(tensor.name);
    }
  }

  /** A name not yet used in the graph. */
  fresh(stem: string): string {
    if (!this.#names.has(stem)) {
      this.#names.add(stem);
      return stem;
    }
    let name: string;
    do {
      name = `${stem}_${this.#counter++}`;
    } while (this.#names.has(name));
    this.#names.add(name);
    return name;
  }

  isTaken(name: string): boolean {
    return this.#names.has(name);
  }

  /** Appends a node and returns its first output. */
  add(opType: string, inputs: readonly string[], details: NodeDetails = {}): string {
    return this.addMany(opType, inputs, details)[0]!;
  }

  /** Appends a node and returns all its outputs. */
  addMany(opType: string, inputs: readonly string[], details: NodeDetails = {}): string[] {
    const wanted = details.outputs ?? 1;
    const outputs =
      typeof wanted === "number"
        ? Array.from({ length: wanted }, () => this.fresh(`${opType}_out`))
        : [...wanted];
    for (const name of outputs) this.#names.add(name);
    if (details.domain !== undefined && !this.#opsets.has(details.domain)) {
      this.#opsets.set(details.domain, 1);
    }
    this.#nodes.push(
      makeNode(opType, inputs, outputs, {
        name: this.fresh(`${opType}_node`),
        ...(details.domain === undefined ? {} : { domain: details.domain }),
        ...(details.attributes === undefined ? {} : { attributes: details.attributes }),
      }),
    );
    return outputs;
  }

  /** Appends a ready-made node. */
  addNode(node: NodeProto): void {
    this.#reserve(node);
    this.#nodes.push(node);
  }

  /** Puts `next` where `current` stands. */
  replaceNode(current: NodeProto, next: NodeProto): void {
    const index = this.#nodes.indexOf(current);
    if (index < 0) throw new LabError("internal", `internal: ${nodeLabel(current)} is not here`);
    this.#reserve(next);
    this.#nodes[index] = next;
  }

  /** Replaces all nodes, e.g. after rewiring. */
  setNodes(nodes: readonly NodeProto[]): void {
    this.#nodes.splice(0, this.#nodes.length, ...nodes);
    for (const node of nodes) this.#reserve(node);
  }

  get nodes(): readonly NodeProto[] {
    return this.#nodes;
  }

  addInitializer(tensor: TensorProto): void {
    this.#names.add(tensor.name);
    this.#initializers.push(tensor);
  }

  /** A constant; equal small constants share one initializer. */
  constant(tensor: Tensor, stem = "const"): string {
    const small = tensor.data.length <= 64;
    const key = `${tensor.dtype}|${tensor.shape.join(",")}|${small ? tensor.data.join(",") : ""}`;
    const known = small ? this.#constants.get(key) : undefined;
    if (known !== undefined) return known;
    const name = this.fresh(stem);
    this.#initializers.push(protoFromTensor(name, tensor));
    if (small) this.#constants.set(key, name);
    return name;
  }

  /** Integers as a one-dimensional int64 constant. */
  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, (v) => BigInt(v));
    return this.constant({ dtype: "int64", data, shape: [values.length] }, "ints");
  }

  /** One integer as an int64 scalar. */
  int(value: number): string {
    return this.constant(
      { dtype: "int64", data: BigInt64Array.of(BigInt(value)), shape: [] },
      "int",
    );
  }

  /** One number as a float32 scalar. */
  float(value: number): string {
    return this.constant({ dtype: "float32", data: Float32Array.of(value), shape: [] }, "float");
  }

  addInput(name: string, elementType: number, dims: readonly (number | string)[]): string {
    if (this.#names.has(name)) {
      throw new LabError("graph-invalid", `The graph already has a value named "${name}".`);
    }
    this.#names.add(name);
    this.#inputs.push(makeValueInfo(name, elementType, dims));
    return name;
  }

  setInputs(inputs: readonly ValueInfoProto[]): void {
    this.#inputs.splice(0, this.#inputs.length, ...inputs);
    for (const info of inputs) this.#names.add(info.name);
  }

  addOutput(
    name: string,
    elementType: number = ELEMENT_TYPE.undefined,
    dims: readonly (number | string)[] | undefined = undefined,
  ): void {
    this.#outputs.push(makeValueInfo(name, elementType, dims));
  }

  setOutputs(outputs: readonly ValueInfoProto[]): void {
    this.#outputs = [...outputs];
  }

  /** Sum of `x` over `axes`; the axes are an input of ReduceSum since opset 13. */
  reduceSum(x: string, axes: readonly number[], keepDims: boolean): string {
    return this.add("ReduceSum", [x, this.ints(axes)], {
      attributes: { keepdims: { int: keepDims ? 1 : 0 } },
    });
  }

  /** Largest entry over `axes`; the axes became an input of ReduceMax in opset 18. */
  reduceMax(x: string, axes: readonly number[], keepDims: boolean): string {
    const attributes = { keepdims: { int: keepDims ? 1 : 0 } };
    return this.opset >= 18
      ? this.add("ReduceMax", [x, this.ints(axes)], { attributes })
      : this.add("ReduceMax", [x], { attributes: { ...attributes, axes: { ints: axes } } });
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.add("Reshape", [x, this.ints(shape)]);
  }

  /** The model so far: dead nodes and unused initializers dropped, nodes in a runnable order. */
  build(): ModelProto {
    const producers = new Map<string, NodeProto>();
    for (const node of this.#nodes) for (const name of node.output) producers.set(name, node);
    const live = new Set<NodeProto>();
    const used = new Set<string>();
    const stack = this.#outputs.map((info) => info.name);
    while (stack.length > 0) {
      const name = stack.pop()!;
      if (used.has(name)) continue;
      used.add(name);
      const node = producers.get(name);
      if (node === undefined || live.has(node)) continue;
      live.add(node);
      stack.push(...nodeReads(node));
    }
    const nodes = this.#nodes.filter((node) => live.has(node));
    const model = replaceGraph(
      this.#model,
      {
        node: topologicalOrder(nodes, producers),
        initializer: this.#initializers.filter((tensor) => used.has(tensor.name)),
        input: this.#inputs,
        output: this.#outputs,
        valueInfo: [],
      },
      Array.from(this.#opsets, ([domain, version]) => ({ domain, version })),
    );
    return model;
  }
}
