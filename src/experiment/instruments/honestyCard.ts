/**
 * What a defense is worth against attackers who know more and more of it. Carlini et al. 2019: a defense is measured by the
 * strongest attack that was made for it, never by one that does not know of it.
 */
import { recognizeQuestion } from "../../language/recognize.ts";
import { canAnswer } from "../../model/manifest.ts";
import { hasFlipped } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import type { DefenseItem } from "../../defenses/defense.ts";
import { answerVote } from "../../certificates/answerVote.ts";
import { alphaForBound } from "../../certificates/sampler.ts";
import { MASKED } from "../../attacks/bothWays.ts";
import { runAttack } from "../disturb.ts";
import type { AttackTarget } from "../disturb.ts";
import { effortOf, knowingAttack } from "../knowingAttack.ts";
import type { Found, Rules } from "../knowingAttack.ts";
import { objectiveOf } from "../objectiveOf.ts";
import { readOut } from "../readout.ts";
import type { AttackItem } from "../spec.ts";
import type { Held, StageNews } from "../stage.ts";
import { systemOfRun } from "../systemOf.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import { ATTACKERS, cardResult } from "./honestyText.ts";
import type { Card, Certified, Trial, TrialId } from "./honestyText.ts";
import { noisyAnswers } from "./noisyAnswers.ts";

type Attempt = Pick<AttackItem, "attack" | "steps" | "queries" | "restarts">;

type Given = Pick<Held, "model" | "system" | "input" | "clean">;

/** Pictures that differ in one pixel by one grey level: how much a random defense's loss moves by its draws alone. */
const FLOOR_PICTURES = 6;

export const honestyCard = defineInstrument({
  id: "honestyCard",
  label: "Honesty card of the defense",
  group: "robustness",
  help: "Attacks this picture as someone who does not know of the defense, who knows it, and who may only ask, and says whether what the defense gains survives the strongest of them. One picture is an example, not a rate: a study over many pictures gives the rate.",
  source:
    "Carlini et al. 2019, On Evaluating Adversarial Robustness (arXiv:1902.06705); Croce & Hein 2020, AutoAttack (arXiv:2003.01690) and its flags",
  params: {
    epsilon: {
      label: "Epsilon",
      unit: "/255",
      min: 1,
      max: 16,
      step: 1,
      default: 3,
      integer: true,
      help: "The limit on each pixel, in grey levels of 255, for every attacker alike.",
    },
    steps: {
      label: "Steps",
      unit: "",
      min: 5,
      max: 100,
      step: 1,
      default: 15,
      integer: true,
      help: "Gradient steps of each attack. Where nothing is drawn they are taken twice, the second time from a random start, and twice again where a filter can hide its slope.",
    },
    strongSteps: {
      label: "Steps of the strong attack",
      unit: "",
      min: 0,
      max: 200,
      step: 5,
      default: 40,
      integer: true,
      help: "Where the answer still holds against the one who knows the defense, or without the defense against the one who does not know of it, the strong attack follows with so many steps for each of its members. A defense that draws costs as many passes a step as there are draws, so it gets a quarter of the steps. 0 leaves it out.",
    },
    draws: {
      label: "Draws",
      unit: "",
      min: 20,
      max: 50,
      step: 1,
      default: 20,
      integer: true,
      help: "Where the defense is random: over how many draws the attacker who knows it averages each step (EOT).",
    },
    queries: {
      label: "Queries",
      unit: "",
      min: 50,
      max: 5000,
      step: 50,
      default: 150,
      integer: true,
      help: "How often the attacker who may only ask does so.",
    },
    samples: {
      label: "Noisy copies",
      unit: "",
      min: 0,
      max: 1000,
      step: 50,
      default: 50,
      integer: true,
      help: "For the certificate by vote behind the defense, at noise of 0.05. It needs about 50 to prove anything, and 0 leaves it out.",
    },
  },
  needs: ["model", "system", "input", "clean"],
  obstacle: ({ model, system }) =>
    system === model
      ? "There is no defense to judge: none is on with a strength above 0."
      : canAnswer(model.manifest)
        ? undefined
        : "This model gives no answers that a defense could hold.",
  async *run(given, scope) {
    const card = yield* measured(given, scope);
    return card && cardResult(card);
  },
});

