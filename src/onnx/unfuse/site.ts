/** One fused node that is being replaced: what is known of it, and the nodes that take its place. */
import { LabError } from "../../errors/labError.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { nodeLabel } from "../graph.ts";
import type { GraphBuilder, NodeDetails } from "../graphBuilder.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import type { NodeProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { intAttribute } from "../tensorData.ts";

/** Appends the nodes that compute what the fused node computes, up to its outputs by name. */
export type Decomposition = (site: FusedSite) => void;

/** Far below every score: such a key gets the weight 0, and no sum of scores overflows to NaN. */
export const HIDDEN = Math.fround(-3e38);

export class FusedSite {
  readonly node: NodeProto;
  readonly #builder: GraphBuilder;
  readonly #shapes: ShapeTable;

  constructor(builder: GraphBuilder, node: NodeProto, shapes: ShapeTable) {
    this.#builder = builder;
    this.node = node;
    this.#shapes = shapes;
  }

  /** The sentence for a form that has no exact decomposition here. */
  refuse(reason: string): LabError {
    return new LabError(
      "graph-fused-attention",
      `${nodeLabel(this.node)} cannot be taken apart: ${reason}.`,
      { where: this.node.name },
    );
  }

  /** Name of an input; "" where it is absent. */
  input(index: number): string {
    return this.node.input[index] ?? "";
  }

  has(index: number): boolean {
    return this.input(index) !== "";
  }

  /** @throws LabError for the first of these inputs that is given */
  refuseInputs(inputs: Readonly<Record<number, string>>): void {
    for (const [index, what] of Object.entries(inputs)) {
      if (this.has(Number(index))) throw this.refuse(`it has ${what}`);
    }
  }

  shape(index: number): readonly number[] {
    const shape = this.#shapes.shapes.get(this.input(index));
    if (shape === undefined) throw this.refuse(`the shape of its input ${index} is not known`);
    return shape;
  }

  type(index: number): number {
    return this.#shapes.types.get(this.input(index)) ?? ELEMENT_TYPE.undefined;
  }

  flag(name: string): boolean {
    return intAttribute(this.node, name, 0) !== 0;
  }

  op(opType: string, inputs: readonly string[], details?: NodeDetails): string {
    return this.#builder.add(opType, inputs, details);
  }

  /** Parts of a value along its axis, by their sizes. */
  split(x: string, axis: number, sizes: readonly number[]): string[] {
    return this.#builder.addMany("Split", [x, this.ints(sizes)], {
      attributes: { axis: { int: axis } },
      outputs: sizes.length,
    });
  }

  concat(parts: readonly string[], axis: number): string {
    return this.op("Concat", parts, { attributes: { axis: { int: axis } } });
  }

  transpose(x: string, permutation: readonly number[]): string {
    return this.op("Transpose", [x], { attributes: { perm: { ints: permutation } } });
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.#builder.reshape(x, shape);
  }

  ints(values: readonly number[]): string {
    return this.#builder.ints(values);
  }

  float(value: number): string {
    return this.#builder.float(value);
  }

  floats(data: Float32Array, shape: readonly number[]): string {
    return this.#builder.constant(floatTensor(data, shape));
  }

  cast(x: string, elementType: number): string {
    return this.op("Cast", [x], { attributes: { to: { int: elementType } } });
  }

  /** The input in float32, in which everything is computed. */
  wide(index: number): string {
    return this.type(index) === ELEMENT_TYPE.float32
      ? this.input(index)
      : this.cast(this.input(index), ELEMENT_TYPE.float32);
  }

  /** A readable name for an inner value, after the node. */
  named(what: string): string {
    return this.#builder.fresh(`${this.node.name || (this.node.output[0] ?? "")}/${what}`);
  }

  /** Gives an output of the node its value (float32), in the node's own type. Does nothing where nobody asks for it. */
  give(index: number, x: string): void {
    const name = this.node.output[index] ?? "";
    if (name === "") return;
    const type = this.type(0);
    const isWide = type === ELEMENT_TYPE.float32;
    this.op(isWide ? "Identity" : "Cast", [x], {
      outputs: [name],
      ...(isWide ? {} : { attributes: { to: { int: type } } }),
    });
  }
}
