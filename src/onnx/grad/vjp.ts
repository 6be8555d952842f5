/**
 * What a gradient rule sees and returns. A rule is the vector-Jacobian product (VJP) of one operator: from the gradients
 * of a node's outputs it appends nodes that compute the gradients of its inputs.
 */
import { LabError } from "../../errors/labError.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { nodeLabel } from "../graph.ts";
import type { GraphBuilder, NodeDetails } from "../graphBuilder.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import type { Attributes, NodeProto } from "../messages.ts";
import { numberToHalf, numbersOf } from "../tensorData.ts";

/** Which kernels the gradient graph may use. "webgpu" keeps to operators that have a WebGPU kernel. */
export type GradientTarget = "wasm" | "webgpu";

/**
 * Gradients of a node's inputs, by position: a value name, or undefined where none was wanted. A wanted input without a
 * gradient is an error of the rule, never a zero.
 */
export type InputGradients = readonly (string | undefined)[];

export type VjpRule = (vjp: Vjp) => InputGradients;

/** Facts that all rules of one differentiation share. */
export interface GradientContext {
  readonly builder: GraphBuilder;
  readonly target: GradientTarget;
  readonly shapeOf: (name: string) => readonly number[] | undefined;
  readonly typeOf: (name: string) => number;
  readonly valueOf: (name: string) => Tensor | undefined;
  /** Gives a node of the forward graph more outputs (e.g. the statistics of a normalization). */
  readonly extendOutputs: (node: NodeProto, count: number) => readonly string[];
  /** Notes that the node's gradient is a stand-in (straight-through), not a derivative. */
  readonly markSurrogate: (node: NodeProto) => void;
  /** An integer value as float32 of the same shape: what rules compute with on a quantized path. */
  readonly floatOf: (name: string) => string;
  /** A value remembered under a key for the whole differentiation. */
  readonly remember: (key: string, make: () => string) => string;
}

/** One node being differentiated, with the helpers rules are written in. */
export class Vjp {
  readonly node: NodeProto;
  readonly opset: number;
  readonly target: GradientTarget;
  readonly context: GradientContext;
  readonly #outputGradients: readonly (string | undefined)[];
  /** Positions of output gradients that the rule asked for. */
  readonly #read = new Set<number>();
  readonly #wanted: readonly boolean[];
  /** Positions of inputs that hold quantized integers, which the rule sees as numbers; empty off such paths. */
  readonly #integers: ReadonlySet<number>;
  readonly #builder: GraphBuilder;

  constructor(
    context: GradientContext,
    node: NodeProto,
    flow: {
      readonly outputGradients: readonly (string | undefined)[];
      readonly wanted: readonly boolean[];
      readonly integers?: ReadonlySet<number>;
    },
  ) {
    this.context = context;
    this.node = node;
    this.opset = context.builder.opset;
    this.target = context.target;
    this.#outputGradients = flow.outputGradients;
    this.#wanted = flow.wanted;
    this.#integers = flow.integers ?? new Set();
    this.#builder = context.builder;
  }

  /** Gradient of an output; undefined where nothing flows back. */
  gradientOf(output: number): string | undefined {
    this.#read.add(output);
    return this.#outputGradients[output];
  }

