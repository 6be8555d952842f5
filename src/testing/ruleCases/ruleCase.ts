/** One operator on small inputs, as a graph to be checked by central differences. */
import type { AttributeValue } from "../../onnx/messages.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import { floatInput, randomTensor, tinyGraph } from "../tinyGraphs.ts";
import type { GradientCase } from "../tinyGraphs.ts";

/** How an input of the operator is given. */
type CaseInput =
  /** A float graph input that the gradient is taken for: normal numbers of this shape. */
  | { readonly x: readonly number[]; readonly scale?: number; readonly shift?: number }
  /** The same with given numbers. */
  | { readonly values: Tensor }
  /** An initializer. */
  | { readonly constant: Tensor }
  /** A graph input that is not differentiated. */
  | { readonly feed: Tensor }
  | "absent";

export interface RuleCase {
  /** What is special about it, where an operator has several cases. */
  readonly note?: string;
  readonly inputs: readonly CaseInput[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  readonly domain?: string;
  /** Number of outputs, or names with "" for outputs left out; only float outputs get a cotangent. */
  readonly outputs?: number | readonly string[];
  /** Outputs that get a cotangent, by position; all float ones when absent. */
  readonly differentiated?: readonly number[];
}

export const x = (shape: readonly number[], scale = 1, shift = 0): CaseInput => ({
  x: shape,
  scale,
  shift,
});
export const weights = (
  seed: number,
  shape: readonly number[],
  scale = 1,
  shift = 0,
): CaseInput => ({
  constant: randomTensor(seed, shape, scale, shift),
});
export const ints = (...values: number[]): CaseInput => ({
  constant: int64Tensor(values, [values.length]),
});
export const int = (value: number): CaseInput => ({ constant: int64Tensor([value], []) });
export const number = (value: number): CaseInput => ({
  constant: floatTensor(Float32Array.of(value), []),
});
export const numbers = (...values: number[]): CaseInput => ({
  constant: floatTensor(Float32Array.from(values), [values.length]),
});
export const bytes = (
  dtype: "uint8" | "int8" | "bool",
  values: readonly number[],
  shape: readonly number[],
): Tensor => ({
  dtype,
  data: dtype === "int8" ? Int8Array.from(values) : Uint8Array.from(values),
  shape,
});

/** The graph of a case, its feeds, and the inputs to differentiate. */
export function graphOfCase(op: string, rule: RuleCase): GradientCase {
  const feeds: Record<string, Tensor> = {};
  const wrt: string[] = [];
  const outputs: string[] = [];
  const model = tinyGraph(rule.opset ?? 17, (b) => {
    const names = rule.inputs.map((input, i) => {
      if (input === "absent") return "";
      if ("constant" in input) return b.constant(input.constant);
      const name = `input_${i}`;
      if ("feed" in input) {
        feeds[name] = input.feed;
        const type = { int64: 7, bool: 9, float32: 1, uint8: 2 }[input.feed.dtype as "int64"];
        return b.addInput(name, type, input.feed.shape);
      }
      const tensor =
        "values" in input
          ? input.values
          : randomTensor(11 + i, input.x, input.scale ?? 1, input.shift ?? 0);
      feeds[name] = tensor;
      wrt.push(name);
      return floatInput(b, name, tensor.shape);
    });
    const made = b.addMany(op, names, {
      ...(rule.attributes === undefined ? {} : { attributes: rule.attributes }),
      ...(rule.domain === undefined ? {} : { domain: rule.domain }),
      outputs: typeof rule.outputs === "object" ? rule.outputs : (rule.outputs ?? 1),
    });
    const kept = rule.differentiated ?? made.map((_, i) => i).filter((i) => made[i] !== "");
    for (const i of kept) {
      b.addOutput(made[i]!);
      outputs.push(made[i]!);
    }
  });
  return rule.differentiated === undefined ? { model, feeds, wrt } : { model, feeds, wrt, outputs };
}
