/**
 * Several attacks, one after the other, and the best of all: what AutoAttack (Croce & Hein 2020) is for, with attacks of this
 * lab and its flags. Where the last, which only asks, beats those that see gradients, the result says so: their gradient is
 * then masked.
 */
import { apgd } from "./apgd.ts";
import type { AttackIterate, AttackResult, GradientAttack, GradientOracle } from "./attack.ts";
import { fab } from "./fab.ts";
import { falling } from "./falling.ts";
import { nes } from "./nes.ts";
import { holdsOnlyOrigin } from "./search.ts";
import { square } from "./square.ts";
import { doubts } from "./strongDoubts.ts";

/** Evaluations of one round after its first, with these steps, queries and ways back, at most. */
export function strongUpdates(steps: number, queries: number, ways = 1): number {
  return (4 + ways) * (steps + 1) + queries;
}

export const strong: GradientAttack = {
  id: "strong",
  label: "Strong attack",
  help: "Runs APGD from the picture and from a random start, momentum with a falling step, FAB, APGD towards each other answer where there are several, and a black-box attack, and keeps the best: use it before believing in a defense.",
  norms: ["linf", "l2"],
  settings: ["steps", "queries"],
  triesBothWays: true,
  access: "gradient",
  async *run(oracle, origin, options, context) {
    // With nowhere to go one look is enough.
    if (holdsOnlyOrigin(options)) return yield* apgd.run(oracle, origin, options, context);
    const { restarts, steps, queries = steps, norm } = options;
    const seen = { isFlat: true };
    const watched = watching(oracle, seen);
    const towards = oracle.targeted ?? [];
    // The targets share the steps of one attack.
    const share = Math.max(1, Math.floor((steps + 1) / Math.max(1, towards.length)) - 1);
    const asker = norm === "linf" ? square : nes;
    const round = { ...options, restarts: 1 };
    const total = { gradientPasses: 0, queries: 0 };
    let best: AttackResult | undefined;
    let [whiteBox, otherWay, blackBox] = [-Infinity, -Infinity, -Infinity];
    const standIn = oracle.standIn && { ...watched, ...oracle.standIn };
    for (let restart = 0; restart < restarts; restart++) {
      const seed = options.seed + restart;
      let at = 0;
      const phases = [
        { attack: apgd, on: watched, of: { ...round, seed } },
        { attack: apgd, on: watched, of: { ...round, seed, randomStart: true } },
        { attack: falling, on: watched, of: { ...round, seed } },
        { attack: fab, on: watched, of: { ...round, seed } },
        ...(standIn ? [{ attack: apgd, on: standIn, of: { ...round, seed } }] : []),
        ...towards.map(({ lossAndGradient }) => ({
          attack: apgd,
          on: { ...watched, lossAndGradient },
          of: { ...round, seed, steps: share },
        })),
        { attack: asker, on: watched, of: { ...round, seed, steps: queries } },
      ];
      for (const { attack, on, of } of phases) {
        const run = attack.run(on, origin, of, context);
        const found = yield* shifted(run, { restart, at, best });
        at += of.steps + 1;
        total.gradientPasses += found.gradientPasses;
        total.queries += found.queries;
        if (attack === asker) blackBox = Math.max(blackBox, found.loss);
        else if (on === standIn) otherWay = Math.max(otherWay, found.loss);
        else whiteBox = Math.max(whiteBox, found.loss);
        if (best === undefined || found.loss > best.loss) best = { ...found, restart };
        if (found.cancelled) return { ...best, ...total, cancelled: true };
      }
    }
    const outcome = {
      best: best!.loss,
      whiteBox,
      otherWay,
      blackBox,
      isFlat: seen.isFlat,
      ...(standIn ? { better: standIn.better } : {}),
    };
    const { warnings, asked } = await doubts(oracle, origin, outcome, context);
    return { ...best!, ...total, queries: total.queries + asked, warnings };
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

/** A phase's iterates as those of the whole: later steps, never a worse best, and the largest loss whatever the phase seeks. */
async function* shifted(
  run: AsyncGenerator<AttackIterate, AttackResult>,
  { restart, at, best }: { restart: number; at: number; best: AttackResult | undefined },
): AsyncGenerator<AttackIterate, AttackResult> {
  let top: AttackIterate | undefined;
  for (;;) {
    const step = await run.next();
    if (step.done) {
      if (!top) return step.value;
      const { current, loss, norm, step: when } = top;
      return { ...step.value, adversarial: current, loss, norm, step: when };
    }
    const found = step.value;
    if (!top || found.loss > top.loss) top = found;
    const kept = best !== undefined && best.loss > top.loss ? best : undefined;
    yield {
      ...found,
      restart,
      step: at + found.step,
      bestLoss: kept?.loss ?? top.loss,
      adversarial: kept?.adversarial ?? top.current,
    };
  }
}