  /** @throws LabError when a gradient arrived at an output that the rule never asked for: it would be lost. */
  requireAllRead(): void {
    this.#outputGradients.forEach((gradient, i) => {
      if (gradient !== undefined && !this.#read.has(i)) {
        throw this.unsupported(
          `there is no rule for its output ${i} ("${this.node.output[i] ?? ""}")`,
        );
      }
    });
  }

  /** True when the gradient of this input is asked for. */
  wants(input: number): boolean {
    return this.#wanted[input] === true;
  }

  /** Name of an input; "" when the optional input is absent. */
  input(index: number): string {
    const name = this.node.input[index] ?? "";
    return this.#integers.has(index) ? this.context.floatOf(name) : name;
  }

  output(index = 0): string {
    const name = this.node.output[index] ?? "";
    return this.#integers.size > 0 && index === 0 ? this.context.floatOf(name) : name;
  }

  /** Gradient of the first output. */
  get dy(): string {
    const gradient = this.gradientOf(0);
    if (gradient === undefined) {
      throw this.unsupported("only a secondary output is differentiated");
    }
    return gradient;
  }

  /** The gradients as a list with one entry: that of input 0. */
  only(gradient: string): InputGradients {
    for (let i = 1; i < this.node.input.length; i++) {
      if (this.wants(i)) throw this.unsupported(`input ${i} depends on the differentiated value`);
    }
    return [this.wants(0) ? gradient : undefined];
  }

  shape(name: string): readonly number[] {
    const shape = this.context.shapeOf(name);
    if (shape === undefined) throw this.unsupported(`the shape of "${name}" is not known`);
    return shape;
  }

  get inputShape(): readonly number[] {
    return this.shape(this.input(0));
  }

  get outputShape(): readonly number[] {
    return this.shape(this.output(0));
  }

  type(name: string): number {
    return this.context.typeOf(name);
  }

  /** The constant value of an input; undefined when it is absent. @throws when it is computed at run time. */
  constant(index: number): Tensor | undefined {
    const name = this.node.input[index] ?? "";
    if (name === "") return undefined;
    const value = this.context.valueOf(name);
    if (value === undefined) {
      throw this.unsupported(`its input ${index} ("${name}") is only known at run time`);
    }
    return value;
  }

  /** Numbers of a constant input; undefined when it is absent. */
  numbers(index: number): number[] | undefined {
    const value = this.constant(index);
    return value === undefined ? undefined : numbersOf(value);
  }

  unsupported(reason: string): LabError {
    return new LabError(
      "graph-unsupported-op",
      `The gradient of node ${nodeLabel(this.node)} cannot be built: ${reason}.`,
      { where: this.node.name },
    );
  }

  /** An axis counted from the front. */
  axis(axis: number, rank: number): number {
    return axis < 0 ? axis + rank : axis;
  }

  // ---- node emitters -------------------------------------------------------------------------------------------

  op(opType: string, inputs: readonly string[], details: NodeDetails = {}): string {
    return this.#builder.add(opType, inputs, details);
  }

  ops(opType: string, inputs: readonly string[], details: NodeDetails): string[] {
    return this.#builder.addMany(opType, inputs, details);
  }

  ints(values: readonly number[]): string {
    return this.#builder.ints(values);
  }

  int(value: number): string {
    return this.#builder.int(value);
  }

  /** A constant tensor. */
  tensor(tensor: Tensor): string {
    return this.#builder.constant(tensor);
  }

  /** A scalar constant of the element type of `like`; for a value made by the rule itself, of input 0. */
  scalar(value: number, like: string): string {
    return this.scalarOfType(value, this.type(like) || this.type(this.input(0)));
  }

  /** Zeros of a shape, in the type of input 0. */
  zeros(shape: readonly number[]): string {
    return this.expand(this.scalar(0, this.input(0)), shape);
  }

  scalarOfType(value: number, elementType: number): string {
    switch (elementType) {
      case ELEMENT_TYPE.float16:
        return this.tensor({
          dtype: "float16",
          data: Uint16Array.of(numberToHalf(value)),
          shape: [],
        });
      case ELEMENT_TYPE.float64:
        return this.tensor({ dtype: "float64", data: Float64Array.of(value), shape: [] });
      case ELEMENT_TYPE.float32:
        return this.tensor({ dtype: "float32", data: Float32Array.of(value), shape: [] });
      default:
        throw this.unsupported(`element type ${elementType} carries no gradient`);
    }
  }

  /** A constant of two numbers. */
  pair(a: number, b: number, elementType: number): string {
    const both = [a, b].map((value) => this.reshape(this.scalarOfType(value, elementType), [1]));
    return this.op("Concat", both, { attributes: { axis: { int: 0 } } });
  }

  mul(a: string, b: string): string {
    return this.op("Mul", [a, b]);
  }

  add(a: string, b: string): string {
    return this.op("Add", [a, b]);
  }

  sub(a: string, b: string): string {
    return this.op("Sub", [a, b]);
  }

  div(a: string, b: string): string {
    return this.op("Div", [a, b]);
  }

  /** a / b, and 0 where b is 0; b may be broadcast. `like` tells the element type. */
  divideOrZero(a: string, b: string, like: string): string {
    const isZero = this.op("Equal", [b, this.scalar(0, like)]);
    const safe = this.op("Where", [isZero, this.scalar(1, like), b]);
    return this.op("Where", [isZero, this.scalar(0, like), this.div(a, safe)]);
  }

  neg(a: string): string {
    return this.op("Neg", [a]);
  }

  /** x times a number, in the element type of the named value `like`. */
  scale(x: string, factor: number, like: string): string {
    return factor === 1 ? x : this.mul(x, this.scalar(factor, like));
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.#builder.reshape(x, shape);
  }

  transpose(x: string, permutation: readonly number[]): string {
    return permutation.every((axis, i) => axis === i)
      ? x
      : this.op("Transpose", [x], { attributes: { perm: { ints: permutation } } });
  }

  reduceSum(x: string, axes: readonly number[], keepDims: boolean): string {
    return axes.length === 0 ? x : this.#builder.reduceSum(x, axes, keepDims);
  }

  reduceMax(x: string, axes: readonly number[], keepDims: boolean): string {
    return this.#builder.reduceMax(x, axes, keepDims);
  }

  /** Product over axes, kept at length 1; the axes became an input of ReduceProd in opset 18. */
  reduceProd(x: string, axes: readonly number[]): string {
    if (axes.length === 0) return x;
    return this.opset >= 18
      ? this.op("ReduceProd", [x, this.ints(axes)])
      : this.op("ReduceProd", [x], { attributes: { axes: { ints: axes } } });
  }

  /** Mean over axes as a sum times a constant: ReduceMean changed its signature between opsets, ReduceSum did not. */
  mean(x: string, shape: readonly number[], axes: readonly number[], like: string): string {
    const count = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
    // In half precision the sum could overflow where the mean does not.
    return this.type(like) === ELEMENT_TYPE.float16
      ? this.reduceSum(this.scale(x, 1 / count, like), axes, true)
      : this.scale(this.reduceSum(x, axes, true), 1 / count, like);
  }

  expand(x: string, shape: readonly number[]): string {
    return this.op("Expand", [x, this.ints(shape)]);
  }

  cast(x: string, elementType: number): string {
    return this.op("Cast", [x], { attributes: { to: { int: elementType } } });
  }

  /**
   * A scatter of float values. No CPU kernel scatters half precision: such values are widened around it.
   */
  scatter(
    opType: "ScatterElements" | "ScatterND",
    [data, indices, updates]: readonly [string, string, string],
    attributes: Attributes = {},
  ): string {
    const isHalf = this.type(this.node.input[0] ?? "") === ELEMENT_TYPE.float16;
    const wide = (x: string): string => (isHalf ? this.cast(x, ELEMENT_TYPE.float32) : x);
    const result = this.op(opType, [wide(data), indices, wide(updates)], { attributes });
    return isHalf ? this.cast(result, ELEMENT_TYPE.float16) : result;
  }

  /** Zero-pads (negative entries crop). `before` and `after` give one entry per axis. */
  pad(x: string, before: readonly number[], after: readonly number[], like: string): string {
    if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
    const zero = this.scalar(0, like);
    return this.op("Pad", [x, this.ints([...before, ...after]), zero]);
  }

  /** Sums a gradient of the broadcast shape `from` back to the shape `to`. */
  unbroadcast(gradient: string, from: readonly number[], to: readonly number[]): string {
    if (sameShape(from, to)) return gradient;
    const lead = from.length - to.length;
    const axes = from.flatMap((dim, i) =>
      i < lead || (to[i - lead] === 1 && dim !== 1) ? [i] : [],
    );
    const summed = this.reduceSum(gradient, axes, true);
    return lead === 0 ? summed : this.reshape(summed, to);
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Shape of the result of a broadcasting operator. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    return x === 1 ? y : x;
  });
}
