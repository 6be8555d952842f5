import { bytes, int, ints, numbers, weights, x } from "./ruleCase.ts";
import type { AttributeValue } from "../../onnx/proto.ts";
import type { RuleCase } from "./ruleCase.ts";

/** Reduction over axes given both ways: as an attribute and as an input. */
const reduction = (scale = 1, shift = 0): RuleCase[] => [
  {
    note: "axes as attribute",
    inputs: [x([2, 3, 4], scale, shift)],
    attributes: { axes: { ints: [-1, 0] }, keepdims: { int: 0 } },
    opset: 17,
  },
  { note: "axes as input", inputs: [x([2, 3, 4], scale, shift), ints(1)], opset: 18 },
  { note: "all axes", inputs: [x([2, 3], scale, shift)], opset: 18 },
];

const convAttributes = (
  kernel: number[],
  strides: number[],
  pads: number[],
  dilations: number[],
  group = 1,
): Readonly<Record<string, AttributeValue>> => ({
  kernel_shape: { ints: kernel },
  strides: { ints: strides },
  pads: { ints: pads },
  dilations: { ints: dilations },
  group: { int: group },
});

export const LINALG_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  MatMul: [
    { note: "matrices", inputs: [x([3, 4]), x([4, 2])] },
    { note: "batch times weight", inputs: [x([2, 3, 4]), x([4, 2])] },
    { note: "broadcast batches", inputs: [x([2, 1, 3, 4]), x([5, 4, 2])] },
    { note: "vector left", inputs: [x([4]), x([2, 4, 3])] },
    { note: "vector right", inputs: [x([2, 3, 4]), x([4])] },
    { note: "two vectors", inputs: [x([4]), x([4])] },
    { note: "constant weight", inputs: [x([2, 3, 4]), weights(1, [4, 5])] },
  ],
  Gemm: [
    { note: "plain", inputs: [x([3, 4]), x([4, 2]), x([2])] },
    {
      note: "transposed, scaled",
      inputs: [x([4, 3]), x([2, 4]), x([3, 1])],
      attributes: {
        transA: { int: 1 },
        transB: { int: 1 },
        alpha: { float: 0.7 },
        beta: { float: 1.5 },
      },
    },
    { note: "no bias", inputs: [x([3, 4]), x([4, 2])], attributes: { alpha: { float: 0.5 } } },
  ],
  Einsum: [
    {
      note: "attention scores",
      inputs: [x([2, 3, 4, 2]), x([2, 5, 4, 2])],
      attributes: { equation: { string: "bqhd,bkhd->bhqk" } },
    },
    {
      note: "summed label",
      inputs: [x([2, 3]), x([2])],
      attributes: { equation: { string: "ij,i->i" } },
    },
    {
      note: "implicit result",
      inputs: [x([2, 3]), x([3, 4])],
      attributes: { equation: { string: "ij,jk" } },
    },
    {
      note: "ellipsis",
      inputs: [x([2, 5, 3]), x([3, 4])],
      attributes: { equation: { string: "...i,ij->...j" } },
    },
    {
      note: "ellipsis that broadcasts, implicit result",
      inputs: [x([2, 1, 3]), x([2, 4, 3])],
      attributes: { equation: { string: "...i,...i" } },
    },
  ],
};

