import { describe, expect, it } from "vitest";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { FUSED_CASES, ONNX_FUSED_CASES } from "../../testing/ruleCases/fusedAttention.ts";
import { graphOfCase } from "../../testing/ruleCases/ruleCase.ts";
import type { RuleCase } from "../../testing/ruleCases/ruleCase.ts";
import { SKIP_NORMALIZATIONS } from "../../testing/ruleCases/microsoft.ts";
import { checkCase } from "../../testing/tinyGraphs.ts";
import { vlmFiles } from "../../testing/vlmFolders.ts";
import { promptDecoder } from "../../graphs/generative/promptDecoder.ts";
import { serializeModel } from "../file.ts";
import { GraphView } from "../graph.ts";
import { prepareGraph } from "../inline.ts";
import { findStateSites } from "../stateSites.ts";
import { findAttentionTaps } from "../taps.ts";

async function check(op: string, rule: RuleCase): Promise<void> {
  const { model, feeds, ...rest } = graphOfCase(op, rule);
  const { model: open, shapes } = await prepareGraph(model, nativeRunner, { feeds });
  expect(new GraphView(open).nodes.map((node) => node.opType)).not.toContain(op);
  const fused = await nativeRunner(serializeModel(model), { ...feeds });
  const visible = await nativeRunner(serializeModel(open), { ...feeds });
  for (const [name, { data, shape }] of Object.entries(fused)) {
    expect(visible[name]!.shape).toEqual(shape);
    const error = linfNorm(subtract(visible[name]!.data as Float32Array, data as Float32Array));
    expect(error, name).toBeLessThan(2e-6 * Math.max(1, linfNorm(data as Float32Array)));
  }
  if (op.includes("Attention")) {
    // A map beside a sink does not sum to 1, and is none to be shown as one.
    const maps = /sink|smooth/.test(rule.note ?? "") ? 0 : 1;
    expect(findAttentionTaps(new GraphView(open), shapes)).toHaveLength(maps);
  }
  for (const target of ["wasm", "webgpu"] as const) {
    const { checks } = await checkCase({ model, feeds, ...rest }, target);
    for (const [name, result] of Object.entries(checks)) {
      expect(result.maxRelativeError, `${name} (${target})`).toBeLessThan(0.004);
      expect(result.ok).toBe(true);
    }
  }
}

const described = (rules: Readonly<Record<string, readonly RuleCase[]>>) =>
  Object.entries(rules).flatMap(([op, cases]) =>
    cases.map(
      (rule) => [`${op}${rule.note === undefined ? "" : `, ${rule.note}`}`, op, rule] as const,
    ),
  );

describe("com.microsoft operators taken apart give the runtime's values, and its differences", () => {
  it.each(described(FUSED_CASES))("%s", (_, op, rule) => check(op, rule));
});

describe("sums that are normalised taken apart", () => {
  it.each(described(SKIP_NORMALIZATIONS))("%s", (_, op, rule) => check(op, rule));

  it.each([
    ["in float32", undefined],
    ["with products of 4 bits", "q4"],
  ])("show the stream of a builder's decoder block by block, %s", async (_, precision) => {
    const files = await vlmFiles("llava", precision);
    const shape = { before: 3, image: 4, between: [], after: 5, width: 32, tiles: 0 };
    const decoder = promptDecoder(await files.graph("decoder"), shape, files.rules);
    const { model, shapes } = await prepareGraph(decoder, nativeRunner);
    const streams = findStateSites(new GraphView(model), shapes).filter(
      ({ role }) => role === "stream",
    );
    expect(streams.map(({ block, index }) => `${block} ${index}`)).toEqual([
      "stem 0",
      "attention 0",
      "mlp 0",
      "attention 1",
      "mlp 1",
    ]);
  });
});

describe("operators of set 23 taken apart", () => {
  it.each(described(ONNX_FUSED_CASES))("%s", (_, op, rule) => check(op, rule));
});
