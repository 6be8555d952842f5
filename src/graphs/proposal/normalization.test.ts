/** What is left to do to the pixels before a graph, whatever operators and order it does the rest in. */
import { expect, it } from "vitest";
import type { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { proposeEncoder } from "./encoderProposal.ts";
import { NORMALIZATIONS } from "../../model/normalizations.ts";

const IMAGENET = NORMALIZATIONS["ImageNet (DINOv2, DeiT, Swin, ConvNeXt, ResNet)"];
const HALF = NORMALIZATIONS["half (SigLIP, ViT, BEiT)"];
const { none } = NORMALIZATIONS;

type Build = (b: GraphBuilder, x: string) => string;

const perChannel = (b: GraphBuilder, values: readonly number[], shape: readonly number[]) =>
  b.constant(floatTensor(Float32Array.from(values), shape));
const first = (b: GraphBuilder, values: readonly number[]) => perChannel(b, values, [1, 3, 1, 1]);
const last = (b: GraphBuilder, values: readonly number[]) => perChannel(b, values, [3]);
const toFirst = (b: GraphBuilder, x: string) =>
  b.add("Transpose", [x], { attributes: { perm: { ints: [0, 3, 1, 2] } } });
const toFloat = (b: GraphBuilder, x: string) =>
  b.add("Cast", [x], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
const batchNorm =
  (mean: readonly number[], variance: readonly number[]): Build =>
  (b, x) =>
    b.add("BatchNormalization", [
      x,
      ...[[1.1, 0.9, 1.2], [0.1, -0.1, 0], mean, variance].map((values) =>
        perChannel(b, values, [3]),
      ),
    ]);
const mean255 = IMAGENET.mean.map((m) => 255 * m);
const std255 = IMAGENET.std.map((s) => 255 * s);

/** Pixels through `build` into a convolution. */
async function propose(
  build: Build,
  { layout = "NCHW", type = ELEMENT_TYPE.float32 as number } = {},
) {
  const shape = layout === "NHWC" ? ["N", 16, 16, 3] : ["N", 3, 16, 16];
  const model = tinyGraph(17, (b) => {
    const x = build(b, b.addInput("x", type, shape));
    const map = b.add("Conv", [x, b.constant(randomTensor(1, [8, 3, 4, 4]))], {
      attributes: { strides: { ints: [4, 4] } },
    });
    b.add("Flatten", [b.add("GlobalAveragePool", [map])], { outputs: ["y"] });
    b.addOutput("y", ELEMENT_TYPE.float32);
  });
  return (await proposeEncoder(model, nativeRunner)).proposal;
}

const UNIT = [0, 1];
const BYTES = [0, 255];

it.each<
  [string, Build, { range: readonly number[]; mean: readonly number[]; std: readonly number[] }]
>([
  [
    "Sub, Div",
    (b, x) => b.add("Div", [b.add("Sub", [x, first(b, IMAGENET.mean)]), first(b, IMAGENET.std)]),
    { range: UNIT, ...none },
  ],
  [
    "Mul, Add",
    (b, x) =>
      b.add("Add", [
        b.add("Mul", [
          x,
          first(
            b,
            IMAGENET.std.map((s) => 1 / s),
          ),
        ]),
        first(
          b,
          IMAGENET.mean.map((m, c) => -m / IMAGENET.std[c]!),
        ),
      ]),
    { range: UNIT, ...none },
  ],
  [
    "x 2 - 1",
    (b, x) => b.add("Sub", [b.add("Mul", [x, b.float(2)]), b.float(1)]),
    { range: UNIT, ...none },
  ],
  [
    "constants first: Add(-mean, x)",
    (b, x) =>
      b.add("Add", [
        first(
          b,
          IMAGENET.mean.map((m) => -m),
        ),
        x,
      ]),
    { range: UNIT, ...none },
  ],
  [
    "Sub of bytes",
    (b, x) => b.add("Div", [b.add("Sub", [x, first(b, mean255)]), first(b, std255)]),
    { range: BYTES, ...none },
  ],
  [
    "Caffe: only the mean of bytes",
    (b, x) => b.add("Sub", [x, first(b, [103.9, 116.8, 123.7])]),
    { range: BYTES, ...none },
  ],
  ["/ 255", (b, x) => b.add("Div", [x, b.float(255)]), { range: BYTES, ...none }],
  [
    "/ 127.5 - 1",
    (b, x) => b.add("Sub", [b.add("Div", [x, b.float(127.5)]), b.float(1)]),
    { range: BYTES, ...none },
  ],
  [
    "/ 255, then ImageNet",
    (b, x) =>
      b.add("Div", [
        b.add("Sub", [b.add("Mul", [x, b.float(1 / 255)]), first(b, IMAGENET.mean)]),
        first(b, IMAGENET.std),
      ]),
    { range: BYTES, ...none },
  ],
  [
    "x 255, then bytes",
    (b, x) => b.add("Sub", [b.add("Mul", [x, b.float(255)]), first(b, mean255)]),
    { range: UNIT, ...none },
  ],
  [
    "BatchNormalization of pixels 0 to 1",
    batchNorm([0.48, 0.46, 0.41], [0.05, 0.05, 0.06]),
    { range: UNIT, ...none },
  ],
  [
    "BatchNormalization of bytes",
    batchNorm(
      mean255,
      std255.map((s) => s * s),
    ),
    { range: BYTES, ...none },
  ],
  [
    "BatchNormalization of normalised pixels",
    batchNorm([0.02, -0.05, 0.01], [1.1, 0.9, 1]),
    { range: UNIT, ...IMAGENET },
  ],
  [
    "1 x 1 convolution by channel",
    (b, x) =>
      b.add(
        "Conv",
        [
          x,
          perChannel(
            b,
            IMAGENET.std.map((s) => 1 / s),
            [3, 1, 1, 1],
          ),
          perChannel(
            b,
            IMAGENET.mean.map((m, c) => -m / IMAGENET.std[c]!),
            [3],
          ),
        ],
        { attributes: { group: { int: 3 } } },
      ),
    { range: UNIT, ...none },
  ],
  [
    "InstanceNormalization",
    (b, x) => b.add("InstanceNormalization", [x, last(b, [1, 1, 1]), last(b, [0, 0, 0])]),
    { range: UNIT, ...none },
  ],
  [
    "Inception: ImageNet in, half out",
    (b, x) =>
      b.add("Add", [
        b.add("Mul", [
          x,
          first(
            b,
            IMAGENET.std.map((s) => s / 0.5),
          ),
        ]),
        first(
          b,
          IMAGENET.mean.map((m) => (m - 0.5) / 0.5),
        ),
      ]),
    { range: UNIT, ...IMAGENET },
  ],
  [
    "from -1 to 1 back to 0 to 1",
    (b, x) => b.add("Add", [b.add("Mul", [x, b.float(0.5)]), b.float(0.5)]),
    { range: UNIT, ...HALF },
  ],
  ["nothing", (_b, x) => x, { range: UNIT, ...IMAGENET }],
  [
    "only a cast",
    (b, x) => b.add("Cast", [toFloat(b, x)], { attributes: { to: { int: 1 } } }),
    { range: UNIT, ...IMAGENET },
  ],
])("%s", async (_name, build, expected) => {
  const { input, notices } = await propose(build);
  const { range, mean, std } = input;
  expect({ range, mean, std }).toEqual({
    range: expected.range,
    mean: expected.mean,
    std: expected.std,
  });
  // A guess says that it is one, and what is read off does not.
  const isGuess = expected.mean === IMAGENET.mean && !/Inception/.test(_name);
  expect(notices.some((notice) => notice.includes("is a guess"))).toBe(isGuess);
});

it.each<[string, Build]>([
  [
    "before the transpose",
    (b, x) =>
      toFirst(b, b.add("Div", [b.add("Sub", [x, last(b, IMAGENET.mean)]), last(b, IMAGENET.std)])),
  ],
  [
    "behind the transpose",
    (b, x) =>
      b.add("Div", [
        b.add("Sub", [toFirst(b, x), first(b, IMAGENET.mean)]),
        first(b, IMAGENET.std),
      ]),
  ],
  [
    "around the transpose",
    (b, x) =>
      b.add("Div", [toFirst(b, b.add("Sub", [x, last(b, IMAGENET.mean)])), first(b, IMAGENET.std)]),
  ],
  [
    "channel by channel",
    (b, x) => {
      const turned = toFirst(b, x);
      const parts = [0, 1, 2].map((c) =>
        b.add("Div", [
          b.add("Sub", [
            b.add("Slice", [turned, b.ints([c]), b.ints([c + 1]), b.ints([1])]),
            b.float(IMAGENET.mean[c]!),
          ]),
          b.float(IMAGENET.std[c]!),
        ]),
      );
      return b.add("Concat", parts, { attributes: { axis: { int: 1 } } });
    },
  ],
  [
    "as BGR",
    (b, x) => {
      const turned = b.add("Gather", [toFirst(b, x), b.ints([2, 1, 0])], {
        attributes: { axis: { int: 1 } },
      });
      return b.add("Sub", [turned, first(b, IMAGENET.mean.toReversed())]);
    },
  ],
])("own normalisation of channels last is found %s", async (_name, build) => {
  const { input, notices } = await propose(build, { layout: "NHWC" });
  expect(input).toMatchObject({ layout: "NHWC", range: UNIT, ...none });
  expect(notices.join(" ")).toContain("normalise its pixels itself");
});

it.each([
  ["uint8", ELEMENT_TYPE.uint8, BYTES],
  ["int32", ELEMENT_TYPE.int32, BYTES],
  ["int64", ELEMENT_TYPE.int64, BYTES],
  ["int8", ELEMENT_TYPE.int8, [-128, 127]],
])(
  "%s pixels are fed as whole numbers and have a gradient where they are only moved and cast",
  async (_name, type, range) => {
    const { input, obstacles, notices } = await propose((b, x) => toFloat(b, toFirst(b, x)), {
      layout: "NHWC",
      type,
    });
    expect(input).toMatchObject({ layout: "NHWC", range, ...none });
    expect(notices.join(" ")).toContain("whole numbers");
    expect(obstacles).toEqual([]);
  },
);

it("says that whole pixels have no gradient where the graph computes with them", async () => {
  const { input, obstacles } = await propose(
    (b, x) => {
      const two = b.constant({ dtype: "uint8", data: Uint8Array.of(2), shape: [1] });
      return toFirst(b, toFloat(b, b.add("Div", [x, two])));
    },
    { layout: "NHWC", type: ELEMENT_TYPE.uint8 },
  );
  expect(input).toMatchObject({ range: BYTES, pixels: "uint8", ...none });
  expect(obstacles).toEqual([
    { node: 'input "x"', reason: expect.stringContaining("no gradient") },
  ]);
});

it("half-precision pixels are pixels", async () => {
  const { input } = await propose(
    (b, x) =>
      toFloat(
        b,
        b.add("Div", [
          x,
          b.constant({ dtype: "float16", data: Uint16Array.of(0x5bf8), shape: [1] }),
        ]),
      ),
    { type: ELEMENT_TYPE.float16 },
  );
  expect(input).toMatchObject({ pixels: "float", range: BYTES, ...none });
});
