/**
 * A run: stages in order, each a pure function of the spec slice it reads and of the stages before it, so that whatever
 * a change does not touch comes from the cache. Yields one event per result, and partial ones where a stage takes long.
 */
import { LabError } from "../errors/labError.ts";
import { ATTACKS } from "../attacks/registry.ts";
import type {
  Encoding,
  GradientCheck,
  ReadingModel,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import { certificateResult, continueCertificate, startCertificate } from "./certify.ts";
import type { RunningCertificate } from "./certify.ts";
import {
  LOSSES,
  applyPerturbation,
  itemSlice,
  lossRequest,
  runAttack,
  updatesOf,
} from "./disturb.ts";
import type { AttackGround, Disturbed } from "./disturb.ts";
import type { LabContext } from "./labContext.ts";
import { measure } from "./measure.ts";
import { regionMask } from "./region.ts";
import { readOut } from "./readout.ts";
import type {
  AnswerResult,
  DisturbedItem,
  InputResult,
  MetricsResult,
  Readout,
  RunEvent,
  StageName,
  StageResults,
} from "./results.ts";
import { modelInputOf } from "./source.ts";
import type { ExperimentSpec, Fidelity, StackItem } from "./spec.ts";
import { stageKey } from "./stageCache.ts";

/** How often a streaming certificate is sent up, in samples at the start and as a growing share later. */
function isDue(n: number, sent: number): boolean {
  return n <= 8 || n >= sent * 1.08 + 2;
}

/** Runs the experiment until done or the context's signal is raised; never yields anything stale after that. */
export async function* runExperiment(
  spec: ExperimentSpec,
  fidelity: Fidelity,
  context: LabContext,
): AsyncGenerator<RunEvent, void> {
  const model = await context.model(spec.model.id, spec.model.precision);
  if (context.signal.aborted) return;

  const inputKey = stageKey("input", [spec.case, spec.window, model.manifest.input]);
  const input = yield* cached(context, "input", inputKey, async () =>
    modelInputOf(spec.case, spec.window, model.manifest.input, context.radiograph),
  );
  if (context.signal.aborted) return;

  // The id as well: two descriptions of one graph (another patch grid) are two models.
  const modelKey = stageKey("model", [spec.model.id, model.sha256, spec.model.precision]);
  const cleanKey = stageKey("clean", spec.question, [inputKey, modelKey]);
  const clean = yield* cached(context, "clean", cleanKey, () =>
    readImage(context, model, input.image, spec.question, [inputKey, modelKey]),
  );
  if (context.signal.aborted) return;

  const disturbed = yield* disturbStack(
    spec,
    fidelity,
    context,
    model,
    input,
    inputKey,
    clean,
    cleanKey,
  );
  if (!disturbed || context.signal.aborted) return;

  const readoutKey = stageKey("clean", spec.question, [disturbed.key, modelKey]);
  const readout = yield* cached(context, "readout", readoutKey, () =>
    readImage(context, model, disturbed.image, spec.question, [disturbed.key, modelKey]),
  );
  if (context.signal.aborted) return;

  const metricsKey = stageKey("metrics", null, [cleanKey, readoutKey]);
  const metrics = yield* cached(context, "metrics", metricsKey, async () =>
    measure(clean, readout, input.image, disturbed.image, input.size),
  );
  if (context.signal.aborted || fidelity === "preview") return;

  if (spec.certificate.enabled) {
    yield* certify(spec, context, model, input, inputKey, modelKey, clean, metrics, 24);
    if (context.signal.aborted) return;
  }
  if (spec.stack.some(usesGradient)) {
    const checkKey = stageKey("gradientCheck", null, [modelKey]);
    yield* cached(context, "gradientCheck", checkKey, () =>
      checkGradient(model, input, clean, spec.question),
    );
    if (context.signal.aborted) return;
  }
  if (clean.answer && readout.answer && clean.attention.length > 0) {
    const key = stageKey("relevance", null, [cleanKey, readoutKey]);
    const { answer } = clean;
    const { answer: moved } = readout;
    yield* cached(context, "relevance", key, async () => {
      const explained = (image: Float32Array, said: AnswerResult) =>
        model.relevance(
          image,
          lossRequest(model, spec.question, saying(said), said, clean.embedding),
        );
      try {
        const first = await explained(input.image, answer);
        await context.yieldToHost();
        return { clean: first, disturbed: await explained(disturbed.image, moved) };
      } catch (error) {
        // A model without a gradient is still read, attacked by questions and certified.
        if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
        return { obstacle: error.message };
      }
    });
    if (context.signal.aborted) return;
  }
  if (spec.certificate.enabled) {
    yield* certify(
      spec,
      context,
      model,
      input,
      inputKey,
      modelKey,
      clean,
      metrics,
      spec.certificate.maxSamples,
    );
  }
}

/** Whether a result rests on the model's gradient, which is then checked. */
function usesGradient(item: StackItem): boolean {
  return item.type === "attack" && item.enabled && ATTACKS[item.attack].access === "gradient";
}

/** The goal whose gradient explains an answer: more of what was said (about the finding, as goals are). */
function saying({ corrected }: AnswerResult): { kind: "say"; answer: string } {
  return { kind: "say", answer: corrected };
}

/** Readout of an image, sharing nothing with other questions but the encoder's cache of its own stage. */
async function readImage(
  context: LabContext,
  model: VisionLanguageModel,
  image: Float32Array,
  question: string,
  parents: readonly string[],
): Promise<Readout> {
  const encodingKey = stageKey("encoding", null, parents);
  const known = context.cache.get<Encoding>(encodingKey);
  const { readout, encoding } = await readOut(
    known ? withEncoding(model, known) : model,
    image,
    question,
    context.yieldToHost,
  );
  if (!known) context.cache.set(encodingKey, encoding);
  return readout;
}

/** The model, answering for one image from the cache. */
function withEncoding(model: VisionLanguageModel, known: Encoding): ReadingModel {
  return {
    manifest: model.manifest,
    encodePrompt: (question) => model.encodePrompt(question),
    answer: (tokens, ids) => model.answer(tokens, ids),
    encode: async () => known,
  };
}

async function* disturbStack(
  spec: ExperimentSpec,
  fidelity: Fidelity,
  context: LabContext,
  model: VisionLanguageModel,
  input: InputResult,
  inputKey: string,
  clean: Readout,
  cleanKey: string,
): AsyncGenerator<RunEvent, { image: Float32Array; key: string } | undefined> {
  let image = input.image;
  let key = inputKey;
  const items: DisturbedItem[] = [];
  let allCached = true;
  for (const [index, item] of spec.stack.entries()) {
    if (!item.enabled) continue;
    // An attack also reads the model and the clean answer; a perturbation only the picture.
    key = stageKey(
      "item",
      itemSlice(item, fidelity),
      item.type === "attack" ? [key, cleanKey] : [key],
    );
    let made = context.cache.get<Disturbed>(key);
    if (!made) {
      allCached = false;
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      made =
        item.type === "perturbation"
          ? applyPerturbation(image, input.size, item)
          : yield* attackEvents(
              model,
              { image, mask: regionMask(item.region, input, spec.stack.slice(0, index)) },
              item,
              fidelity,
              spec.question,
              clean,
              context,
            );
      if (!made) return undefined;
      context.cache.set(key, made);
    }
    image = made.image;
    items.push({ ...made.item, id: item.id });
  }
  yield {
    type: "stage",
    stage: "disturbed",
    key,
    partial: false,
    cached: allCached,
    payload: { image, items },
  };
  return { image, key };
}

async function* attackEvents(
  model: VisionLanguageModel,
  ground: AttackGround,
  item: Extract<ExperimentSpec["stack"][number], { type: "attack" }>,
  fidelity: Fidelity,
  question: string,
  clean: Readout,
  context: LabContext,
): AsyncGenerator<RunEvent, Disturbed | undefined> {
  const request = lossRequest(model, question, item.goal, clean.answer, clean.embedding);
  const run = runAttack(model, ground, item, fidelity, request, context);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    const { step: at, restart, loss, bestLoss, adversarial } = step.value;
    const { access, label } = ATTACKS[item.attack];
    const updates = updatesOf(item);
    yield {
      type: "progress",
      stage: "disturbed",
      done: restart * (updates + 1) + at,
      total: item.restarts * (updates + 1) - 1,
      label: `${label} ${access === "query" ? "query" : "step"} ${at} of ${updates}`,
      attack: {
        itemId: item.id,
        step: at,
        ...LOSSES[request.goal.kind],
        loss,
        bestLoss,
        image: adversarial,
      },
    };
  }
}

