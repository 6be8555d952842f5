/** Several systems that look at the same picture and answer as one: an ensemble, or experts behind a gate. */
import { LabError } from "../../errors/labError.ts";
import type { Host } from "../../host/host.ts";
import type { FeatureObjective, Objective } from "../../model/objective.ts";
import { mean } from "../../numerics/sums.ts";
import { checkSystemGradient } from "../../system/checkSystemGradient.ts";
import type { Evaluator, Expert, GradientKind, System } from "../../system/system.ts";
import { l2Norm } from "../../tensor/norms.ts";
import { meanLoss, pooledCrossEntropy, pooledMargin, votedLoss } from "./pooledLoss.ts";
import type { Pooled } from "./pooledLoss.ts";
import { joined, pooledReading, weightedMean } from "./pooledReading.ts";
import type { PoolRule } from "./pooledReading.ts";

/** The weights of the members for one picture, and the way back to the picture. */
export interface Weighing {
  /** Sum to 1. */
  readonly weights: readonly number[];
  /** Cotangents of the weights to that of the picture; absent where the weights are the same for every picture. */
  pullback?(cotangents: readonly number[]): Float32Array;
}

export interface Pool {
  readonly members: readonly { readonly label: string; readonly system: System }[];
  weigh(image: Float32Array): Weighing;
  readonly rule: PoolRule;
  /** Share of the weight that must give the answer. */
  readonly atLeast: number;
}

export function pooledSystem(
  key: string,
  { members, weigh, rule, atLeast }: Pool,
  yieldToHost: () => Promise<void>,
): System {
  const systems = members.map(({ system }) => system);
  const first = systems[0]!;
  const each = async <T>(look: (system: System) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    for (const system of systems) {
      await yieldToHost();
      results.push(await look(system));
    }
    return results;
  };
  const self: System = {
    key,
    size: first.size,
    manifest: first.manifest,
    gradient: rule === "vote" ? "bpda" : weakest(systems),
    async read(image, wordings) {
      const readings = await each((system) => system.read(image, wordings));
      return pooledReading(readings, weigh(image).weights, { rule, atLeast });
    },
    async embed(images) {
      const parts = await each((system) => system.embed(images));
      return images.map((image, k) =>
        joined(
          parts.map((own) => own[k]!),
          weigh(image).weights,
        ),
      );
    },
    evaluator: (objective) => evaluatorOf({ systems, weigh, rule, objective, yieldToHost }),
    encodePrompt: (question) => first.encodePrompt(question),
    encodeText: (text) => first.encodeText(text),
    async relevance(image, objective) {
      const maps = await each((system) => system.relevance(image, objective));
      return weightedMean(maps, weigh(image).weights);
    },
    async experts(image, wording) {
      const { weights, pullback } = weigh(image);
      const readings = await each((system) => system.read(image, [wording]));
      return members.map(({ label }, k): Expert => ({
        label,
        weight: weights[k]!,
        isGated: pullback !== undefined,
        answer: readings[k]!.answers[0]!,
      }));
    },
    checkGradient(image, objective, seed) {
      if (self.gradient === "expectation") {
        throw new LabError("graph-unsupported-op", "This gradient is a mean over random draws.");
      }
      return checkSystemGradient(self.evaluator(objective), image, seed);
    },
  };
  return self;
}

/** What a chain of gradients is worth as a whole. */
function weakest(systems: readonly System[]): GradientKind {
  const kinds = systems.map(({ gradient }) => gradient);
  return kinds.includes("bpda") ? "bpda" : kinds.includes("expectation") ? "expectation" : "exact";
}

interface Asked extends Pick<Pool, "weigh" | "rule">, Pick<Host, "yieldToHost"> {
  readonly systems: readonly System[];
  readonly objective: Objective;
}