async function* measured(
  given: Given,
  scope: InstrumentScope,
): AsyncGenerator<StageNews<never>, Card | undefined> {
  const trials: Trial[] = [];
  const { model, system, input, clean } = given;
  const { spec, params, context } = scope;
  const bare = await readOut(model, input.image, spec.question);
  const wording = recognizeQuestion(spec.question);
  const known = await systemOfRun(model, drawing(spec.defenses, params["draws"]!), context);
  const single = await systemOfRun(model, drawing(spec.defenses, 1), context);
  const against = (attacked: System, said: Given["clean"]) =>
    objectiveOf(attacked, { kind: "untargeted" }, { question: spec.question, clean: said });
  const judge = known.evaluator(against(known, clean));
  const answerOn = async (picture: Float32Array) =>
    (await system.read(picture, [wording])).answers[0]!;
  const bareAnswerOn = async (picture: Float32Array) =>
    (await model.read(picture, [wording])).answers[0]!;
  const rules = rulesOf(scope);
  const attempt = async (
    id: TrialId,
    attacked: System,
    attack: Attempt | "knowing",
  ): Promise<boolean> => {
    const said = attacked === model ? bare : clean;
    const target = { system: attacked, objective: against(attacked, said), aware: true };
    const answering = attacked === model ? bareAnswerOn : answerOn;
    const hasHeld = async (picture: Float32Array) =>
      hasFlipped(said.answer, await answering(picture)) === false;
    const effort = effortOf(params, attacked.gradient === "expectation");
    const found =
      attack === "knowing"
        ? await knowingAttack(target, { image: input.image, rules, hasHeld }, effort, context)
        : await plainAttack(target, input.image, { ...rules, ...attack }, context);
    if (!found) return false;
    const answer = await answerOn(found.image);
    const bareAnswer = await bareAnswerOn(found.image);
    trials.push({
      id,
      answer,
      flipped: hasFlipped(clean.answer, answer),
      bareFlipped: hasFlipped(bare.answer, bareAnswer),
      loss: await judge.loss(found.image),
      isStrong: found.isStrong,
      isMasked: found.warnings.includes(MASKED),
    });
    return true;
  };
  const steps = { steps: params["steps"]! };
  const isRandom = system.gradient === "expectation";
  const apgd = { attack: "apgd", ...steps, restarts: 1 } as const;
  const square = { attack: "square", queries: params["queries"]!, restarts: 1 } as const;
  const attempts: readonly (readonly [TrialId, System, Attempt | "knowing"])[] = [
    // What the defense gains is the answers it holds that as strong an attack turns without it.
    ["transfer", model, "knowing"],
    ...(isRandom ? [["naive", single, apgd] as const] : []),
    ["adaptive", known, "knowing"],
    ["blackBox", known, square],
  ];
  const total = attempts.length + 1;
  for (const [done, [id, attacked, attack]] of attempts.entries()) {
    yield { progress: { done, total, label: `Attacked by one who ${ATTACKERS[id]}` } };
    if (!(await attempt(id, attacked, attack))) return undefined;
  }
  yield { progress: { done: attempts.length, total, label: "Certificate and times" } };
  const certified = await certifiedBy(given, wording, scope);
  if (scope.context.signal.aborted) return undefined;
  return {
    ...(certified ? { certified } : {}),
    clean: clean.answer!,
    bare: bare.answer!,
    trials,
    gradient: system.gradient,
    cleanLoss: await judge.loss(input.image),
    noiseFloor: isRandom ? await noiseFloor(judge.loss, input.image, context.yieldToHost) : 0,
    isFlat: await isFlat(known, against(known, clean), input.image),
    slowdown: await slowdown(given, wording),
    draws: isRandom ? params["draws"]! : 1,
    epsilon: params["epsilon"]!,
  };
}

