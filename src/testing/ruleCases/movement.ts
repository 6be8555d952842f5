import { int64Tensor } from "../../tensor/tensor.ts";
import { bytes, int, ints, numbers, weights, x } from "./ruleCase.ts";
import type { RuleCase } from "./ruleCase.ts";

export const MOVEMENT_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  Reshape: [{ inputs: [x([2, 6]), ints(3, -1)] }],
  Flatten: [{ inputs: [x([2, 3, 4])], attributes: { axis: { int: 2 } } }],
  Squeeze: [{ inputs: [x([2, 1, 3]), ints(1)] }, { note: "all", inputs: [x([1, 2, 1])] }],
  Unsqueeze: [{ inputs: [x([2, 3]), ints(0, -1)] }],
  Transpose: [
    { inputs: [x([2, 3, 4])], attributes: { perm: { ints: [2, 0, 1] } } },
    { note: "default order", inputs: [x([2, 3, 4])] },
  ],
  Expand: [
    { inputs: [x([3, 1]), ints(2, 3, 4)] },
    { note: "target smaller than input", inputs: [x([2, 3]), ints(1)] },
  ],
  Tile: [{ inputs: [x([2, 3]), ints(3, 2)] }],
  Concat: [{ inputs: [x([2, 3]), x([2, 1]), x([2, 2])], attributes: { axis: { int: -1 } } }],
  Split: [
    { inputs: [x([2, 6]), ints(1, 2, 3)], attributes: { axis: { int: 1 } }, outputs: 3 },
    {
      note: "one piece read",
      inputs: [x([2, 6]), ints(1, 2, 3)],
      attributes: { axis: { int: 1 } },
      outputs: 3,
      differentiated: [1],
    },
    {
      note: "equal parts",
      inputs: [x([4, 3])],
      attributes: { axis: { int: 0 }, num_outputs: { int: 2 } },
      outputs: 2,
      opset: 18,
    },
  ],
  Slice: [
    { inputs: [x([4, 6]), ints(1, -3), ints(3, 1000), ints(0, 1)] },
    { note: "no axes", inputs: [x([4, 6]), ints(1, 2), ints(3, 5)] },
    { note: "steps", inputs: [x([5, 7]), ints(1, 0), ints(5, 7), ints(0, 1), ints(2, 3)] },
    {
      note: "backwards",
      inputs: [x([5, 7]), ints(-1, 5), ints(-1000, 1), ints(0, 1), ints(-1, -2)],
    },
    {
      note: "backwards to the front, as INT64_MIN",
      inputs: [x([5, 2]), ints(3), ints(-9007199254740991), ints(0), ints(-1)],
    },
  ],
  Gather: [
    { note: "one entry", inputs: [x([2, 5, 3]), int(0)], attributes: { axis: { int: 1 } } },
    { note: "negative index", inputs: [x([2, 5, 3]), int(-1)], attributes: { axis: { int: 1 } } },
    { note: "a run", inputs: [x([5, 3]), ints(2, 3, 4)] },
    { note: "a subset", inputs: [x([5, 3]), ints(4, 0, 2)] },
    {
      note: "a permutation",
      inputs: [x([3, 4]), ints(2, 0, 3, 1)],
      attributes: { axis: { int: 1 } },
    },
    { note: "repeats", inputs: [x([3, 4]), ints(1, 1, -1, 1)], attributes: { axis: { int: 1 } } },
    {
      note: "matrix of indices",
      inputs: [x([5, 3]), { constant: int64Tensor([4, 0, 0, 2, 1, 3], [2, 3]) }],
    },
    {
      note: "run-time indices",
      inputs: [x([2, 5, 3]), { feed: int64Tensor([4, -1, 2], [3]) }],
      attributes: { axis: { int: 1 } },
    },
    {
      note: "run-time scalar",
      inputs: [x([2, 5]), { feed: int64Tensor([3], []) }],
      attributes: { axis: { int: 1 } },
    },
  ],
  GatherElements: [
    {
      inputs: [x([3, 4]), { feed: int64Tensor([0, 3, 3, 1, 2, 0], [3, 2]) }],
      attributes: { axis: { int: 1 } },
    },
  ],
  GatherND: [{ inputs: [x([3, 4, 2]), { feed: int64Tensor([0, 1, 2, 3, 0, 1], [3, 2]) }] }],
  OneHot: [
    {
      inputs: [{ feed: int64Tensor([0, 2, -1], [3]) }, ints(4), { x: [2] }],
      attributes: { axis: { int: 0 } },
    },
  ],
  Compress: [
    {
      note: "along an axis",
      inputs: [x([3, 4]), { constant: bytes("bool", [0, 1, 1], [3]) }],
      attributes: { axis: { int: 0 } },
    },
    { note: "flat", inputs: [x([2, 3]), { constant: bytes("bool", [1, 0, 0, 1, 1], [5]) }] },
  ],
  ReverseSequence: [
    { inputs: [x([4, 3, 2]), { feed: int64Tensor([2, 4, 1], [3]) }] },
    {
      note: "batch first",
      inputs: [x([2, 4]), { feed: int64Tensor([3, 2], [2]) }],
      attributes: { batch_axis: { int: 0 }, time_axis: { int: 1 } },
    },
  ],
  CenterCropPad: [
    { note: "odd differences", inputs: [x([5, 4]), ints(2, 7)], opset: 18 },
    {
      note: "one axis",
      inputs: [x([2, 6, 3]), ints(3)],
      attributes: { axes: { ints: [1] } },
      opset: 18,
    },
  ],
  ScatterND: [
    ...["max", "min"].map((reduction) => ({
      note: reduction,
      inputs: [x([4, 3]), { feed: int64Tensor([2, 0, 2], [3, 1]) }, x([3, 3])],
      attributes: { reduction: { string: reduction } },
      opset: 18,
    })),
    {
      note: "mul",
      inputs: [x([4, 3]), { feed: int64Tensor([2, 0, 2], [3, 1]) }, weights(1, [3, 3])],
      attributes: { reduction: { string: "mul" } },
      opset: 16,
    },
    { inputs: [x([4, 3]), { feed: int64Tensor([2, 0], [2, 1]) }, x([2, 3])] },
    {
      note: "adding",
      inputs: [x([4, 3]), { feed: int64Tensor([2, 2], [2, 1]) }, x([2, 3])],
      attributes: { reduction: { string: "add" } },
    },
  ],
  ScatterElements: [
    ...["max", "min"].map((reduction) => ({
      note: reduction,
      inputs: [x([3, 4]), { feed: int64Tensor([0, 0, 3, 1, 2, 2], [3, 2]) }, x([3, 2])],
      attributes: { axis: { int: 1 }, reduction: { string: reduction } },
      opset: 18,
    })),
    {
      inputs: [x([3, 4]), { feed: int64Tensor([0, 3, 3, 1, 2, 0], [3, 2]) }, x([3, 2])],
      attributes: { axis: { int: 1 } },
    },
    {
      note: "adding",
      inputs: [x([3, 4]), { feed: int64Tensor([0, 0, 3, 1, 2, 2], [3, 2]) }, x([3, 2])],
      attributes: { axis: { int: 1 }, reduction: { string: "add" } },
    },
  ],
  Pad: [
    {
      note: "cropped, then wrapped around",
      inputs: [x([2, 5]), ints(0, 2, 1, -2)],
      attributes: { mode: { string: "wrap" } },
      opset: 19,
    },
    {
      note: "cropped, then mirrored",
      inputs: [x([2, 5]), ints(0, -1, 1, 3)],
      attributes: { mode: { string: "reflect" } },
      opset: 19,
    },
    { inputs: [x([2, 3]), ints(1, 0, 2, 1)] },
    { note: "cropping", inputs: [x([4, 5]), ints(-1, 2, 0, -2)] },
    { note: "named axes", inputs: [x([2, 3, 4]), ints(1, 2), "absent", ints(-1)], opset: 18 },
    {
      note: "reflect",
      inputs: [x([2, 4]), ints(0, 3, 0, 2)],
      attributes: { mode: { string: "reflect" } },
    },
    {
      note: "edge",
      inputs: [x([3, 4]), ints(2, 1, 1, 3)],
      attributes: { mode: { string: "edge" } },
    },
    {
      note: "wrap",
      inputs: [x([3, 4]), ints(0, 2, 0, 3)],
      attributes: { mode: { string: "wrap" } },
      opset: 19,
    },
  ],
  DepthToSpace: [
    { inputs: [x([2, 8, 2, 3])], attributes: { blocksize: { int: 2 } } },
    {
      note: "CRD",
      inputs: [x([2, 8, 2, 3])],
      attributes: { blocksize: { int: 2 }, mode: { string: "CRD" } },
    },
  ],
  SpaceToDepth: [{ inputs: [x([2, 2, 4, 6])], attributes: { blocksize: { int: 2 } } }],
  Trilu: [
    { inputs: [x([2, 3, 4])] },
    { note: "lower, shifted", inputs: [x([3, 4]), int(1)], attributes: { upper: { int: 0 } } },
  ],
  TopK: [
    { inputs: [x([3, 5]), ints(2)], outputs: 2, differentiated: [0] },
    {
      note: "smallest along the first axis",
      inputs: [x([5, 2]), ints(3)],
      attributes: { axis: { int: 0 }, largest: { int: 0 } },
      outputs: 2,
      differentiated: [0],
    },
  ],
  Dropout: [{ inputs: [x([2, 3])] }],
  Resize: [
    {
      note: "linear, half pixel",
      inputs: [x([1, 2, 3, 4]), "absent", numbers(1, 1, 2, 1.5)],
      attributes: { mode: { string: "linear" } },
    },
    {
      note: "cubic, sizes (interpolated position embeddings)",
      inputs: [x([1, 2, 4, 5]), "absent", "absent", ints(1, 2, 6, 3)],
      attributes: {
        mode: { string: "cubic" },
        cubic_coeff_a: { float: -0.75 },
        coordinate_transformation_mode: { string: "pytorch_half_pixel" },
      },
    },
    {
      note: "nearest, asymmetric, floor",
      inputs: [x([1, 1, 3, 3]), "absent", numbers(1, 1, 2, 2)],
      attributes: {
        mode: { string: "nearest" },
        coordinate_transformation_mode: { string: "asymmetric" },
        nearest_mode: { string: "floor" },
      },
    },
    {
      note: "nearest, half pixel, shrinking",
      inputs: [x([1, 1, 7, 5]), "absent", "absent", ints(1, 1, 3, 4)],
    },
    {
      note: "align corners",
      inputs: [x([1, 1, 3, 4]), "absent", "absent", ints(1, 1, 5, 2)],
      attributes: {
        mode: { string: "linear" },
        coordinate_transformation_mode: { string: "align_corners" },
      },
    },
    {
      note: "antialiased linear, shrinking",
      inputs: [x([1, 1, 8, 9]), "absent", "absent", ints(1, 1, 3, 4)],
      attributes: { mode: { string: "linear" }, antialias: { int: 1 } },
      opset: 18,
    },
    {
      note: "antialiased cubic, shrinking",
      inputs: [x([1, 1, 9, 8]), "absent", "absent", ints(1, 1, 4, 4)],
      attributes: {
        mode: { string: "cubic" },
        antialias: { int: 1 },
        cubic_coeff_a: { float: -0.5 },
      },
      opset: 18,
    },
    {
      note: "a part cut out, with a border outside",
      inputs: [
        x([1, 1, 5, 6]),
        numbers(0, 0, 0.2, -0.1, 1, 1, 0.7, 1.2),
        "absent",
        ints(1, 1, 4, 5),
      ],
      attributes: {
        mode: { string: "linear" },
        coordinate_transformation_mode: { string: "tf_crop_and_resize" },
        extrapolation_value: { float: 0.3 },
      },
    },
    {
      note: "sizes made one scale",
      inputs: [x([1, 1, 5, 7]), "absent", "absent", ints(8, 9)],
      attributes: {
        mode: { string: "linear" },
        axes: { ints: [2, 3] },
        keep_aspect_ratio_policy: { string: "not_larger" },
      },
      opset: 18,
    },
    {
      note: "a scale that leaves the size as it is",
      inputs: [x([1, 1, 4, 5]), "absent", numbers(1, 1, 1.1, 1.15)],
      attributes: { mode: { string: "linear" } },
    },
    {
      note: "antialiased, one axis of the same size",
      inputs: [x([1, 1, 3, 8]), "absent", numbers(1, 1, 1.3, 0.5)],
      attributes: { mode: { string: "linear" }, antialias: { int: 1 } },
      opset: 18,
    },
    {
      note: "cubic, borders excluded",
      inputs: [x([1, 1, 5, 5]), "absent", numbers(1, 1, 1.6, 2)],
      attributes: { mode: { string: "cubic" }, exclude_outside: { int: 1 } },
    },
  ],
};
