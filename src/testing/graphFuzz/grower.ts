/** A random graph under construction: a value grows by one operator after another. */
import type { RandomStream } from "../../numerics/random.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel, graphOf } from "../../onnx/messages.ts";
import type { Attributes, GraphProto } from "../../onnx/messages.ts";

/** A float value of the graph and its shape. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The operator's result; undefined where it does not fit the value. */
export type Step = (g: Grower, v: Value) => Value | undefined;

/** The same random choices give the same graph in float32 and float64. */
export class Grower {
  readonly b: GraphBuilder;
  readonly random: RandomStream;
  readonly opset: number;
  readonly type: number;
  /** Values made so far, for joins over a distance. */
  readonly earlier: Value[] = [];

  constructor(random: RandomStream, opset: number, type: number) {
    this.b = new GraphBuilder(emptyModel(opset, "fuzz", 8));
    this.random = random;
    this.opset = opset;
    this.type = type;
  }

  int(low: number, high: number): number {
    return low + this.random.integer(high - low + 1);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random.integer(list.length)]!;
  }

  /** A constant of numbers that float32 holds. */
  floats(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const data = Float32Array.from(values);
    return this.b.constant(
      this.type === ELEMENT_TYPE.float32
        ? { dtype: "float32", data, shape }
        : { dtype: "float64", data: Float64Array.from(data), shape },
    );
  }

  scalar(value: number): string {
    return this.floats([value], []);
  }

  noise(shape: readonly number[], scale = 1, shift = 0): string {
    const values = Array.from(
      { length: sizeOf(shape) },
      () => this.random.normal() * scale + shift,
    );
    return this.floats(values, shape);
  }

  op(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.b.add(opType, inputs, { attributes });
  }

  /** A result of the value's own shape. */
  same(v: Value, opType: string, attributes: Attributes = {}): Value {
    return { name: this.op(opType, [v.name], attributes), shape: v.shape };
  }

  /** Axes or sizes in the form of the operator set: an attribute before `since`, an input from then on. */
  withInts(
    [opType, since]: readonly [opType: string, since: number],
    v: Value,
    [name, values]: readonly [name: string, values: readonly number[]],
    more: Attributes = {},
  ): string {
    return this.opset < since
      ? this.op(opType, [v.name], { ...more, [name]: { ints: values } })
      : this.op(opType, [v.name, this.b.ints(values)], more);
  }

  axis(v: Value): number {
    return this.random.integer(v.shape.length);
  }

  /** An axis as it may be written, from the end where the operator set allows it. */
  written(axis: number, rank: number): number {
    return this.opset >= 13 && this.random.chance(0.4) ? axis - rank : axis;
  }

  /** A body for If and Loop, of names of its own. */
  body(build: (b: GraphBuilder) => void): GraphProto {
    const b = new GraphBuilder(emptyModel(this.opset, "body", 8));
    build(b);
    return graphOf(b.build());
  }
}

export const replaced = (shape: readonly number[], axis: number, size: number): number[] =>
  shape.map((dim, i) => (i === axis ? size : dim));
