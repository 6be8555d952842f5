/** An ONNX graph to extend. */
import { LabError, fault } from "../errors/labError.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { nodeLabel, nodeReads, topologicalOrder } from "./graph.ts";
import {
  ELEMENT_TYPE,
  graphOf,
  isDefaultDomain,
  makeNode,
  makeValueInfo,
  replaceGraph,
} from "./messages.ts";
import type { Attributes, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "./messages.ts";
import { protoFromTensor } from "./tensorData.ts";

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
    if (index < 0) throw fault(`${nodeLabel(current)} is not here`);
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
