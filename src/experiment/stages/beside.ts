/**
 * Another model's certificate of the same clean picture, asked about a size of change that it reaches: what a guarantee that
 * holds looks like, beside one that does not.
 */
import { fewestValues } from "../../certificates/gridBet.ts";
import { LabError } from "../../errors/labError.ts";
import { unlessStopped } from "../../host/newestWins.ts";
import {
  certificateResult,
  certifiedSide,
  continueCertificate,
  startCertificate,
  withNoisyCopies,
} from "../certify.ts";
import type { RunningCertificate } from "../certify.ts";
import type { EmbedElsewhere, EmbedSubject, LabContext, NoisyCopies } from "../labContext.ts";
import type { CertificateResult, InputResult } from "../results.ts";
import type { BesideSpec, CertificateSpec, CertifiedFeature } from "../spec.ts";
import { normalCdf } from "../../numerics/normal.ts";
import { defineStage } from "../stage.ts";
import { stageKey } from "../stageCache.ts";

/** Noisy copies: enough for a bound worth reading, few enough to leave the machine to the reader's own certificate. */
const COPIES = 64;
/**
 * Copies, over those that would prove something if all of them agreed exactly, that are drawn before the bound is first shown. They agree
 * nearly: under noise 0.25 the noise-trained model's copies have a mean score of .98.
 */
const MARGIN = 1.05;
/** Where that needs more than there are, everything else goes first from here on. */
const MOST_FIRST = 24;
const PRECISION = "int8";

/** Copies of one request after the first ones. */
const NEXT = 8;

/** An estimate, and the features of the next copies from one of them on, wherever they are drawn. */
interface Drawing {
  readonly running: RunningCertificate;
  readonly more: (from: number) => Promise<Float32Array[]>;
}

interface Subject {
  readonly input: InputResult;
  readonly context: LabContext;
  readonly key: readonly string[];
  /** Copies before the bound is first shown. */
  readonly enough: number;
  /** Whether another core has the model and draws. */
  isDrawing: boolean;
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
      ? [certificate.beside, certificate.alpha, certificate.seed, certificate.feature]
      : undefined,
  async *run({ input }, { spec, context, keyOf }) {
    const { alpha, seed, beside, feature = "embedding" } = spec.certificate;
    if (!beside) return undefined;
    const { model, l2 } = beside;
    const asked = { enabled: true, sigma: beside.sigma, alpha, maxSamples: COPIES, seed, feature };
    const enough = firstCopies(asked, l2);
    const subject = { input, context, key: [keyOf("input")], enough, isDrawing: false };
    const ahead = elsewhere(beside, asked, subject);
    // Drawn there, it is shown as soon as it is; where nobody draws ahead, after the reader's own numbers.
    const found = ahead.then((drawing) => drawing ?? new Promise<never>(() => {}));
    yield { giveWay: "clean", unless: found };
    const shown = stageKey("beside", ["shown", model]);
    const isFirst = context.cache.get(shown) === undefined;
    // Before the first attack of a visit it is waited for: both at once hold each other up (docs/decisions.md).
    if (!isFirst || !subject.isDrawing) yield { giveWay: "metrics", unless: found };
    if (context.signal.aborted) return undefined;
    // Opening a model takes a second or two: a newer request does not wait for it, wherever it is opened.
    const opening = ahead.then(
      (found) => found ?? (context.signal.aborted ? undefined : here(beside, asked, subject)),
    );
    const opened = await unlessStopped(opening, context.signal);
    if (!opened) return undefined;
    if (typeof opened === "string") return { obstacle: opened };
    const { running } = opened;
    const latest = (): { model: string; certificate: CertificateResult } | undefined =>
      running.latest && {
        model,
        certificate: certificateResult(running, running.latest, asked, l2),
      };
    context.cache.set(shown, true);
    const first = latest();
    if (first && first.certificate.n >= enough && first.certificate.n < COPIES) {
      yield { partial: first };
    }
    let gaveWay = false;
    while (!running.finished && (running.latest?.n ?? 0) < COPIES) {
      if (context.signal.aborted) return undefined;
      if ((running.latest?.n ?? 0) >= enough && !gaveWay) {
        gaveWay = true;
        yield { giveWay: true };
      }
      await drawnOn(opened);
      const n = running.latest?.n ?? 0;
      const partial = latest();
      if (partial && n % 8 === 0 && n >= enough && n < COPIES) yield { partial };
    }
    return latest();
  },
});

