/** Fused attention and rotary embeddings in the forms that exporters and optimisers write. */
import { floatTensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { randomTensor } from "../tinyGraphs.ts";
import { bytes, weights, x } from "./ruleCase.ts";
import type { RuleCase } from "./ruleCase.ts";

const microsoft = { domain: "com.microsoft" } as const;
const heads = (count: number): NonNullable<RuleCase["attributes"]> => ({
  num_heads: { int: count },
});

function int32(values: readonly number[], shape: readonly number[]): { constant: Tensor } {
  return { constant: { dtype: "int32", data: Int32Array.from(values), shape } };
}
function int64(values: readonly number[], shape: readonly number[]): { constant: Tensor } {
  return { constant: { dtype: "int64", data: BigInt64Array.from(values, BigInt), shape } };
}

/** Cosines or sines of a table [positions, half]. */
function table(
  of: (angle: number) => number,
  positions: number,
  half: number,
): { constant: Tensor } {
  const data = Float32Array.from({ length: positions * half }, (_, i) =>
    of(Math.floor(i / half) / 50 ** ((i % half) / half)),
  );
  return { constant: floatTensor(data, [positions, half]) };
}
const cos = (positions: number, half: number) => table(Math.cos, positions, half);
const sin = (positions: number, half: number) => table(Math.sin, positions, half);
const empty = (shape: readonly number[]): { constant: Tensor } => ({
  constant: floatTensor(new Float32Array(0), shape),
});

/** A prompt of 5 places, 4 heads of 16 channels on 2 groups. */
function grouped(
  note: string,
  attributes: NonNullable<RuleCase["attributes"]>,
  more: { readonly packed?: boolean; readonly extra?: RuleCase["inputs"] } = {},
): RuleCase {
  const rotary = "do_rotary" in attributes;
  return {
    note,
    inputs: [
      ...(more.packed
        ? ([x([1, 5, 128]), "absent", "absent"] as const)
        : [x([1, 5, 64]), x([1, 5, 32]), x([1, 5, 32])]),
      empty([1, 2, 0, 16]),
      empty([1, 2, 0, 16]),
      int32([4], [1]),
      int32([5], []),
      ...(rotary ? [cos(9, 8), sin(9, 8)] : (["absent", "absent"] as const)),
      ...(more.extra ?? []),
    ],
    attributes: { num_heads: { int: 4 }, kv_num_heads: { int: 2 }, ...attributes },
    outputs: ["mixed", "present_key", "present_value"],
    differentiated: [0, 1, 2],
    ...microsoft,
  };
}

const qkv = [x([2, 4, 12]), x([2, 5, 12]), x([2, 5, 12])] as const;

export const FUSED_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  MultiHeadAttention: [
    { inputs: qkv, attributes: heads(3), ...microsoft },
    {
      note: "biases, scale, a score bias",
      inputs: [...qkv, weights(4, [36]), "absent", x([1, 3, 4, 5])],
      attributes: { ...heads(3), scale: { float: 0.3 } },
      ...microsoft,
    },
    {
      note: "padded keys",
      inputs: [...qkv, "absent", int32([1, 1, 1, 0, 1, 1, 1, 0, 0, 0], [2, 5])],
      attributes: heads(3),
      ...microsoft,
    },
    {
      note: "key lengths",
      inputs: [...qkv, "absent", int32([3, 5], [2])],
      attributes: heads(3),
      ...microsoft,
    },
    {
      note: "keys and values in heads",
      inputs: [x([2, 4, 12]), x([2, 3, 5, 4]), x([2, 3, 5, 4])],
      attributes: heads(3),
      ...microsoft,
    },
    {
      note: "values of another width",
      inputs: [x([2, 4, 12]), x([2, 5, 12]), x([2, 5, 18])],
      attributes: heads(3),
      ...microsoft,
    },
    {
      note: "causal, after earlier steps",
      inputs: [
        x([2, 4, 12]),
        x([2, 4, 12]),
        x([2, 4, 12]),
        "absent",
        "absent",
        "absent",
        x([2, 3, 2, 4]),
        x([2, 3, 2, 4]),
      ],
      attributes: { ...heads(3), unidirectional: { int: 1 } },
      outputs: ["mixed", "present_key", "present_value"],
      ...microsoft,
    },
  ],
  Attention: [
    {
      inputs: [x([2, 4, 6]), weights(1, [6, 36], 0.5), weights(2, [36])],
      attributes: heads(3),
      ...microsoft,
    },
    {
      note: "causal, padded, other scale",
      inputs: [
        x([2, 4, 6]),
        weights(1, [6, 36], 0.5),
        weights(2, [36]),
        int32([1, 1, 1, 1, 1, 1, 0, 0], [2, 4]),
      ],
      attributes: { ...heads(3), unidirectional: { int: 1 }, scale: { float: 0.4 } },
      ...microsoft,
    },
    {
      note: "values of another width, a score bias",
      inputs: [
        x([2, 4, 6]),
        weights(1, [6, 30], 0.5),
        weights(2, [30]),
        "absent",
        "absent",
        x([2, 3, 4, 4]),
      ],
      attributes: { ...heads(3), qkv_hidden_sizes: { ints: [12, 12, 6] } },
      ...microsoft,
    },
    {
      note: "key lengths",
      inputs: [x([2, 4, 6]), weights(1, [6, 36], 0.5), weights(2, [36]), int32([2, 4], [2])],
      attributes: heads(3),
      ...microsoft,
    },
  ],
  GroupQueryAttention: [
    grouped("plain", {}),
    grouped("rotary inside", { do_rotary: { int: 1 } }),
    grouped("packed, rotary inside", { do_rotary: { int: 1 } }, { packed: true }),
    grouped("interleaved rotary", { do_rotary: { int: 1 }, rotary_interleaved: { int: 1 } }),
    grouped("window of 2, scale", { local_window_size: { int: 2 }, scale: { float: 0.2 } }),
    grouped("softcap", { softcap: { float: 1.5 } }),
    grouped("smooth softmax", { smooth_softmax: { int: 1 } }),
    grouped(
      "position ids, a score bias",
      { do_rotary: { int: 1 } },
      { extra: [int64([2, 3, 4, 5, 6], [1, 5]), x([1, 1, 5, 5])] },
    ),
    grouped("a sink per head", {}, { extra: ["absent", "absent", weights(9, [4])] }),
  ],
  RotaryEmbedding: [
    {
      inputs: [x([2, 4, 24]), int64([0, 1, 2, 3, 3, 4, 5, 6], [2, 4]), cos(9, 4), sin(9, 4)],
      ...microsoft,
    },
    {
      note: "in heads, from a position on, interleaved",
      inputs: [x([2, 3, 4, 8]), int64([2], [1]), cos(9, 4), sin(9, 4)],
      attributes: { interleaved: { int: 1 } },
      ...microsoft,
    },
    {
      note: "a part of the channels",
      inputs: [x([1, 4, 24]), int64([0, 1, 2, 3], [1, 4]), cos(9, 2), sin(9, 2)],
      attributes: { num_heads: { int: 3 }, rotary_embedding_dim: { int: 4 } },
      ...microsoft,
    },
  ],
};

