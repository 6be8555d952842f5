/** The stack: perturbations and attacks in the reader's order, each on what the ones before have made. */
import type {
  AttackIterate,
  AttackMember,
  AttackOptions,
  AttackResult,
  GradientOracle,
} from "../attacks/attack.ts";
import { bothWays, isMadeTwice, MASKED } from "../attacks/bothWays.ts";
import { judgedAgain } from "../attacks/judgedAgain.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { strongUpdates } from "../attacks/strong.ts";
import { LabError } from "../errors/labError.ts";
import type { Host } from "../host/host.ts";
import { snapToByteLattice } from "../image/grayImage.ts";
import type { Objective } from "../model/objective.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { l2Norm, linfNorm, subtract } from "../tensor/norms.ts";
import type { System } from "../system/system.ts";
import { lossNaming } from "./objectiveOf.ts";
import type { AttackTrace, DisturbedItem } from "./results.ts";
import type { AttackItem, PerturbationItem, StackItem } from "./spec.ts";
import type { Pass } from "./stage.ts";

/** Steps or queries of an attack while a slider moves. */
const PREVIEW = { steps: 3, queries: 10 };

export interface Disturbed {
  readonly image: Float32Array;
  readonly item: DisturbedItem;
}

/** What of an item decides its result: everything but its id and switch. */
export function itemSlice(item: StackItem): unknown {
  const { id: _id, enabled: _enabled, ...slice } = item;
  return slice;
}

/** The attack with its own restarts and steps (or queries); a preview has fewer. */
export function withEffort(item: AttackItem, pass: Pass): AttackItem {
  const { restarts, steps, queries } = item;
  if (pass === "full") return item;
  return {
    ...item,
    restarts: Math.min(1, restarts),
    ...(steps === undefined ? {} : { steps: Math.min(PREVIEW.steps, steps) }),
    ...(queries === undefined ? {} : { queries: Math.min(PREVIEW.queries, queries) }),
  };
}

/** Evaluations of a restart after its first: an attack without steps makes one. */
function updatesOf({ steps, queries }: AttackItem, ways: number): number {
  if (steps !== undefined && queries !== undefined) return strongUpdates(steps, queries, ways);
  return steps ?? queries ?? 1;
}