/** Copies, an even number, before the bound is first shown. */
function firstCopies({ sigma, alpha }: CertificateSpec, l2: number): number {
  const fewest = fewestValues(normalCdf(l2 / sigma), alpha, MOST_FIRST);
  return Math.min(MOST_FIRST, 2 * Math.ceil((MARGIN * fewest) / 2));
}

/** What is opened for it. */
export function besideSubject({ model }: BesideSpec, feature?: CertifiedFeature): EmbedSubject {
  return { model: { id: model, precision: PRECISION }, defenses: [], feature };
}

/** The estimate by another core, its first copies drawn; undefined where none is free or the model is not to be had there. */
async function elsewhere(
  beside: BesideSpec,
  asked: CertificateSpec,
  subject: Subject,
): Promise<Drawing | undefined> {
  const { context, input, enough } = subject;
  const { model } = beside;
  try {
    const opening = context.elsewhere?.soon(besideSubject(beside, asked.feature));
    const [embed, manifest] = await Promise.all([opening, context.manifest?.(model)]);
    // What is wrong with the model is said where it is opened here.
    if (!embed || manifest?.input.size !== input.size) return undefined;
    subject.isDrawing = true;
    const drawing = await estimate(asked, subject, {
      model,
      // A helper that is lost costs time, not the result.
      embed: (images, copies) =>
        embed(images, copies).catch(async () =>
          certifiedSide(await context.system(model, PRECISION), asked.feature).embed(
            withNoisyCopies(images, copies),
          ),
        ),
      // In one request: between two of them the helper would wait until this core has a moment.
      first: enough,
      next: NEXT,
    });
    while (!context.signal.aborted && (drawing.running.latest?.n ?? 0) < enough) {
      if (!(await drawnOn(drawing))) break;
    }
    return drawing;
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
): Promise<Drawing | string> {
  const { input, context } = subject;
  try {
    const system = await context.system(model, PRECISION);
    if (system.size !== input.size) {
      return `The model "${model}" reads pictures of ${system.size} pixels a side, not ${input.size}.`;
    }
    const side = certifiedSide(system, asked.feature);
    const embed: EmbedElsewhere = (images, copies) => side.embed(withNoisyCopies(images, copies));
    return await estimate(asked, subject, { model, embed, first: 0, next: 2 });
  } catch (error) {
    // It stands beside the reader's own result, which it must not take down with it.
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

/** How an estimate gets its features. */
interface Way {
  readonly model: string;
  readonly embed: EmbedElsewhere;
  /** Copies that come with the clean picture, and those of each later request. */
  readonly first: number;
  readonly next: number;
}

/** The estimate under way, or a new one. */
async function estimate(
  asked: CertificateSpec,
  { input: { image }, context, key: parents }: Subject,
  { model, embed, first, next }: Way,
): Promise<Drawing> {
  // A bare model shows its tokens.
  const { sigma, seed, feature = "embedding" } = asked;
  const copies = (from: number, count: number): NoisyCopies => ({
    of: image,
    sigma,
    seed,
    from,
    count,
  });
  const more = (from: number) => embed([], copies(from, Math.min(next, COPIES - from)));
  const key = stageKey("beside running", [asked, model], parents);
  const known = context.cache.get<RunningCertificate>(key);
  if (known) return { running: known, more };
  const [cleanFeature, ...features] = await embed([image], copies(0, first));
  const running = startCertificate(
    { embed, image, feature, cleanFeature: cleanFeature! },
    asked,
    { direction: undefined, cosines: [] },
    context.yieldToHost,
  );
  running.draws.push(...features.map(running.kept));
  context.cache.set(key, running);
  return { running, more };
}

/** One more batch of the estimate; false when all are drawn. */
async function drawnOn({ running, more }: Drawing): Promise<boolean> {
  const n = running.latest?.n ?? 0;
  if (running.draws.length <= n) {
    const features = await more(n);
    // Put at their places: a run before this one may have asked for the same.
    running.draws.splice(n, features.length, ...features.map(running.kept));
  }
  return continueCertificate(running);
}
