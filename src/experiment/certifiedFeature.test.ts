/** The certified feature as a choice of the experiment: on the bundled model, through a run. */
import { expect, test } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { cosine } from "../tensor/norms.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { CertificateResult } from "./results.ts";
import type { CertificateSpec } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

const lab = nodeLab(nodeSessions(1));

async function certified(
  change: Partial<CertificateSpec>,
  defended = false,
): Promise<CertificateResult> {
  const opening = defaultSpec();
  const spec = {
    ...opening,
    model: { id: "robust", precision: "int8" as const },
    stack: [],
    relevance: { enabled: false },
    defenses: defended
      ? [{ id: "d", defense: "gaussianFilter", enabled: true, seed: 1, params: {} }]
      : [],
    certificate: { ...opening.certificate, maxSamples: 100, sigma: 0.25, ...change },
  };
  let found: CertificateResult | undefined;
  for await (const event of lab.run(validateSpec(spec), "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "certificate") found = event.payload;
  }
  return found!;
}

test("an experiment that names no feature certifies the embedding as before; tokens are another vector", async () => {
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

test("behind a defense the result names the feature that it certified instead", async () => {
  const { feature } = await certified({ feature: "tokens" }, true);
  expect(feature).toBe("embedding");
}, 240_000);

test("all tokens are one unit vector, in the tokens' order", async () => {
  const model = await lab.model("base", "int8");
  if (!("embedTokens" in model)) throw new Error("no inside");
  const embedTokens = model.embedTokens as (x: Float32Array[]) => Promise<Float32Array[]>;
  const { size } = model.manifest.input;
  const image = Float32Array.from({ length: size * size }, (_, i) => (i % 97) / 96);
  const [unit] = await embedTokens.call(model, [image]);
  const { tokens } = await model.encode(image);
  expect(Math.hypot(...unit!)).toBeCloseTo(1, 4);
  expect(cosine(unit!, tokens.data)).toBeCloseTo(1, 5);
}, 120_000);
