/**
 * Another model's certificate of the same clean picture, asked about a size of change that it reaches: what a guarantee that
 * holds looks like, beside one that does not.
 */
import { noisyDraws } from "../../certificates/sampler.ts";
import { LabError } from "../../errors/labError.ts";
import { unlessStopped } from "../../host/newestWins.ts";
import { certificateResult, continueCertificate, startCertificate } from "../certify.ts";
import type { RunningCertificate } from "../certify.ts";
import type { EmbedImages, LabContext } from "../labContext.ts";
import type { CertificateResult, InputResult } from "../results.ts";
import type { BesideSpec, CertificateSpec, ExperimentSpec } from "../spec.ts";
import { defineStage } from "../stage.ts";
import { stageKey } from "../stageCache.ts";

/** Noisy copies: enough for a bound worth reading, few enough to leave the machine to the reader's own certificate. */
const COPIES = 64;
/** From about this many on something is proved at noise 0.25; everything else goes first then. */
const FIRST = 24;
const PRECISION = "int8";

interface Subject {
  readonly input: InputResult;
  readonly context: LabContext;
  readonly key: readonly string[];
}

/**
 * Where another core is free, it opens the model and draws the first copies while this one reads and attacks; otherwise they are drawn
 * here, once the reader's own answers stand.
 */
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
    const { model, l2 } = beside;
    const asked = { enabled: true, sigma: beside.sigma, alpha, maxSamples: COPIES, seed };
    const subject = { input, context, key: [keyOf("input")] };
    const ahead = elsewhere(beside, asked, subject);
    // Drawn there, it is shown as soon as it is; where nobody draws ahead, after the reader's own numbers.
    const found = ahead.then((running) => running ?? new Promise<never>(() => {}));
    yield { giveWay: "metrics", unless: found };
    if (context.signal.aborted) return undefined;
    // Opening a model takes a second or two: a newer request does not wait for it, wherever it is opened.
    const opening = ahead.then(
      (found) => found ?? (context.signal.aborted ? undefined : here(beside, asked, subject)),
    );
    const opened = await unlessStopped(opening, context.signal);
    if (!opened) return undefined;
    if (typeof opened === "string") return { obstacle: opened };
    const latest = (): { model: string; certificate: CertificateResult } | undefined =>
      opened.latest && {
        model,
        certificate: certificateResult(opened, opened.latest, asked, l2),
      };
    const first = latest();
    if (first && first.certificate.n >= FIRST && first.certificate.n < COPIES) {
      yield { partial: first };
    }
    let gaveWay = false;
    while (!opened.finished && (opened.latest?.n ?? 0) < COPIES) {
      if (context.signal.aborted) return undefined;
      if ((opened.latest?.n ?? 0) >= FIRST && !gaveWay) {
        gaveWay = true;
        yield { giveWay: true };
      }
      await continueCertificate(opened);
      const n = opened.latest?.n ?? 0;
      const partial = latest();
      if (partial && n % 8 === 0 && n >= FIRST && n < COPIES) yield { partial };
    }
    return latest();
  },
});

/** What is opened for it. */
export function besideSubject({ model }: BesideSpec): Pick<ExperimentSpec, "model" | "defenses"> {
  return { model: { id: model, precision: PRECISION }, defenses: [] };
}

/** The estimate by another core, its first copies drawn; undefined where none is free or the model is not to be had there. */
async function elsewhere(
  beside: BesideSpec,
  asked: CertificateSpec,
  subject: Subject,
): Promise<RunningCertificate | undefined> {
  const { context, input } = subject;
  const { model } = beside;
  try {
    const opening = context.elsewhere?.soon(besideSubject(beside));
    const [embed, manifest] = await Promise.all([opening, context.manifest?.(model)]);
    // What is wrong with the model is said where it is opened here.
    if (!embed || manifest?.input.size !== input.size) return undefined;
    const running = await estimate(asked, subject, {
      model,
      // A helper that is lost costs time, not the result.
      embed: (images) =>
        embed(images).catch(async () => (await context.system(model, PRECISION)).embed(images)),
      // In one request: between two of them the helper would wait until this core has a moment.
      atOnce: FIRST,
    });
    while (!context.signal.aborted && (running.latest?.n ?? 0) < FIRST) {
      if (!(await continueCertificate(running))) break;
    }
    return running;
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

/** The same here; a sentence where this model can't be had for this picture. */
async function here(
  { model }: BesideSpec,
  asked: CertificateSpec,
  subject: Subject,
): Promise<RunningCertificate | string> {
  const { input, context } = subject;
  try {
    const system = await context.system(model, PRECISION);
    if (system.size !== input.size) {
      return `The model "${model}" reads pictures of ${system.size} pixels a side, not ${input.size}.`;
    }
    return await estimate(asked, subject, { model, embed: (images) => system.embed(images) });
  } catch (error) {
    // It stands beside the reader's own result, which it must not take down with it.
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

/** The estimate under way, or a new one. */
async function estimate(
  asked: CertificateSpec,
  { input, context, key: parents }: Subject,
  {
    model,
    embed,
    atOnce = 0,
  }: { readonly model: string; readonly embed: EmbedImages; readonly atOnce?: number },
): Promise<RunningCertificate> {
  const key = stageKey("beside running", [asked, model], parents);
  const known = context.cache.get<RunningCertificate>(key);
  if (known) {
    // The same model may have been closed and opened again since.
    known.embed = embed;
    return known;
  }
  const copies = noisyDraws(input.image, asked)(0, atOnce);
  const [cleanFeature, ...cosines] = await embed([input.image, ...copies]);
  const made = startCertificate(
    { embed, image: input.image, feature: "embedding", cleanFeature: cleanFeature! },
    asked,
    { direction: undefined, cosines },
    context.yieldToHost,
  );
  context.cache.set(key, made);
  return made;
}
