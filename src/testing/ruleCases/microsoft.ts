/** Operators of com.microsoft that exporters and optimisers write. */
import { bytes, int, weights, x } from "./ruleCase.ts";
import type { RuleCase } from "./ruleCase.ts";

const microsoft = { domain: "com.microsoft" } as const;

/** Normalised sums in the forms that exporters write. */
export const SKIP_NORMALIZATIONS: Readonly<Record<string, readonly RuleCase[]>> = {
  SkipLayerNormalization: [
    {
      inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6]), weights(2, [6]), weights(3, [6])],
      outputs: ["normal", "", "", "sum"],
      ...microsoft,
    },
    {
      note: "no bias, nobody reads the sum",
      inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6]), weights(2, [6])],
      attributes: { epsilon: { float: 0.01 } },
      ...microsoft,
    },
  ],
  SkipSimplifiedLayerNormalization: [
    { inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6])], ...microsoft },
    {
      note: "with a bias, and the sum",
      inputs: [x([2, 3, 6]), x([2, 3, 6]), weights(1, [6]), weights(3, [6])],
      outputs: ["normal", "", "", "sum"],
      attributes: { epsilon: { float: 0.01 } },
      ...microsoft,
    },
  ],
};

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
  ...SKIP_NORMALIZATIONS,
  SimplifiedLayerNormalization: [],
  FusedConv: [
    {
      inputs: [x([1, 2, 5, 5]), weights(1, [3, 2, 3, 3]), weights(2, [3])],
      attributes: { activation: { string: "Relu" }, strides: { ints: [2, 2] } },
      ...microsoft,
    },
    ...(
      [
        ["LeakyRelu", [0.3]],
        ["Clip", [-0.5, 0.7]],
        ["HardSigmoid", [0.3, 0.4]],
      ] as const
    ).map(([activation, parameters]) => ({
      note: activation,
      inputs: [x([1, 2, 5, 5]), weights(1, [3, 2, 3, 3], 0.4), weights(2, [3])],
      attributes: {
        activation: { string: activation },
        activation_params: { floats: parameters },
      },
      ...microsoft,
    })),
  ],
  FusedGemm: [
    {
      inputs: [x([3, 4]), x([5, 4]), x([5])],
      attributes: { activation: { string: "Relu" }, transB: { int: 1 } },
      ...microsoft,
    },
    {
      note: "leaky, scaled",
      inputs: [x([3, 4]), x([4, 5]), x([3, 5])],
      attributes: {
        activation: { string: "LeakyRelu" },
        activation_alpha: { float: 0.3 },
        alpha: { float: 0.5 },
        beta: { float: 2 },
      },
      ...microsoft,
    },
  ],
  Trilu: [{ inputs: [x([3, 4]), int(1)], ...microsoft }],
  MatMulBnb4: [0, 1].map((kind) => ({
    note: kind === 0 ? "FP4" : "NF4",
    inputs: [
      x([2, 3, 40]),
      { constant: bytes("uint8", pseudoBytes(100), [100]) },
      weights(2, [13], 0.1),
    ],
    attributes: {
      quant_type: { int: kind },
      block_size: { int: 16 },
      N: { int: 5 },
      K: { int: 40 },
    },
    ...microsoft,
  })),
  MatMulNBits: [2, 4, 8].flatMap((bits) =>
    [false, true].map((zeros) => ({
      note: `${bits} bits${zeros ? ", zero points" : ""}`,
      inputs: [
        x([2, 3, 40]),
        {
          constant: bytes("uint8", pseudoBytes(5 * 2 * ((32 * bits) / 8)), [5, 2, (32 * bits) / 8]),
        },
        weights(2, [10], 0.1),
        ...(zeros
          ? [{ constant: bytes("uint8", pseudoBytes(bits === 8 ? 10 : 5), [bits === 8 ? 10 : 5]) }]
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