export const CONV_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Conv: [
    {
      note: "stride with remainder",
      inputs: [x([2, 2, 8, 7]), weights(1, [3, 2, 3, 3]), weights(2, [3])],
      attributes: convAttributes([3, 3], [3, 2], [1, 1, 1, 1], [1, 1]),
    },
    {
      note: "patches",
      inputs: [x([1, 2, 9, 8]), weights(1, [3, 2, 4, 4])],
      attributes: convAttributes([4, 4], [4, 4], [0, 0, 0, 0], [1, 1]),
    },
    {
      note: "grouped, dilated, lopsided padding",
      inputs: [x([1, 4, 7, 9]), weights(1, [6, 2, 3, 2])],
      attributes: convAttributes([3, 2], [1, 2], [2, 0, 1, 3], [2, 3], 2),
    },
    {
      note: "depthwise",
      inputs: [x([1, 3, 6, 6]), weights(1, [3, 1, 5, 5])],
      attributes: convAttributes([5, 5], [1, 1], [2, 2, 2, 2], [1, 1], 3),
    },
    {
      note: "depthwise, dilated, lopsided padding",
      inputs: [x([1, 3, 7, 6]), weights(1, [3, 1, 3, 2])],
      attributes: convAttributes([3, 2], [1, 1], [4, 0, 1, 3], [2, 3], 3),
    },
    {
      note: "depthwise, wide padding",
      inputs: [x([1, 2, 4, 4]), weights(1, [2, 1, 2, 2])],
      attributes: convAttributes([2, 2], [1, 1], [2, 1, 1, 2], [1, 1], 2),
    },
    {
      note: "SAME_UPPER",
      inputs: [x([1, 2, 7, 8]), weights(1, [3, 2, 3, 2])],
      attributes: { auto_pad: { string: "SAME_UPPER" }, strides: { ints: [2, 3] } },
    },
    {
      note: "SAME_LOWER",
      inputs: [x([1, 2, 8, 7]), weights(1, [3, 2, 3, 4])],
      attributes: { auto_pad: { string: "SAME_LOWER" }, strides: { ints: [2, 2] } },
    },
    {
      note: "one dimension, bias differentiated",
      inputs: [x([2, 2, 9]), weights(1, [3, 2, 4]), x([3])],
      attributes: { strides: { ints: [2] } },
    },
    {
      note: "three dimensions",
      inputs: [x([1, 1, 4, 5, 4]), weights(1, [2, 1, 2, 3, 2])],
      attributes: { pads: { ints: [1, 0, 0, 0, 1, 1] } },
    },
    {
      note: "large padding",
      inputs: [x([1, 1, 3, 3]), weights(1, [1, 1, 2, 2])],
      attributes: { pads: { ints: [3, 2, 2, 3] } },
    },
  ],
  Col2Im: [
    {
      note: "overlapping blocks, padding, two channels",
      inputs: [x([2, 18, 20]), ints(5, 4), ints(3, 3)],
      attributes: { pads: { ints: [1, 1, 1, 1] } },
      opset: 18,
    },
    {
      note: "stride and dilation",
      inputs: [x([1, 4, 4]), ints(6, 5), ints(2, 2)],
      attributes: { strides: { ints: [3, 2] }, dilations: { ints: [2, 2] } },
      opset: 18,
    },
  ],
  ConvTranspose: [
    {
      note: "stride, padding, output padding",
      inputs: [x([2, 2, 3, 4]), weights(1, [2, 3, 3, 3]), weights(2, [3])],
      attributes: {
        strides: { ints: [2, 3] },
        pads: { ints: [1, 0, 1, 2] },
        output_padding: { ints: [1, 2] },
      },
    },
    {
      note: "grouped, dilated",
      inputs: [x([1, 4, 3, 3]), weights(1, [4, 2, 2, 2])],
      attributes: { group: { int: 2 }, dilations: { ints: [2, 1] } },
    },
  ],
  MaxPool: [
    {
      note: "overlapping",
      inputs: [x([2, 2, 7, 8])],
      attributes: convAttributes([3, 3], [2, 2], [1, 1, 1, 1], [1, 1]),
    },
    {
      note: "ceil mode, dilated",
      inputs: [x([1, 1, 8, 7])],
      attributes: {
        kernel_shape: { ints: [2, 3] },
        strides: { ints: [3, 2] },
        dilations: { ints: [2, 1] },
        ceil_mode: { int: 1 },
      },
    },
    {
      note: "old operator set (masked views)",
      inputs: [x([1, 2, 6, 6])],
      attributes: {
        kernel_shape: { ints: [3, 2] },
        strides: { ints: [2, 1] },
        pads: { ints: [1, 0, 0, 1] },
      },
      opset: 13,
    },
  ].map((rule) => withoutGroup(rule)),
  AveragePool: [
    {
      note: "padding not counted",
      inputs: [x([1, 2, 7, 6])],
      attributes: {
        kernel_shape: { ints: [3, 2] },
        strides: { ints: [2, 2] },
        pads: { ints: [1, 0, 1, 1] },
      },
    },
    {
      note: "padding counted",
      inputs: [x([1, 2, 5, 6])],
      attributes: {
        kernel_shape: { ints: [3, 3] },
        pads: { ints: [1, 1, 1, 1] },
        count_include_pad: { int: 1 },
      },
    },
    {
      note: "ceil mode",
      inputs: [x([1, 1, 8, 8])],
      attributes: {
        kernel_shape: { ints: [3, 3] },
        strides: { ints: [2, 2] },
        ceil_mode: { int: 1 },
      },
      opset: 19,
    },
  ],
  LpPool: [
    {
      inputs: [x([1, 2, 5, 6])],
      attributes: {
        kernel_shape: { ints: [2, 3] },
        strides: { ints: [1, 2] },
        pads: { ints: [0, 1, 1, 0] },
      },
      opset: 18,
    },
  ],
  GlobalAveragePool: [{ inputs: [x([2, 3, 4, 5])] }],
  GlobalMaxPool: [{ inputs: [x([2, 3, 4, 5])] }],
  GlobalLpPool: [{ inputs: [x([2, 3, 4, 5])] }],
};

function withoutGroup(rule: RuleCase): RuleCase {
  const { group: _group, ...attributes } = rule.attributes ?? {};
  return { ...rule, attributes };
}

export const REDUCTION_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  ReduceSum: [
    { inputs: [x([2, 3, 4]), ints(0, -1)], attributes: { keepdims: { int: 0 } } },
    { note: "all", inputs: [x([2, 3])] },
    {
      note: "no axes, no operation",
      inputs: [x([2, 3])],
      attributes: { noop_with_empty_axes: { int: 1 } },
    },
  ],
  ReduceMean: reduction(),
  ReduceMax: reduction(),
  ReduceMin: reduction(),
  ReduceProd: reduction(0.3, 1.5),
  ReduceL1: reduction(),
  ReduceL2: reduction(),
  ReduceSumSquare: reduction(),
  ReduceLogSum: reduction(0.2, 2),
  ReduceLogSumExp: reduction(),
};

