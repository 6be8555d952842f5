/** The stack: perturbations and attacks in the reader's order, each on what the ones before have made. */
import type {
  AttackContext,
  AttackIterate,
  AttackMember,
  AttackOptions,
  AttackResult,
} from "../attacks/attack.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { LabError } from "../errors/labError.ts";
import { snapToByteLattice } from "../image/greyImage.ts";
import { recogniseQuestion } from "../language/recognise.ts";
import { correctedAnswer } from "../language/answer.ts";
import type { LossRequest, VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { l2Norm, linfNorm, subtract } from "../tensor/norms.ts";
import { answerSpaceOf } from "./readout.ts";
import type { AnswerResult, AttackTrace, DisturbedItem } from "./results.ts";
import type { AttackItem, Fidelity, PerturbationItem, StackItem } from "./spec.ts";

/** Steps or queries of an attack while a slider moves. */
const PREVIEW = { steps: 3, queries: 10 };

export interface Disturbed {
  readonly image: Float32Array;
  readonly item: DisturbedItem;
}

/** What of an item decides its result: everything but its id and switch; a preview has fewer steps. */
export function itemSlice(item: StackItem, fidelity: Fidelity): unknown {
  const { id: _id, enabled: _enabled, ...slice } = item;
  if (slice.type === "perturbation") return slice;
  return { ...slice, ...effortOf(slice, fidelity) };
}

type Effort = Pick<AttackItem, "restarts" | "steps" | "queries">;

/** The item's own restarts and steps (or queries); a preview has fewer. */
function effortOf({ restarts, steps, queries }: Effort, fidelity: Fidelity): Effort {
  const most = (limit: number, count: number) =>
    fidelity === "preview" ? Math.min(limit, count) : count;
  return {
    restarts: most(1, restarts),
    ...(steps === undefined ? {} : { steps: most(PREVIEW.steps, steps) }),
    ...(queries === undefined ? {} : { queries: most(PREVIEW.queries, queries) }),
  };
}

/** Evaluations of a restart after its first: an attack without steps makes one. */
export function updatesOf({ steps, queries }: Pick<AttackItem, "steps" | "queries">): number {
  return steps ?? queries ?? 1;
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
export function lossRequest(
  model: VisionLanguageModel,
  question: string,
  goal: AttackItem["goal"],
  clean: AnswerResult | null,
  cleanEmbedding: Float32Array,
): LossRequest {
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

/** What an attack starts from and, where it keeps to a region, the pixels it may change. */
export interface AttackGround {
  readonly image: Float32Array;
  readonly mask?: Float32Array | undefined;
}

/**
 * The attack on this model. A black-box attack is handed nothing but the answers.
 * @throws LabError "graph-unsupported-op" where a white-box attack meets a model without a gradient
 */
async function* attackModel(
  member: AttackMember,
  { model, request }: { readonly model: VisionLanguageModel; readonly request: LossRequest },
  { origin, options }: { readonly origin: Float32Array; readonly options: AttackOptions },
  context: AttackContext,
): AsyncGenerator<AttackIterate, AttackResult> {
  const loss = (x: Float32Array) => model.loss(x, request);
  if (member.access === "query") return yield* member.run({ loss }, origin, options, context);
  const lossAndGradient = (x: Float32Array) => model.lossGradient(x, request);
  try {
    return yield* member.run({ loss, lossAndGradient }, origin, options, context);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
    const askers = Object.values(ATTACKS).filter(({ access }) => access === "query");
    throw new LabError(error.code, `${member.label} needs the model's gradient. ${error.message}`, {
      hint: `${askers.map(({ label }) => label).join(" or ")} only asks for answers and runs on this model: add it instead.`,
      cause: error,
    });
  }
}

/** Yields every iterate; returns the best, an 8-bit picture inside the ball. */
export async function* runAttack(
  model: VisionLanguageModel,
  { image: origin, mask }: AttackGround,
  item: AttackItem,
  fidelity: Fidelity,
  request: LossRequest,
  context: AttackContext,
): AsyncGenerator<AttackIterate, Disturbed | undefined> {
  const member = ATTACKS[item.attack];
  if (!member) throw new LabError("spec-invalid", `There is no attack "${item.attack}".`);
  const epsilon = item.norm === "linf" ? item.epsilon / 255 : item.epsilon;
  const effort = effortOf(item, fidelity);
  const options: AttackOptions = {
    norm: item.norm,
    epsilon,
    steps: updatesOf(effort),
    stepSize: Math.max(1e-6, (item.relativeStep ?? 1) * epsilon),
    restarts: effort.restarts,
    seed: item.seed,
    // A disturbed picture is an 8-bit picture, as a file or a detector would hold it.
    lattice: true,
    ...(mask ? { mask } : {}),
    // A feature loss has no slope at its own reference: start beside it.
    randomStart: request.goal.kind === "feature",
  };
  const trace = { loss: [] as number[], bestLoss: [] as number[] };
  const run = attackModel(member, { model, request }, { origin, options }, context);
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      trace.loss.push(step.value.loss);
      trace.bestLoss.push(step.value.bestLoss);
      yield step.value;
      continue;
    }
    if (step.value.cancelled) return undefined;
    const { adversarial: image, gradientPasses, queries } = step.value;
    const change = subtract(image, origin);
    const described: AttackTrace = {
      ...trace,
      ...LOSSES[request.goal.kind],
      epsilon,
      norm: item.norm,
      reached: item.norm === "linf" ? linfNorm(change) : l2Norm(change),
      access: member.access,
      gradientPasses,
      queries,
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
