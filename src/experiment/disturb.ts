/** The stack: perturbations and attacks in the reader's order, each on what the ones before have made. */
import type { AttackIterate, AttackOptions, AttackOracle } from "../attacks/attack.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { roundToLattice } from "../attacks/lattice.ts";
import { LabError } from "../errors/labError.ts";
import { snapToByteLattice } from "../image/greyImage.ts";
import { recogniseQuestion } from "../language/recognise.ts";
import { correctedAnswer } from "../language/answer.ts";
import type { GradientRequest, VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { l2Norm, linfNorm, subtract } from "../tensor/norms.ts";
import type { LabContext } from "./labContext.ts";
import { answerSpaceOf } from "./readout.ts";
import type { AnswerResult, AttackTrace, DisturbedItem } from "./results.ts";
import type { AttackItem, Fidelity, PerturbationItem, StackItem } from "./spec.ts";

/** Steps of an attack while a slider moves. */
const PREVIEW_STEPS = 3;

export interface Disturbed {
  readonly image: Float32Array;
  readonly item: DisturbedItem;
}

/** What of an item decides its result: everything but its id and switch; a preview has fewer steps. */
export function itemSlice(item: StackItem, fidelity: Fidelity): unknown {
  const { id: _id, enabled: _enabled, ...slice } = item;
  return slice.type === "attack" ? { ...slice, steps: stepsOf(slice, fidelity) } : slice;
}

function stepsOf(item: Pick<AttackItem, "steps">, fidelity: Fidelity): number {
  return fidelity === "preview" ? Math.min(PREVIEW_STEPS, item.steps) : item.steps;
}

export function applyPerturbation(
  image: Float32Array,
  size: number,
  item: PerturbationItem,
): Disturbed {
  const member = PERTURBATIONS[item.perturbation];
  if (!member) {
    throw new LabError("spec-invalid", `There is no perturbation "${item.perturbation}".`);
  }
  const params = { ...item.params, ...(item.strokes ? { strokes: item.strokes } : {}) };
  const out = member.apply(image, { width: size, height: size }, params, item.seed);
  snapToByteLattice(out);
  return { image: out, item: describe(item.id, member.label, image, out) };
}

/** Loss in words, for the trace's axis. */
export const LOSSES = {
  away: { lossName: "margin against clean", lossUnit: "logits" },
  say: { lossName: "margin for the wanted answer", lossUnit: "logits" },
  feature: { lossName: "1 − cosine of the embeddings", lossUnit: "" },
} as const;

/** What the attack maximises, as a request to the gradient graph. */
export function gradientRequest(
  model: VisionLanguageModel,
  question: string,
  goal: AttackItem["goal"],
  clean: AnswerResult | null,
  cleanEmbedding: Float32Array,
): GradientRequest {
  if (clean === null) {
    // Without a text side the features are all there is to move, whatever the goal says.
    const feature = { kind: "feature" } as const;
    return {
      promptIds: [],
      answers: [],
      answerTokenIds: [],
      reference: cleanEmbedding,
      goal: feature,
    };
  }
  const understood = recogniseQuestion(question);
  const space = answerSpaceOf(model, understood);
  return {
    promptIds: model.encodePrompt(understood.text),
    answers: space.answers,
    answerTokenIds: space.tokenIds,
    reference: cleanEmbedding,
    goal:
      goal.kind === "untargeted"
        ? { kind: "away", answer: clean.answer }
        : goal.kind === "say"
          ? // The wanted answer is about the finding; a negated wording is made to say the opposite.
            { kind: "say", answer: correctedAnswer(goal.answer, understood.polarity) }
          : { kind: "feature" },
  };
}

/** Yields every iterate; returns the best, rounded to the 8-bit lattice inside the ball. */
export async function* runAttack(
  model: VisionLanguageModel,
  origin: Float32Array,
  item: AttackItem,
  fidelity: Fidelity,
  request: GradientRequest,
  context: LabContext,
): AsyncGenerator<AttackIterate, Disturbed | undefined> {
  const member = ATTACKS[item.attack];
  if (!member) throw new LabError("spec-invalid", `There is no attack "${item.attack}".`);
  const epsilon = item.norm === "linf" ? item.epsilon / 255 : item.epsilon;
  const options: AttackOptions = {
    norm: item.norm,
    epsilon,
    steps: stepsOf(item, fidelity),
    stepSize: Math.max(1e-6, item.relativeStep * epsilon),
    restarts: fidelity === "preview" ? 1 : item.restarts,
    seed: item.seed,
    // A feature loss has no slope at its own reference: start beside it.
    randomStart: request.goal.kind === "feature",
  };
  const oracle: AttackOracle = { lossAndGradient: (x) => model.lossGradient(x, request) };
  const trace = { loss: [] as number[], bestLoss: [] as number[] };
  const run = member.run(oracle, origin, options, context);
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      trace.loss.push(step.value.loss);
      trace.bestLoss.push(step.value.bestLoss);
      yield step.value;
      continue;
    }
    if (step.value.cancelled) return undefined;
    // A disturbed picture is an 8-bit picture, as a file or a detector would hold it.
    const image =
      epsilon === 0 ? origin : roundToLattice(step.value.adversarial, origin, epsilon, item.norm);
    const change = subtract(image, origin);
    const described: AttackTrace = {
      ...trace,
      ...LOSSES[request.goal.kind],
      epsilon,
      norm: item.norm,
      reached: item.norm === "linf" ? linfNorm(change) : l2Norm(change),
      gradientEvaluations: step.value.evaluations,
    };
    return { image, item: { ...describe(item.id, member.label, origin, image), trace: described } };
  }
}

function describe(
  id: string,
  label: string,
  before: Float32Array,
  after: Float32Array,
): DisturbedItem {
  const change = subtract(after, before);
  return { id, label, linf: linfNorm(change), l2: l2Norm(change) };
}