export const NORMALIZATION_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Softmax: [
    { inputs: [x([2, 3, 4])] },
    { note: "middle axis", inputs: [x([2, 3, 4])], attributes: { axis: { int: 1 } } },
  ],
  LogSoftmax: [
    { inputs: [x([2, 5])] },
    { note: "first axis", inputs: [x([3, 4])], attributes: { axis: { int: 0 } } },
  ],
  LayerNormalization: [
    { inputs: [x([2, 3, 6]), x([6]), x([6])] },
    {
      note: "two axes, no bias",
      inputs: [x([2, 3, 6]), x([3, 6])],
      attributes: { axis: { int: 1 }, epsilon: { float: 0.01 } },
    },
  ],
  RMSNormalization: [
    { inputs: [x([2, 3, 6]), x([6])], attributes: { epsilon: { float: 0.01 } }, opset: 23 },
  ],
  SimplifiedLayerNormalization: [
    { inputs: [x([2, 3, 6]), x([6])], attributes: { axis: { int: -1 }, epsilon: { float: 0.01 } } },
  ],
  BatchNormalization: [
    {
      inputs: [
        x([2, 3, 4, 2]),
        weights(1, [3]),
        weights(2, [3]),
        weights(3, [3]),
        numbers(0.5, 1.5, 2),
      ],
    },
  ],
  InstanceNormalization: [{ inputs: [x([2, 3, 4, 2]), weights(1, [3]), weights(2, [3])] }],
  GroupNormalization: [
    {
      note: "scale per channel",
      inputs: [x([2, 6, 3, 2]), weights(1, [6]), weights(2, [6])],
      attributes: { num_groups: { int: 2 } },
      opset: 21,
    },
    {
      note: "scale per group",
      inputs: [x([2, 6, 3, 2]), weights(1, [2]), weights(2, [2])],
      attributes: { num_groups: { int: 2 } },
      opset: 18,
    },
  ],
  LpNormalization: [
    { inputs: [x([2, 5])] },
    { note: "p = 1", inputs: [x([2, 5])], attributes: { p: { int: 1 }, axis: { int: 0 } } },
  ],
  LRN: [
    {
      inputs: [x([2, 5, 2, 2])],
      attributes: {
        size: { int: 3 },
        alpha: { float: 0.5 },
        beta: { float: 0.6 },
        bias: { float: 1.2 },
      },
    },
  ],
};

const microsoft = { domain: "com.microsoft" } as const;

export const MICROSOFT_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  FusedMatMul: [
    {
      note: "both transposed, scaled",
      inputs: [x([2, 4, 3]), x([2, 5, 4])],
      attributes: { transA: { int: 1 }, transB: { int: 1 }, alpha: { float: 0.5 } },
      ...microsoft,
    },
    {
      note: "weight transposed",
      inputs: [x([2, 3, 4]), x([5, 4])],
      attributes: { transB: { int: 1 } },
      ...microsoft,
    },
  ],
  Gelu: [{ inputs: [x([2, 5])], ...microsoft }],
  BiasGelu: [{ inputs: [x([2, 5]), x([5])], ...microsoft }],
  FastGelu: [
    { inputs: [x([2, 5]), x([5])], ...microsoft },
    { note: "no bias", inputs: [x([2, 5])], ...microsoft },
  ],
  QuickGelu: [{ inputs: [x([2, 5])], ...microsoft }],
  SkipLayerNormalization: [
    {
      inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6]), weights(2, [6]), weights(3, [6])],
      outputs: ["normal", "", "", "sum"],
      ...microsoft,
    },
  ],
  SkipSimplifiedLayerNormalization: [
    { inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6])], ...microsoft },
  ],
  SimplifiedLayerNormalization: [],
  FusedConv: [
    {
      inputs: [x([1, 2, 5, 5]), weights(1, [3, 2, 3, 3]), weights(2, [3])],
      attributes: { activation: { string: "Relu" }, strides: { ints: [2, 2] } },
      ...microsoft,
    },
  ],
  Trilu: [{ inputs: [x([3, 4]), int(1)], ...microsoft }],
  MatMulNBits: [4, 8].flatMap((bits) =>
    [false, true].map((zeros) => ({
      note: `${bits} bits${zeros ? ", zero points" : ""}`,
      inputs: [
        x([2, 3, 40]),
        {
          constant: bytes("uint8", pseudoBytes(5 * 2 * ((32 * bits) / 8)), [5, 2, (32 * bits) / 8]),
        },
        weights(2, [10], 0.1),
        ...(zeros
          ? [{ constant: bytes("uint8", pseudoBytes(bits === 4 ? 5 : 10), [bits === 4 ? 5 : 10]) }]
          : []),
      ],
      attributes: {
        bits: { int: bits },
        block_size: { int: 32 },
        N: { int: 5 },
        K: { int: 40 },
      },
      ...microsoft,
    })),
  ),
};

function pseudoBytes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 89 + 37) % 256);
}
