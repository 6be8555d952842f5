/**
 * Another model's certificate of the same clean picture, asked about a size of change that it reaches: what a guarantee that
 * holds looks like, beside one that does not.
 */
import { LabError } from "../../errors/labError.ts";
import { certificateResult, continueCertificate, startCertificate } from "../certify.ts";
import type { RunningCertificate } from "../certify.ts";
import type { LabContext } from "../labContext.ts";
import type { CertificateResult, InputResult } from "../results.ts";
import type { BesideSpec, CertificateSpec } from "../spec.ts";
import { defineStage } from "../stage.ts";
import { stageKey } from "../stageCache.ts";

/** Noisy copies: enough for a bound worth reading, few enough to leave the machine to the reader's own certificate. */
const COPIES = 64;
/** From about this many on something is proved at noise 0.25; everything else goes first then. */
const FIRST = 24;
const PRECISION = "int8";

export const besideStage = defineStage({
  name: "beside",
  needs: ["input"],
  reads: ({ spec: { certificate }, pass }) =>
    pass === "full" && certificate.enabled && certificate.beside
      ? [certificate.beside, certificate.alpha, certificate.seed]
      : undefined,
  async *run({ input }, { spec, context, keyOf }) {
    const { alpha, seed, beside } = spec.certificate;
    if (!beside) return undefined;
    const { model, sigma, l2 } = beside;
    const asked = { enabled: true, sigma, alpha, maxSamples: COPIES, seed };
    const opened = await running(beside, asked, { input, context, key: [keyOf("input")] });
    if (typeof opened === "string") return { obstacle: opened };
    const latest = (): { model: string; certificate: CertificateResult } | undefined =>
      opened.latest && {
        model,
        certificate: certificateResult(opened, opened.latest, asked, l2),
      };
    let gaveWay = false;
    while (!opened.finished && (opened.latest?.n ?? 0) < COPIES) {
      if (context.signal.aborted) return undefined;
      await continueCertificate(opened);
      const n = opened.latest?.n ?? 0;
      const partial = latest();
      if (partial && n % 8 === 0 && n >= FIRST && n < COPIES) yield { partial };
      if (gaveWay || n < FIRST) continue;
      gaveWay = true;
      yield { giveWay: true };
    }
    return latest();
  },
});

/** The estimate under way, or a new one; a sentence where this model can't be had for this picture. */
async function running(
  beside: BesideSpec,
  asked: CertificateSpec,
  subject: {
    readonly input: InputResult;
    readonly context: LabContext;
    readonly key: readonly string[];
  },
): Promise<RunningCertificate | string> {
  const { input, context } = subject;
  const { model } = beside;
  try {
    const system = await context.system(model, PRECISION);
    if (system.size !== input.size) {
      return `The model "${model}" reads pictures of ${system.size} pixels a side, not ${input.size}.`;
    }
    const embed = (images: readonly Float32Array[]) => system.embed(images);
    const key = stageKey("beside running", [asked, system.key], subject.key);
    const known = context.cache.get<RunningCertificate>(key);
    if (known) {
      // The same model may have been closed and opened again since.
      known.embed = embed;
      return known;
    }
    const [cleanFeature] = await embed([input.image]);
    const made = startCertificate(
      { embed, image: input.image, feature: "embedding", cleanFeature: cleanFeature! },
      asked,
      { direction: undefined, cosines: [] },
      context.yieldToHost,
    );
    context.cache.set(key, made);
    return made;
  } catch (error) {
    // It stands beside the reader's own result, which it must not take down with it.
    if (error instanceof LabError) return error.message;
    throw error;
  }
}
