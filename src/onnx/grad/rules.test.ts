import { describe, expect, it } from "vitest";
import { ACTIVATION_CASES, ELEMENTWISE_CASES } from "../../testing/ruleCases/elementwise.ts";
import { MOVEMENT_CASES } from "../../testing/ruleCases/movement.ts";
import { MICROSOFT_CASES } from "../../testing/ruleCases/microsoft.ts";
import { CONV_CASES, LINALG_CASES } from "../../testing/ruleCases/products.ts";
import { NORMALIZATION_CASES, REDUCTION_CASES } from "../../testing/ruleCases/reductions.ts";
import { graphOfCase } from "../../testing/ruleCases/ruleCase.ts";
import type { RuleCase } from "../../testing/ruleCases/ruleCase.ts";
import { checkCase } from "../../testing/tinyGraphs.ts";
import { webgpuFallbacks } from "../check.ts";
import type { ModelProto } from "../messages.ts";
import { MICROSOFT_QUANTIZATION_RULES, QUANTIZATION_RULES } from "./quantization.ts";
import { MICROSOFT_RULES, RULES } from "./rules.ts";

const CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  ...ELEMENTWISE_CASES,
  ...ACTIVATION_CASES,
  ...MOVEMENT_CASES,
  ...LINALG_CASES,
  ...CONV_CASES,
  ...REDUCTION_CASES,
  ...NORMALIZATION_CASES,
};

/** Rules that central differences can't test: see quantization.test.ts, and Swish, which no runtime here has yet. */
const ELSEWHERE = new Set([
  ...Object.keys(QUANTIZATION_RULES),
  ...Object.keys(MICROSOFT_QUANTIZATION_RULES).filter(
    (op) => !["MatMulNBits", "MatMulBnb4"].includes(op),
  ),
  "Swish",
]);

async function check(op: string, rule: RuleCase, target: "wasm" | "webgpu"): Promise<void> {
  const gradientCase = graphOfCase(op, rule);
  const { checks, gradients, graph } = await checkCase(gradientCase, target);
  for (const [name, result] of Object.entries(checks)) {
    expect(
      result.maxRelativeError,
      `${name}: ${JSON.stringify({ analytic: result.analytic, numeric: result.numeric })}`,
    ).toBeLessThan(0.004);
    expect(result.ok).toBe(true);
    // A gradient of zeros would agree with anything flat: every case must have a slope to measure.
    expect(gradients[name]!.some((g) => g !== 0)).toBe(true);
    expect(result.directions.every((probe) => probe.measurable)).toBe(true);
  }
  if (target === "webgpu") {
    // Gradient nodes stay on the GPU, casts of integer indices apart; the operator itself may have no kernel there.
    const count = (model: ModelProto): number =>
      webgpuFallbacks(model).filter((label) => !label.startsWith("Cast ")).length;
    expect(count(graph.model)).toBeLessThanOrEqual(count(gradientCase.model));
  }
}

describe("gradient rules agree with central differences", () => {
  for (const [op, cases] of Object.entries(CASES)) {
    for (const rule of cases) {
      for (const target of ["wasm", "webgpu"] as const) {
        it(`${op}${rule.note === undefined ? "" : `, ${rule.note}`} (${target})`, () =>
          check(op, rule, target));
      }
    }
  }
});

describe("com.microsoft rules agree with central differences", () => {
  for (const [op, cases] of Object.entries(MICROSOFT_CASES)) {
    for (const rule of cases) {
      it(`${op}${rule.note === undefined ? "" : `, ${rule.note}`}`, () => check(op, rule, "wasm"));
    }
  }
});

it("every rule has a case", () => {
  const missing = Object.keys(RULES).filter(
    (op) => !ELSEWHERE.has(op) && (CASES[op]?.length ?? 0) === 0,
  );
  expect(missing).toEqual([]);
  const missingMicrosoft = Object.keys(MICROSOFT_RULES).filter(
    (op) => !ELSEWHERE.has(op) && MICROSOFT_CASES[op] === undefined,
  );
  expect(missingMicrosoft).toEqual([]);
});