function evaluatorOf(asked: Asked): Evaluator {
  const { systems, weigh, rule, objective, yieldToHost } = asked;
  const sizes = new WeakMap<System, number>();
  /** The members' evaluators: where features are asked about, each against its own part of the reference. */
  const evaluators = async (image: Float32Array): Promise<readonly Evaluator[]> => {
    if (objective.kind !== "feature") return systems.map((system) => system.evaluator(objective));
    for (const system of systems) {
      if (sizes.has(system)) continue;
      sizes.set(system, (await system.embed([image]))[0]!.length);
    }
    const parts = partsOf(
      objective,
      systems.map((system) => sizes.get(system)!),
    );
    return systems.map((system, k) =>
      system.evaluator({ ...objective, aim: "away", loss: "cosine", reference: parts[k]! }),
    );
  };
  const pool = (losses: readonly number[], weights: readonly number[]): Pooled => {
    switch (objective.kind) {
      case "answer":
        return pooledAnswerLoss(losses, weights, { rule, objective });
      case "feature": {
        const lengths = systems.map((system) => sizes.get(system)!);
        return pooledFeature(losses, weights, { objective, lengths });
      }
      // Of probabilities of the whole text, as a mixture would say it.
      case "text":
        return pooledCrossEntropy(losses, weights, objective.aim === "away" ? 1 : -1);
      case "attention":
        return meanLoss(losses, weights);
    }
  };
  const alone = systems.map((system) => system.evaluator(objective));
  const canClimb = alone.every(({ lossAndGradient }) => lossAndGradient);
  const climbing =
    (wayOf: (evaluator: Evaluator) => NonNullable<Evaluator["lossAndGradient"]>) =>
    async (image: Float32Array) => {
      const given = [];
      for (const evaluator of await evaluators(image)) {
        await yieldToHost();
        given.push(await wayOf(evaluator)(image));
      }
      const { weights, pullback } = weigh(image);
      const pooled = pool(
        given.map(({ loss }) => loss),
        weights,
      );
      const gradient = weightedMean(
        given.map((own) => own.gradient),
        pooled.byLoss,
      );
      const gate = pullback?.(pooled.byWeight);
      return {
        loss: pooled.loss,
        gradient: gate ? gradient.map((g, i) => g + gate[i]!) : gradient,
      };
    };
  const pooledLoss = async (image: Float32Array, lossOf: (one: Evaluator) => Promise<number>) => {
    const losses: number[] = [];
    for (const evaluator of await evaluators(image)) {
      await yieldToHost();
      losses.push(await lossOf(evaluator));
    }
    return pool(losses, weigh(image).weights).loss;
  };
  return {
    loss: (image) => pooledLoss(image, ({ loss }) => loss(image)),
    ...(alone.some(({ lossAgain }) => lossAgain) && {
      lossAgain: (image: Float32Array, round: number) =>
        pooledLoss(image, async ({ loss, lossAgain }) =>
          lossAgain ? mean(await lossAgain(image, round)) : loss(image),
        ).then((pooled) => [pooled]),
    }),
    ...(canClimb && { lossAndGradient: climbing((one) => one.lossAndGradient!) }),
    ...(canClimb &&
      alone.some(({ standIn }) => standIn) && {
        standIn: climbing((one) => one.standIn ?? one.lossAndGradient!),
      }),
  };
}

function pooledAnswerLoss(
  losses: readonly number[],
  weights: readonly number[],
  {
    rule,
    objective: { loss, aim },
  }: { readonly rule: PoolRule; readonly objective: Extract<Objective, { kind: "answer" }> },
): Pooled {
  if (rule === "vote") return votedLoss(losses, weights);
  if (loss === "cross-entropy") return pooledCrossEntropy(losses, weights, aim === "away" ? 1 : -1);
  return loss === "margin" ? pooledMargin(losses, weights) : meanLoss(losses, weights);
}

/** The parts of a joined reference, one a member. */
function partsOf({ reference }: FeatureObjective, lengths: readonly number[]): Float32Array[] {
  let from = 0;
  return lengths.map((length) => reference.subarray(from, (from += length)));
}

/** Joined unit vectors: the cosine and the squared distance to a reference are sums over the members' cosines 1 - loss. */
function pooledFeature(
  losses: readonly number[],
  weights: readonly number[],
  {
    objective,
    lengths,
  }: { readonly objective: FeatureObjective; readonly lengths: readonly number[] },
): Pooled {
  const norms = partsOf(objective, lengths).map((part) => l2Norm(part));
  const whole = l2Norm(objective.reference);
  const sign = objective.aim === "away" ? 1 : -1;
  const inner = losses.reduce(
    (sum, loss, i) => sum + Math.sqrt(weights[i]!) * norms[i]! * (1 - loss),
    0,
  );
  const isCosine = objective.loss === "cosine";
  const scale = sign * (isCosine ? 1 / whole : 2);
  const distance = isCosine ? 1 - inner / whole : 1 + whole ** 2 - 2 * inner;
  return {
    loss: sign * distance,
    byLoss: losses.map((_, i) => scale * Math.sqrt(weights[i]!) * norms[i]!),
    byWeight: losses.map((loss, i) =>
      weights[i]! > 0 ? (-scale * norms[i]! * (1 - loss)) / (2 * Math.sqrt(weights[i]!)) : 0,
    ),
  };
}
