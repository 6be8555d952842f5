/** The certified cosine bound of the clean picture, as it tightens. */
import {
  certificateResult,
  certifiedSide,
  continueCertificate,
  embedding,
  startCertificate,
} from "../certify.ts";
import type { CertificateDraws, RunningCertificate } from "../certify.ts";
import type { EmbedImages } from "../labContext.ts";
import { defineStage } from "../stage.ts";
import type { Held, StageScope } from "../stage.ts";
import { stacked } from "../../tensor/tensor.ts";
import { stageKey } from "../stageCache.ts";

/** Copies whose whole features are recorded. */
const RECORDED = 64;
/** After this many copies everything else goes first. */
const FIRST = 24;

/** How often a streaming certificate is sent up, in samples at the start and as a growing share later. */
function isDue(n: number, sent: number): boolean {
  return n <= 8 || n >= sent * 1.08 + 2;
}

export const certificateStage = defineStage({
  name: "certificate",
  needs: ["input", "system", "clean", "metrics"],
  reads: ({ spec, pass }) =>
    pass === "full" && spec.certificate.enabled ? spec.certificate : undefined,
  async *run(given, scope) {
    const { running, replayed, recorded } = await resumed(given, scope);
    const { certificate: asked } = scope.spec;
    const { isWatched = true } = scope.context;
    const { l2 } = given.metrics;
    let sent = 0;
    let gaveWay = !isWatched;
    const latest = () => running.latest && certificateResult(running, running.latest, asked, l2);
    const first = isWatched ? latest() : undefined;
    if (first) {
      sent = first.n;
      yield { partial: first };
    }
    // What was drawn before is not shown climbing again.
    const pause = Math.max(FIRST, replayed);
    while (!running.finished && (running.latest?.n ?? 0) < asked.maxSamples) {
      const n = running.latest?.n ?? 0;
      if (!gaveWay && n >= pause) {
        gaveWay = true;
        yield { giveWay: true };
      }
      if (scope.context.signal.aborted) return undefined;
      await continueCertificate(running);
      const now = running.latest?.n ?? 0;
      if (!isWatched || now < replayed || (!isDue(now, sent) && now !== pause)) continue;
      sent = now;
      const next = latest();
      if (next && now < asked.maxSamples) yield { partial: next };
    }
    scope.context.record?.("certificate.draws", stacked(running.draws));
    if (recorded.length > 0) scope.context.record?.("certificate.features", stacked(recorded));
    return latest();
  },
});

/** The estimate under way for these copies, or a new one from the draws that were made with the same noise. */
async function resumed(
  { input, system, clean }: Pick<Held, "input" | "system" | "clean">,
  { spec, context, keyOf }: StageScope,
): Promise<{
  readonly running: RunningCertificate;
  readonly replayed: number;
  /** Whole features: of the clean picture and of the first copies, for whoever recomputes; tokens of all copies would be too much. */
  readonly recorded: readonly Float32Array[];
}> {
  const { certificate: asked } = spec;
  const parents = [keyOf("input"), keyOf("system")];
  const key = stageKey("running certificate", asked, parents);
  const known = context.cache.get<RunningCertificate>(key);
  // Behind a defense that looks several times there are no such tokens: the result names what is certified instead.
  const { feature, embed: here } = certifiedSide(system, asked.feature);
  const recorded: Float32Array[] = [];
  const alone = embedding(here, () => context.elsewhere?.now({ ...spec, feature }));
  const embed: EmbedImages =
    context.record && feature === "tokens"
      ? async (images) => {
          const features = await here(images);
          if (recorded.length <= RECORDED) recorded.push(...features);
          return features;
        }
      : alone;
  if (known) {
    known.embed = embed;
    return { running: known, replayed: 0, recorded };
  }
  // Another confidence or another number of samples is another bound from the same draws.
  const { sigma, seed, maxSamples, pilot = 0 } = asked;
  const drawsKey = stageKey("draws", { sigma, seed, feature, pilot }, parents);
  const draws = context.cache.get<CertificateDraws>(drawsKey) ?? {
    direction: undefined,
    cosines: [],
  };
  context.cache.set(drawsKey, draws);
  const replayed = Math.min(draws.cosines.length, maxSamples);
  const [cleanFeature] = feature === "tokens" ? await embed([input.image]) : [clean.embedding];
  const subject = { embed, image: input.image, feature, cleanFeature: cleanFeature! } as const;
  const running = startCertificate(subject, asked, draws, context.yieldToHost);
  context.cache.set(key, running);
  return { running, replayed, recorded };
}
