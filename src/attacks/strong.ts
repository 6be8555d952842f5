/**
 * Several attacks, one after the other, and the best of all: what AutoAttack (Croce & Hein 2020) is for, with attacks of this
 * lab. Where the last, which only asks, beats those that see gradients, the result says so: their gradient is then masked.
 */
import { apgd } from "./apgd.ts";
import type { AttackIterate, AttackResult, GradientAttack, GradientOracle } from "./attack.ts";
import { deepFool } from "./deepFool.ts";
import { nes } from "./nes.ts";
import { holdsOnlyOrigin } from "./search.ts";
import { square } from "./square.ts";

/** Evaluations of one round after its first, with these steps and queries. */
export function strongUpdates(steps: number, queries: number): number {
  return 3 * (steps + 1) + queries;
}

/** Longer by this is more than rounding. */
const BEATS = 1e-3;

export const strong: GradientAttack = {
  id: "strong",
  label: "Strong attack",
  help: "Runs APGD from the picture and from a random start, DeepFool, and a black-box attack, and keeps the best: use it before believing in a defense.",
  norms: ["linf", "l2"],
  settings: ["steps", "queries"],
  access: "gradient",
  async *run(oracle, origin, options, context) {
    // With nowhere to go one look is enough.
    if (holdsOnlyOrigin(options)) return yield* apgd.run(oracle, origin, options, context);
    const { restarts, steps, queries = steps, norm } = options;
    const seen = { isFlat: true };
    const watched = watching(oracle, seen);
    const asker = norm === "linf" ? square : nes;
    const round = { ...options, restarts: 1 };
    const total = { gradientPasses: 0, queries: 0 };
    let best: AttackResult | undefined;
    let [whiteBox, blackBox] = [-Infinity, -Infinity];
    for (let restart = 0; restart < restarts; restart++) {
      const seed = options.seed + restart;
      let at = 0;
      const phases = [
        { attack: apgd, of: { ...round, seed } },
        { attack: apgd, of: { ...round, seed, randomStart: true } },
        { attack: deepFool, of: { ...round, seed } },
        { attack: asker, of: { ...round, seed, steps: queries } },
      ];
      for (const { attack, of } of phases) {
        const run = attack.run(watched, origin, of, context);
        const shift = { restart, at, best };
        const found = yield* shifted(run, shift);
        at += of.steps + 1;
        total.gradientPasses += found.gradientPasses;
        total.queries += found.queries;
        if (attack === asker) blackBox = Math.max(blackBox, found.loss);
        else whiteBox = Math.max(whiteBox, found.loss);
        if (best === undefined || found.loss > best.loss) best = { ...found, restart };
        if (found.cancelled) return { ...best, ...total, cancelled: true };
      }
    }
    const warnings = [
      ...(seen.isFlat
        ? ["The gradient is zero everywhere: white-box attacks have nothing to follow."]
        : []),
      ...(blackBox > whiteBox + BEATS
        ? ["Asking alone did better than the gradient: the gradient is masked."]
        : []),
    ];
    return { ...best!, ...total, warnings };
  },
};

/** Notes whether any gradient says anything. */
function watching(oracle: GradientOracle, seen: { isFlat: boolean }): GradientOracle {
  return {
    loss: (x) => oracle.loss(x),
    async lossAndGradient(x) {
      const given = await oracle.lossAndGradient(x);
      if (seen.isFlat) seen.isFlat = given.gradient.every((g) => g === 0);
      return given;
    },
  };
}

/** A phase's iterates as those of the whole: later steps, and never a worse best. */
async function* shifted(
  run: AsyncGenerator<AttackIterate, AttackResult>,
  { restart, at, best }: { restart: number; at: number; best: AttackResult | undefined },
): AsyncGenerator<AttackIterate, AttackResult> {
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    const found = step.value;
    const kept = best !== undefined && best.loss > found.bestLoss ? best : undefined;
    yield {
      ...found,
      restart,
      step: at + found.step,
      ...(kept ? { bestLoss: kept.loss, adversarial: kept.adversarial } : {}),
    };
  }
}