const SIGMA = 0.05;
const ALPHA = 0.001;

/** The radius that a vote under noise proves of the answer behind the defense (Cohen et al. 2019). */
async function certifiedBy(
  { system, input, clean }: Given,
  wording: Parameters<System["read"]>[1][number],
  scope: InstrumentScope,
): Promise<Certified | undefined> {
  const { params, seed, keyOf } = scope;
  const { samples = 0, epsilon = 1 } = params;
  if (samples === 0) return undefined;
  const options = { sigma: SIGMA, alpha: ALPHA, maxSamples: samples, batch: 1, seed };
  const { answer } = clean.answer!;
  const alpha = alphaForBound(options, input.image.length);
  const vote = answerVote(answer, { sigma: SIGMA, alpha, seed });
  const key = [keyOf("input"), keyOf("system")];
  const subject = { system, image: input.image, questions: [wording], key };
  for await (const [said] of noisyAnswers(subject, { sigma: SIGMA, seed, count: samples }, scope)) {
    vote.add(said?.answer === answer && !said.agreement?.abstains);
  }
  const { radius, n } = vote.certificate();
  // An attacker who may move every pixel by epsilon reaches this far.
  return { radius, n, needed: (epsilon / 255) * Math.sqrt(input.image.length), sigma: SIGMA };
}

/** The same defenses with at least that many draws for the attacker (exactly one where one is asked for). */
function drawing(items: readonly DefenseItem[], draws: number): readonly DefenseItem[] {
  return items.map((item) => {
    const own = item.params["eot"] ?? 1;
    return { ...item, params: { ...item.params, eot: draws === 1 ? 1 : Math.max(draws, own) } };
  });
}

function rulesOf({ params, seed }: InstrumentScope): Rules {
  return {
    id: "honesty",
    type: "attack",
    enabled: true,
    seed,
    norm: "linf",
    epsilon: params["epsilon"]!,
    goal: { kind: "untargeted" },
  };
}

/** Standard deviation of the loss over pictures that are the same to any eye. */
async function noiseFloor(
  loss: (image: Float32Array) => Promise<number>,
  image: Float32Array,
  yieldToHost: () => Promise<void>,
): Promise<number> {
  const losses: number[] = [];
  for (let k = 0; k < FLOOR_PICTURES; k++) {
    await yieldToHost();
    const same = image.slice();
    same[k] = same[k]! + (same[k]! > 0.5 ? -1 : 1) / 255;
    losses.push(await loss(same));
  }
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  return Math.sqrt(losses.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (losses.length - 1));
}

async function isFlat(
  system: System,
  objective: Parameters<System["evaluator"]>[0],
  image: Float32Array,
): Promise<boolean> {
  const { lossAndGradient } = system.evaluator(objective);
  return !lossAndGradient || (await lossAndGradient(image)).gradient.every((value) => value === 0);
}

/** Answers that are timed of each: of several the shortest says least of what else the machine was busy with. */
const TIMED = 3;

/** Time of an answer behind the defense over that of the bare model, in turns, on pictures that neither has seen. */
async function slowdown(
  { model, system, input }: Given,
  wording: Parameters<System["read"]>[1][number],
): Promise<number> {
  const timed = async (read: System) => {
    const from = Date.now();
    await read.read(input.image.slice(), [wording]);
    return Date.now() - from;
  };
  let [bare, behind] = [Infinity, Infinity];
  for (let k = 0; k < TIMED; k++) {
    bare = Math.min(bare, await timed(model));
    behind = Math.min(behind, await timed(system));
  }
  return behind / Math.max(1, bare);
}

async function plainAttack(
  target: AttackTarget,
  image: Float32Array,
  item: AttackItem,
  context: InstrumentScope["context"],
): Promise<Omit<Found, "loss"> | undefined> {
  const run = runAttack(target, { image }, item, context);
  for (;;) {
    const step = await run.next();
    if (!step.done) continue;
    const made = step.value;
    return (
      made && { image: made.image, isStrong: false, warnings: made.item.trace?.warnings ?? [] }
    );
  }
}