/** The gradient of the clean image's margin, against central differences through the same graph. */
function checkGradient(
  model: VisionLanguageModel,
  input: InputResult,
  clean: Readout,
  question: string,
): Promise<GradientCheck> {
  const request = lossRequest(
    model,
    question,
    { kind: "untargeted" },
    clean.answer,
    // A feature loss is flat at its own reference: an encoder's gradient is checked against another point.
    clean.answer ? clean.embedding : clean.embedding.toReversed(),
  );
  return model.checkGradient(input.image, request, 1);
}

async function* certify(
  spec: ExperimentSpec,
  context: LabContext,
  model: VisionLanguageModel,
  input: InputResult,
  inputKey: string,
  modelKey: string,
  clean: Readout,
  metrics: MetricsResult,
  until: number,
): AsyncGenerator<RunEvent, void> {
  const key = stageKey("certificate", spec.certificate, [inputKey, modelKey]);
  let running = context.cache.get<RunningCertificate>(key);
  let replayed = 0;
  const resumed = running !== undefined;
  if (!running) {
    // Another confidence or another number of samples is another bound from the same draws.
    const { sigma, seed } = spec.certificate;
    const drawsKey = stageKey("certificate", { draws: { sigma, seed } }, [inputKey, modelKey]);
    const draws = context.cache.get<Float32Array[]>(drawsKey) ?? [];
    context.cache.set(drawsKey, draws);
    replayed = Math.min(draws.length, spec.certificate.maxSamples);
    running = startCertificate(
      model,
      input.image,
      clean.embedding,
      spec.certificate,
      context.yieldToHost,
      draws,
    );
    context.cache.set(key, running);
  }
  running.model = model;
  const event = (live: RunningCertificate): RunEvent | undefined =>
    live.latest && {
      type: "stage",
      stage: "certificate",
      key,
      partial: live.latest.n < spec.certificate.maxSamples,
      cached: resumed,
      payload: certificateResult(live, live.latest, spec.certificate, metrics.l2),
    };
  let sent = running.latest?.n ?? 0;
  const first = event(running);
  if (first) yield first;
  // What was drawn before is not shown climbing again.
  const goal = Math.max(until, replayed);
  while (!running.finished && (running.latest?.n ?? 0) < goal) {
    if (context.signal.aborted) return;
    await continueCertificate(running);
    const n = running.latest?.n ?? 0;
    if (n < replayed) continue;
    if (!isDue(n, sent) && n < goal) continue;
    sent = n;
    const next = event(running);
    if (next && !context.signal.aborted) yield next;
  }
}

/** A stage from the cache or made now; yields its event and returns its result. */
async function* cached<S extends StageName>(
  context: LabContext,
  stage: S,
  key: string,
  make: () => Promise<StageResults[S]>,
): AsyncGenerator<RunEvent, StageResults[S]> {
  const known = context.cache.get<StageResults[S]>(key);
  await context.yieldToHost();
  const payload = known ?? (await make());
  if (!known) context.cache.set(key, payload);
  if (!context.signal.aborted) {
    yield {
      type: "stage",
      stage,
      key,
      partial: false,
      cached: known !== undefined,
      payload,
    } as RunEvent;
  }
  return payload;
}
