/** The certified feature as a choice of the experiment: on the bundled model, through a run. */
import { expect, test } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { cosine } from "../tensor/norms.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { certifiedSide } from "./certify.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { InstrumentResult } from "./instruments/instrumentResult.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { quantity } from "../testing/measuredInstrument.ts";
import type { CertificateResult } from "./results.ts";
import type { CertificateSpec } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

const lab = nodeLab(nodeSessions(1));

async function certified(
  change: Partial<CertificateSpec>,
  { defense, enough = Infinity }: { readonly defense?: string; readonly enough?: number } = {},
): Promise<CertificateResult> {
  const opening = defaultSpec();
  const { feature: _, beside: __, ...unnamed } = opening.certificate;
  const spec = {
    ...opening,
    model: { id: "robust", precision: "int8" as const },
    stack: [],
    relevance: { enabled: false },
    defenses: defense ? [{ id: "d", defense, enabled: true, seed: 1, params: {} }] : [],
    certificate: { ...unnamed, maxSamples: 100, sigma: 0.25, ...change },
  };
  let found: CertificateResult | undefined;
  const signal = { aborted: false };
  for await (const event of lab.run(validateSpec(spec), "full", signal)) {
    if (event.type !== "stage" || event.stage !== "certificate") continue;
    found = event.payload;
    signal.aborted = found.n >= enough;
  }
  return found!;
}

test("a new experiment certifies all image tokens; one that names no feature certifies the embedding as before", async () => {
  expect(defaultSpec().certificate.feature).toBe("tokens");
  const embedding = await certified({});
  expect(embedding).toMatchObject({ feature: "embedding", pilot: 0, n: 100 });
  expect(await certified({ feature: "embedding", pilot: 0 })).toEqual(embedding);
  expect(embedding.reach.toClean).toBe(embedding.radius);
  expect(embedding.reach.toSmoothedClean).toBe(embedding.radius);
  const tokens = await certified({ feature: "tokens" });
  expect(tokens.feature).toBe("tokens");
  expect(Math.abs(tokens.score - embedding.score)).toBeGreaterThan(0.01);
}, 240_000);

test("a pilot reaches further where noise moves the features steadily", async () => {
  const plain = await certified({});
  const piloted = await certified({ pilot: 40 });
  expect(piloted.pilot).toBe(40);
  expect(piloted.reach.toSmoothedClean).toBeGreaterThan(2 * plain.reach.toSmoothedClean);
  // The cosine to the clean feature itself gains nothing, and pays its half of the error rate.
  expect(piloted.reach.toClean).toBeLessThanOrEqual(plain.reach.toClean);
  expect(piloted.smoothedNormLower).toBeGreaterThan(plain.smoothedNormLower);
}, 240_000);

test("behind a filter the tokens of the filtered picture are certified; behind several looks there is no one set of them, and the result says so", async () => {
  const behind = (defense: string) => certified({ feature: "tokens" }, { defense, enough: 2 });
  expect((await behind("gaussianFilter")).feature).toBe("tokens");
  expect((await behind("augmentationVote")).feature).toBe("embedding");
}, 240_000);

test("all tokens are one unit vector, in the tokens' order", async () => {
  const model = await lab.model("base", "int8");
  const { size } = model.manifest.input;
  const image = Float32Array.from({ length: size * size }, (_, i) => (i % 97) / 96);
  const system = modelSystem("base", model, async () => {});
  const { feature, embed } = certifiedSide(system, "tokens");
  expect(feature).toBe("tokens");
  const [unit] = await embed([image]);
  const { tokens } = await model.encode(image);
  expect(Math.hypot(...unit!)).toBeCloseTo(1, 4);
  expect(cosine(unit!, tokens.data)).toBeCloseTo(1, 5);
}, 120_000);

test("the attack on the guarantee turns the tokens, along a gradient of all of them", async () => {
  const opening = defaultSpec();
  const params = { sigma: 0.25, radius: 0.4, steps: 2, copies: 20 };
  const spec = {
    ...opening,
    stack: [],
    relevance: { enabled: false },
    certificate: { ...opening.certificate, enabled: false },
    instruments: [{ instrument: "smoothedAttack", enabled: true, seed: 1, params }],
  };
  const averages: number[] = [];
  let statement = "";
  const options = {
    record: (name: string, { shape }: Tensor) => {
      if (name === "instrument.smoothedAttack.averages") averages.push(...shape);
    },
  };
  let cosines: number[] = [];
  for await (const event of lab.run(validateSpec(spec), "full", { aborted: false }, options)) {
    if (event.type !== "stage" || event.stage !== "instrument:smoothedAttack") continue;
    const result = event.payload as InstrumentResult;
    ({ statement } = result);
    cosines = [0, 1, 2].map((k) => quantity(result, `attacked.${k}`).value);
  }
  const { tokens } = await (await lab.model("base", "int8")).encode(new Float32Array(224 * 224));
  expect(averages).toEqual([4, tokens.data.length]);
  expect(statement).toContain("all image tokens as one vector");
  expect(cosines[0]).toBeLessThan(1);
  expect(cosines[1]).toBeLessThan(cosines[0]!);
  expect(cosines[2]).toBeLessThan(cosines[1]!);
}, 240_000);