/** How long an attack on this target is: restarts, those by another way back included, and evaluations of one after its first. */
export function lengthOf(
  item: AttackItem,
  { system, objective, isOneWay }: AttackTarget,
): { readonly restarts: number; readonly updates: number } {
  const hasOther = !isOneWay && system.evaluator(objective).standIn !== undefined;
  const isTwice = hasOther && isMadeTwice(ATTACKS[item.attack]);
  return {
    restarts: isTwice ? 2 * item.restarts : item.restarts,
    updates: updatesOf(item, hasOther ? 2 : 1),
  };
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

/** Whom an attack is against, and what it wants. */
export interface AttackTarget {
  readonly system: System;
  readonly objective: Objective;
  /** False where `system` is the bare model and the answers come through defenses. */
  readonly aware: boolean;
  /** What is said where the evaluator's other way back did better; absent where that is a defense's (MASKED). */
  readonly otherWay?: string;
  /** Takes the gradient's own way back alone, where there would be another to try: for a preview. */
  readonly isOneWay?: boolean;
  /** Other pictures, for an attack that is made for many. */
  readonly crowd?: GradientOracle["crowd"];
}

/** What an attack starts from and, where it keeps to a region, the pixels it may change. */
export interface AttackGround {
  readonly image: Float32Array;
  readonly mask?: Float32Array | undefined;
  /** Another starting point inside the ball, for a preview that goes on from the one before. */
  readonly start?: Float32Array | undefined;
}

/**
 * The attack on this system. A black-box attack is handed nothing but the answers.
 * @throws LabError "graph-unsupported-op" where a white-box attack meets a system without a gradient
 */
async function* attackSystem(
  member: AttackMember,
  target: AttackTarget,
  ground: { readonly origin: Float32Array; readonly options: AttackOptions },
  context: Host,
): AsyncGenerator<AttackIterate, AttackResult> {
  const { system, objective, isOneWay } = target;
  const { lossAgain } = system.evaluator(objective);
  const run = runOn(member, target, ground, context);
  // A preview has no time to look again.
  if (!lossAgain || isOneWay) return yield* run;
  return yield* judgedAgain(run, member, { lossAgain, turnsAbove: flipOf(objective) }, context);
}

/** The loss at which an answer flips, where its loss says so: both are a difference of logits, divided or not. */
function flipOf(objective: Objective): number | undefined {
  return objective.kind === "answer" && objective.loss !== "cross-entropy" ? 0 : undefined;
}

/** The attack as its own loss judges it. */
async function* runOn(
  member: AttackMember,
  { system, objective, crowd, isOneWay = false, otherWay = MASKED }: AttackTarget,
  { origin, options }: { readonly origin: Float32Array; readonly options: AttackOptions },
  context: Host,
): AsyncGenerator<AttackIterate, AttackResult> {
  const { loss, lossAndGradient, standIn } = system.evaluator(objective);
  if (member.access === "query") return yield* member.run({ loss }, origin, options, context);
  try {
    if (!lossAndGradient) {
      throw new LabError("graph-unsupported-op", "This system gives no gradient.");
    }
    const targeted = targetedOracles(system, objective, loss);
    const oracle = { loss, lossAndGradient, targeted, ...(crowd ? { crowd } : {}) };
    if (!standIn || isOneWay) return yield* member.run(oracle, origin, options, context);
    const other = {
      lossAndGradient: standIn,
      targeted: targetedOracles(system, objective, loss, "standIn"),
      better: otherWay,
    };
    const both = { ...oracle, standIn: other };
    if (!isMadeTwice(member)) return yield* member.run(both, origin, options, context);
    return yield* bothWays(member, both, { origin, options }, context);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
    const askers = Object.values(ATTACKS).filter(({ access }) => access === "query");
    throw new LabError(error.code, `${member.label} needs the model's gradient. ${error.message}`, {
      hint: `${askers.map(({ label }) => label).join(" or ")} only asks for answers and runs on this model: add it instead.`,
      cause: error,
    });
  }
}

/** Two answers have one way out, and no target besides it. */
const LEAST_ANSWERS = 3;

/** For each other answer of a question, the loss away from the given one with the gradient towards that answer. */
function targetedOracles(
  system: System,
  objective: Objective,
  loss: (image: Float32Array) => Promise<number>,
  way: "lossAndGradient" | "standIn" = "lossAndGradient",
): NonNullable<GradientOracle["targeted"]> {
  if (objective.kind !== "answer" || objective.aim !== "away") return [];
  const { answers, answer } = objective;
  if (answers.length < LEAST_ANSWERS) return [];
  return answers
    .filter((other) => other !== answer)
    .flatMap((other) => {
      const wanted = { ...objective, aim: "towards", answer: other, loss: "margin" } as const;
      const climb = system.evaluator(wanted)[way];
      if (!climb) return [];
      return {
        lossAndGradient: async (image: Float32Array) => ({
          loss: await loss(image),
          gradient: (await climb(image)).gradient,
        }),
      };
    });
}

/** The rules of an attack on a picture. */
function attackOptions(
  item: AttackItem,
  { mask, start }: AttackGround,
  objective: Objective,
): AttackOptions {
  const epsilon = epsilonOf(item);
  return {
    norm: item.norm,
    epsilon,
    steps: item.steps ?? item.queries ?? 1,
    ...(item.queries === undefined ? {} : { queries: item.queries }),
    stepSize: Math.max(1e-6, (item.relativeStep ?? 1) * epsilon),
    restarts: item.restarts,
    seed: item.seed,
    // A disturbed picture is an 8-bit picture, as a file or a detector would hold it.
    lattice: true,
    ...(mask ? { mask } : {}),
    ...(item.stamp ? { stamp: item.stamp } : {}),
    ...(start ? { start } : {}),
    // A feature loss has no slope at its own reference: start beside it.
    randomStart: objective.kind === "feature" && objective.aim === "away",
  };
}

/** Epsilon in model space. */
export function epsilonOf({ norm, epsilon }: Pick<AttackItem, "norm" | "epsilon">): number {
  return norm === "linf" ? epsilon / 255 : epsilon;
}

/** @param item with the effort of its pass. Yields every iterate; returns the best, an 8-bit picture inside the ball. */
export async function* runAttack(
  target: AttackTarget,
  ground: AttackGround,
  item: AttackItem,
  context: Host,
): AsyncGenerator<AttackIterate, Disturbed | undefined> {
  const member = ATTACKS[item.attack];
  if (!member) throw new LabError("spec-invalid", `There is no attack "${item.attack}".`);
  const { image: origin } = ground;
  const options = attackOptions(item, ground, target.objective);
  const trace = { loss: [] as number[], bestLoss: [] as number[] };
  const run = attackSystem(member, target, { origin, options }, context);
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      trace.loss.push(step.value.loss);
      trace.bestLoss.push(step.value.bestLoss);
      yield step.value;
      continue;
    }
    if (step.value.cancelled) return undefined;
    const { adversarial: image, gradientPasses, queries, warnings = [] } = step.value;
    const change = subtract(image, origin);
    const described: AttackTrace = {
      ...trace,
      ...lossNaming(target.objective),
      epsilon: options.epsilon,
      norm: item.norm,
      reached: item.norm === "linf" ? linfNorm(change) : l2Norm(change),
      access: member.access,
      ...(member.access === "gradient" ? { gradient: target.system.gradient } : {}),
      aware: target.aware,
      gradientPasses,
      queries,
      ...(warnings.length > 0 ? { warnings } : {}),
    };
    return { image, item: { ...describe(item.id, member.label, origin, image), trace: described } };
  }
}

export function describe(
  id: string,
  label: string,
  before: Float32Array,
  after: Float32Array,
): DisturbedItem {
  const change = subtract(after, before);
  return { id, label, linf: linfNorm(change), l2: l2Norm(change) };
}