const floatMask = randomTensor(3, [5, 6]);

/** The same of the default operator set. */
export const ONNX_FUSED_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Attention: [
    { inputs: [x([2, 3, 5, 4]), x([2, 3, 6, 4]), x([2, 3, 6, 4])], opset: 23 },
    {
      note: "three dimensions, groups, causal, scale",
      inputs: [x([2, 5, 16]), x([2, 5, 8]), x([2, 5, 8])],
      attributes: {
        q_num_heads: { int: 4 },
        kv_num_heads: { int: 2 },
        is_causal: { int: 1 },
        scale: { float: 0.3 },
      },
      opset: 23,
    },
    {
      note: "a mask of numbers",
      inputs: [x([2, 3, 5, 4]), x([2, 3, 6, 4]), x([2, 3, 6, 4]), { constant: floatMask }],
      opset: 23,
    },
    {
      note: "a mask of truth values",
      inputs: [
        x([1, 2, 3, 4]),
        x([1, 2, 4, 4]),
        x([1, 2, 4, 4]),
        { constant: bytes("bool", [1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1], [3, 4]) },
      ],
      opset: 23,
    },
    {
      note: "softcap",
      inputs: [x([1, 2, 3, 4]), x([1, 2, 4, 4]), x([1, 2, 4, 4])],
      attributes: { softcap: { float: 1.5 } },
      opset: 23,
    },
    {
      note: "softcap beside a mask of numbers",
      inputs: [x([1, 2, 5, 4]), x([1, 2, 6, 4]), x([1, 2, 6, 4]), { constant: floatMask }],
      attributes: { softcap: { float: 1.5 } },
      opset: 23,
    },
    {
      note: "after earlier steps, causal",
      inputs: [
        x([1, 2, 3, 4]),
        x([1, 2, 3, 4]),
        x([1, 2, 3, 4]),
        "absent",
        x([1, 2, 2, 4]),
        x([1, 2, 2, 4]),
      ],
      attributes: { is_causal: { int: 1 } },
      outputs: ["mixed", "present_key", "present_value"],
      opset: 23,
    },
  ],
  RotaryEmbedding: [
    {
      inputs: [x([2, 3, 4, 8]), cos(9, 4), sin(9, 4), int64([0, 1, 2, 3, 3, 4, 5, 6], [2, 4])],
      opset: 23,
    },
    {
      note: "three dimensions, interleaved, rows already chosen",
      inputs: [
        x([2, 4, 24]),
        { constant: randomTensor(5, [2, 4, 4]) },
        { constant: randomTensor(6, [2, 4, 4]) },
      ],
      attributes: { num_heads: { int: 3 }, interleaved: { int: 1 } },
      opset: 23,
    },
    {
      note: "a part of the channels",
      inputs: [x([1, 2, 4, 8]), cos(9, 2), sin(9, 2), int64([0, 1, 2, 3], [1, 4])],
      attributes: { rotary_embedding_dim: { int: 4 } },
      opset: 23,
    },
  ],
};
