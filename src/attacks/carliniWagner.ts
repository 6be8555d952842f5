import type { AttackProblem, AttackRule, Differentiated } from "./attack.ts";
import { defineGradientAttack } from "./define.ts";

export interface CarliniWagnerSettings {
  /** Values tried for the weight of the flip. */
  readonly searches: number;
  /** Steps of Adam for each. */
  readonly steps: number;
  /** Adam's step in the space of the hyperbolic tangent. */
  readonly rate: number;
  /** The first weight; it grows tenfold until the answer flips and is then halved between. */
  readonly weight: number;
}

/** Keeps the inverse hyperbolic tangent of black and white finite. */
const INSIDE = 0.999999;
const DECAY = [0.9, 0.999] as const;
const TINY = 1e-8;

/**
 * Carlini & Wagner 2017, l2: the picture is tanh(w), and Adam lowers its squared distance to the clean one plus a weight times how
 * far the answer is from flipping; the weight is searched. Step by step what Foolbox 3 does with confidence 0.
 */
export function carliniWagnerRule(
  { origin }: Pick<AttackProblem, "origin">,
  { searches, steps, rate, weight: first }: CarliniWagnerSettings,
): AttackRule<Differentiated> {
  const base = Float64Array.from(origin, (v) => Math.atanh((2 * v - 1) * INSIDE));
  const start = base.map((w) => (Math.tanh(w) + 1) / 2);
  const moment = [new Float64Array(base.length), new Float64Array(base.length)] as const;
  let change = new Float64Array(base.length);
  let weight = first;
  let [low, high] = [0, Infinity];
  let [search, step] = [0, 0];
  let hasFlipped = false;
  /** A restart begins elsewhere in the ball. */
  let isFirst = true;

  const nextSearch = (): void => {
    if (hasFlipped) high = weight;
    else low = weight;
    weight = high === Infinity ? weight * 10 : (low + high) / 2;
    search++;
    step = 0;
    hasFlipped = false;
    change = new Float64Array(base.length);
    moment.forEach((m) => m.fill(0));
  };

  return {
    next({ x, loss, gradient }) {
      if (isFirst) change = base.map((w, i) => Math.atanh((2 * x[i]! - 1) * INSIDE) - w);
      isFirst = false;
      hasFlipped ||= loss > 0;
      step++;
      if (step > steps) return undefined;
      const [one, two] = moment;
      for (let i = 0; i < base.length; i++) {
        const t = Math.tanh(base[i]! + change[i]!);
        const away = 2 * ((t + 1) / 2 - start[i]!);
        const flip = loss < 0 ? -weight * gradient[i]! : 0;
        const slope = ((away + flip) * (1 - t * t)) / 2;
        one[i] = DECAY[0] * one[i]! + (1 - DECAY[0]) * slope;
        two[i] = DECAY[1] * two[i]! + (1 - DECAY[1]) * slope * slope;
        const mean = one[i]! / (1 - DECAY[0] ** step);
        const spread = Math.sqrt(two[i]! / (1 - DECAY[1] ** step));
        change[i] = change[i]! - (rate * mean) / (spread + TINY);
      }
      if (step === steps) {
        nextSearch();
        if (search === searches) return undefined;
      }
      return Float32Array.from(base, (w, i) => (Math.tanh(w + change[i]!) + 1) / 2);
    },
  };
}

/** Weights tried at most, and steps that each needs at least; the steps are shared out between them. */
const SEARCHES = 5;
const LEAST_STEPS = 20;
/** The steps of a search could leave the ball this many times over. */
const REACH = 2;

export const carliniWagner = defineGradientAttack({
  id: "carliniWagner",
  label: "Carlini and Wagner (smallest l2)",
  help: "Weighs the size of the change against the flip and searches the weight, five times over: small changes for many steps. Epsilon is only the most that it may spend.",
  norms: ["l2"],
  settings: ["steps"],
  seeks: "smallest",
  suggests: { steps: 60 },
  begin(problem) {
    const { origin, steps: total, options, feasible } = problem;
    const searches = Math.max(1, Math.min(SEARCHES, Math.floor(total / LEAST_STEPS)));
    const steps = Math.max(1, Math.floor(total / searches));
    const free = origin.reduce((count, _, i) => count + (feasible.isFree(i) ? 1 : 0), 0);
    // Adam moves each pixel by its rate, in a space twice as long as the picture's.
    const rate = (2 * REACH * options.epsilon) / (steps * Math.sqrt(Math.max(1, free)));
    return carliniWagnerRule(problem, { searches, steps, rate, weight: 10 });
  },
});
