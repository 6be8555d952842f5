import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { handledOperators, operatorOutcomes, operatorTable } from "./operatorTable.ts";

const outcomes = operatorOutcomes();

test("docs/tables/operators.md says what becomes of each operator; `npm run docs` makes it anew", () => {
  const file = path.join(import.meta.dirname, "../docs/tables/operators.md");
  expect(readFileSync(file, "utf8"), "stale: run npm run docs").toBe(operatorTable(outcomes));
});

/** What the published exports of the families that open are made of: nothing of it may be refused. */
const PUBLISHED =
  "GroupQueryAttention MultiHeadAttention RotaryEmbedding SkipSimplifiedLayerNormalization SkipLayerNormalization MatMulNBits MatMulBnb4 GatherBlockQuantized QuickGelu FastGelu BiasGelu Gelu FusedMatMul DequantizeLinear DynamicQuantizeMatMul MatMulIntegerToFloat";
const PLAIN =
  "SimplifiedLayerNormalization LayerNormalization MatMul Gemm Conv Softmax Gather GatherND ScatterND ScatterElements Where Cos Sin Expand Slice Concat Split Reshape Transpose ReduceMean Pow Sqrt Sigmoid Tanh Erf Gelu Einsum AveragePool DynamicQuantizeLinear MatMulInteger ConvInteger QuantizeLinear DequantizeLinear Trilu CumSum Range NonZero If";

test.each([
  ["com.microsoft", PUBLISHED],
  ["", PLAIN],
])("of the domain %s, nothing that published exports are made of is refused", (domain, names) => {
  for (const op of names.split(" ")) {
    const found = outcomes.find((each) => each.domain === domain && each.op === op);
    expect(found?.kind, op).toMatch(/^(rule|taken apart|resolved|no picture|zero)$/);
  }
});

test("what the lab has a rule, a decomposition or a plain form for has a row that says so", () => {
  expect(handledOperators().length).toBeGreaterThan(100);
  for (const { domain, op } of handledOperators()) {
    const found = outcomes.find((each) => each.domain === domain && each.op === op);
    expect(found, `${domain} ${op} has no row`).toBeDefined();
    expect(found!.kind, `${domain} ${op}`).not.toBe("refused");
  }
});

test("each kind of outcome is one", () => {
  const kindOf = (op: string, domain = "") =>
    outcomes.find((each) => each.op === op && each.domain === domain)?.kind;
  expect(kindOf("Add")).toBe("rule");
  expect(kindOf("MatMulBnb4", "com.microsoft")).toBe("rule");
  expect(kindOf("GroupQueryAttention", "com.microsoft")).toBe("taken apart");
  expect(kindOf("Equal")).toBe("zero");
  expect(kindOf("If")).toBe("resolved");
  expect(kindOf("NhwcConv", "com.microsoft")).toBe("resolved");
  expect(kindOf("GatherBlockQuantized", "com.microsoft")).toBe("no picture");
  expect(kindOf("MoE", "com.microsoft")).toBe("refused");
});

test("what is refused is refused by name", () => {
  for (const { op, kind, sentence } of outcomes) {
    if (kind === "refused")
      expect(sentence).toContain(`There is no gradient rule for the operator ${op}`);
  }
});
