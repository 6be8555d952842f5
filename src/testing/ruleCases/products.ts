import { ints, weights, x } from "./ruleCase.ts";
import type { AttributeValue } from "../../onnx/messages.ts";
import type { RuleCase } from "./ruleCase.ts";

const convAttributes = (
  kernel: number[],
  strides: number[],
  pads: number[],
  { dilations, group = 1 }: { readonly dilations: number[]; readonly group?: number },
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
      note: "trace of one operand, diagonal of the other",
      inputs: [x([3, 3, 2]), x([3, 3])],
      attributes: { equation: { string: "iik,jj->i" } },
    },
    {
      note: "diagonal, three times",
      inputs: [x([3, 3, 3])],
      attributes: { equation: { string: "iii->i" } },
    },
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
      attributes: convAttributes([3, 3], [3, 2], [1, 1, 1, 1], { dilations: [1, 1] }),
    },
    {
      note: "patches",
      inputs: [x([1, 2, 9, 8]), weights(1, [3, 2, 4, 4])],
      attributes: convAttributes([4, 4], [4, 4], [0, 0, 0, 0], { dilations: [1, 1] }),
    },
    {
      note: "grouped, dilated, lopsided padding",
      inputs: [x([1, 4, 7, 9]), weights(1, [6, 2, 3, 2])],
      attributes: convAttributes([3, 2], [1, 2], [2, 0, 1, 3], { dilations: [2, 3], group: 2 }),
    },
    {
      note: "depthwise",
      inputs: [x([1, 3, 6, 6]), weights(1, [3, 1, 5, 5])],
      attributes: convAttributes([5, 5], [1, 1], [2, 2, 2, 2], { dilations: [1, 1], group: 3 }),
    },
    {
      note: "depthwise, dilated, lopsided padding",
      inputs: [x([1, 3, 7, 6]), weights(1, [3, 1, 3, 2])],
      attributes: convAttributes([3, 2], [1, 1], [4, 0, 1, 3], { dilations: [2, 3], group: 3 }),
    },
    {
      note: "depthwise, wide padding",
      inputs: [x([1, 2, 4, 4]), weights(1, [2, 1, 2, 2])],
      attributes: convAttributes([2, 2], [1, 1], [2, 1, 1, 2], { dilations: [1, 1], group: 2 }),
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
      note: "output shape, padded at the front first",
      inputs: [x([1, 2, 4, 3]), weights(1, [2, 3, 3, 2])],
      attributes: { strides: { ints: [2, 3] }, output_shape: { ints: [8, 7] } },
    },
    {
      note: "output shape, padded at the end first",
      inputs: [x([1, 2, 4, 3]), weights(1, [2, 3, 3, 2])],
      attributes: {
        strides: { ints: [2, 1] },
        output_shape: { ints: [8, 3] },
        auto_pad: { string: "SAME_UPPER" },
      },
    },
    {
      note: "padded the same",
      inputs: [x([1, 2, 4, 3]), weights(1, [2, 3, 3, 3])],
      attributes: { strides: { ints: [2, 1] }, auto_pad: { string: "SAME_LOWER" } },
    },
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
      attributes: convAttributes([3, 3], [2, 2], [1, 1, 1, 1], { dilations: [1, 1] }),
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
      note: "p = 1",
      inputs: [x([1, 2, 5, 6])],
      attributes: { kernel_shape: { ints: [2, 2] }, p: { int: 1 } },
      opset: 18,
    },
    {
      note: "p = 3, strided, padded the same",
      inputs: [x([1, 2, 5, 6])],
      attributes: {
        kernel_shape: { ints: [3, 2] },
        strides: { ints: [2, 2] },
        auto_pad: { string: "SAME_LOWER" },
        p: { int: 3 },
      },
      opset: 18,
    },
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
  GlobalLpPool: [
    { inputs: [x([2, 3, 4, 5])] },
    { note: "p = 4", inputs: [x([2, 3, 4, 5])], attributes: { p: { int: 4 } } },
  ],
};

function withoutGroup(rule: RuleCase): RuleCase {
  const { group: _group, ...attributes } = rule.attributes ?? {};
  return { ...rule, attributes };
}
