/**
 * The attacker who knows a defense and works through it, as the honesty card has him: APGD first, and where the answer holds, the
 * strong attack with more steps. An answer that is turned needs no second attack; one that holds is worth what was tried on it.
 */
import type { Host } from "../host/host.ts";
import { runAttack } from "./disturb.ts";
import type { AttackTarget } from "./disturb.ts";
import type { AttackItem } from "./spec.ts";
import type { Params } from "../system/param.ts";

/** Starts of an attack on a defense without draws: from the picture itself, and from a random point beside it. */
export const STARTS = 2;
/** Questions of the strong attack's last member, which has no gradient. */
const QUERIES = 20;

export interface Effort {
  readonly steps: number;
  /** Of the strong attack; 0 leaves it out. */
  readonly strongSteps: number;
  /** The loss at which it stops with what it has; absent: it takes all its steps, for the largest loss. */
  readonly enough?: number;
}

/** A step against a defense that draws costs as many passes as there are draws: there the strong attack takes a quarter of its steps. */
const SHARE_WHERE_DRAWN = 0.25;

/** As the card's settings ask for it. */
export function effortOf({ steps, strongSteps }: Params, isRandom: boolean): Effort {
  return {
    steps: steps!,
    strongSteps: Math.ceil(strongSteps! * (isRandom ? SHARE_WHERE_DRAWN : 1)),
  };
}

/** What every attack of one attacker keeps to. */
export type Rules = Omit<AttackItem, "attack" | "steps" | "queries" | "restarts">;

export interface Found {
  readonly image: Float32Array;
  readonly loss: number;
  /** Whether the strong attack was made too. */
  readonly isStrong: boolean;
  readonly warnings: readonly string[];
}

interface Ground {
  readonly image: Float32Array;
  readonly rules: Rules;
  /** Whether the answer still stands on a picture. */
  hasHeld(picture: Float32Array): Promise<boolean>;
}

/** @returns undefined when cancelled */
export async function knowingAttack(
  target: AttackTarget,
  { image, rules, hasHeld }: Ground,
  { steps, strongSteps, enough = Infinity }: Effort,
  context: Host,
): Promise<Found | undefined> {
  const made = (attack: Omit<AttackItem, keyof Rules>) =>
    ending({ target, image, item: { ...rules, ...attack } }, enough, context);
  // The draws are other starts enough.
  const restarts = target.system.gradient === "expectation" ? 1 : STARTS;
  const first = await made({ attack: "apgd", steps, restarts });
  if (!first || strongSteps === 0 || !(await hasHeld(first.image))) return first;
  const second = await made({
    attack: "strong",
    steps: strongSteps,
    queries: QUERIES,
    restarts: 1,
  });
  if (!second) return undefined;
  // The first was held. Where answers are drawn, the loss that is larger is not always the one that turns them.
  const isBetter = second.loss > first.loss || !(await hasHeld(second.image));
  const better = isBetter ? second : first;
  // What throws doubt on one of them throws doubt on what both have left.
  const warnings = [...new Set([...first.warnings, ...second.warnings])];
  return { ...better, isStrong: true, warnings };
}

/** One attack to its end, or until its loss is enough. */
async function ending(
  { target, image, item }: { target: AttackTarget; image: Float32Array; item: AttackItem },
  enough: number,
  context: Host,
): Promise<Found | undefined> {
  let isEnough = false;
  const signal = {
    get aborted() {
      return isEnough || context.signal.aborted;
    },
  };
  const run = runAttack(target, { image }, item, { ...context, signal });
  let found: Found | undefined;
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      const { adversarial, bestLoss } = step.value;
      found = { image: adversarial, loss: bestLoss, isStrong: false, warnings: [] };
      isEnough = bestLoss > enough;
      continue;
    }
    if (!step.value) return isEnough ? found : undefined;
    const { trace } = step.value.item;
    return {
      image: step.value.image,
      loss: trace!.bestLoss.at(-1)!,
      isStrong: false,
      warnings: trace!.warnings ?? [],
    };
  }
}
