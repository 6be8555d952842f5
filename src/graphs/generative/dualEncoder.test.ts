/** CLIP and SigLIP of random weights as optimum exports them, against PyTorch (models/golden/vlm_exports.py). */
import { describe, expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFiles, vlmVectors } from "../../testing/vlmFolders.ts";
import { DualEncoder } from "./dualEncoder.ts";

interface Vectors {
  readonly captions: readonly string[];
  readonly grey: readonly number[];
  readonly logits: readonly number[];
  /** Of the second caption's logit less the first's. */
  readonly gradient: readonly number[];
}

describe.each(["clip", "siglip"] as const)("a %s folder", (name) => {
  it("scores captions and has a gradient as PyTorch does", async () => {
    const golden = await vlmVectors<Vectors>(name);
    const picture = Float32Array.from(golden.grey);
    const files = await vlmFiles(name);
    const model = await DualEncoder.open(files, golden.captions, nodeSessions(1));
    const logits = await model.logits(picture);
    expect(linfNorm(subtract(logits, golden.logits))).toBeLessThan(1e-4 * linfNorm(golden.logits));
    const oracle = await model.marginOracle(0);
    const { loss, gradient } = await oracle.lossAndGradient(picture);
    expect(loss).toBeCloseTo(golden.logits[1]! - golden.logits[0]!, 4);
    const error = linfNorm(subtract(gradient, golden.gradient)) / linfNorm(golden.gradient);
    expect(error).toBeLessThan(1e-4);
    await oracle.release();
    await model.release();
  });

  it("wants two captions", async () => {
    const files = await vlmFiles(name);
    await expect(DualEncoder.open(files, ["one"], nodeSessions(1))).rejects.toMatchObject({
      code: "question-invalid",
    });
  });
});
