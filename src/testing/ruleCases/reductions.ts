/** Reductions and normalizations to be checked by central differences. */
import { floatTensor } from "../../tensor/tensor.ts";
import { ints, numbers, weights, x } from "./ruleCase.ts";
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
  {
    note: "no axes: each entry by itself",
    inputs: [x([2, 3], scale, shift)],
    attributes: { noop_with_empty_axes: { int: 1 } },
    opset: 18,
  },
];

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
  ReduceProd: [
    ...reduction(0.3, 1.5),
    {
      note: "rows without a zero, with one, with two",
      inputs: [{ values: floatTensor(Float32Array.of(2, -1, 3, 0, 2, 4, 0, 5, 0), [3, 3]) }],
      attributes: { axes: { ints: [1] } },
    },
  ],
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
  MeanVarianceNormalization: [
    { inputs: [x([2, 3, 2, 2])] },
    { note: "one axis", inputs: [x([3, 5])], attributes: { axes: { ints: [-1] } } },
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
