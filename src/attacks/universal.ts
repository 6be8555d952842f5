/**
 * Patterns made once for many pictures: a patch (Brown et al. 2017) and a universal perturbation (Moosavi-Dezfooli et al. 2017).
 * They are learned on other pictures and laid on this one, which they have never seen: their loss here is held out.
 */
import type { RandomStream } from "../numerics/random.ts";
import { beginApgd } from "./apgd.ts";
import type { AttackIterate, AttackOptions, AttackResult, GradientAttack } from "./attack.ts";
import { defineGradientAttack } from "./define.ts";
import { feasibleSet } from "./feasibleSet.ts";
import { toLattice } from "./lattice.ts";
import { coveredBy, placedAt, randomPlacement, stamped, stampedBack } from "./placement.ts";
import { distance, holdsOnlyOrigin } from "./search.ts";

const MOMENTUM = 0.9;
/** Lengths of the first and of the last step, as shares of the whole range of a pattern's pixel. */
const FIRST = 0.1;
const LAST = 0.01;
/** How often the picture itself is looked at on the way. */
const LOOKS = 10;

/** How a pattern becomes pictures. */
interface Carrier {
  readonly pattern: Float64Array;
  /** Range of a pattern's pixel. */
  readonly low: number;
  readonly high: number;
  /** A picture with the pattern, placed at random where it has a place, and the gradient's way back to the pattern. */
  draw(
    picture: Float32Array,
    random: RandomStream,
  ): {
    readonly image: Float32Array;
    back(gradient: Float32Array): Float64Array;
    /** The pixels under a sticker. */
    covered?(): Float32Array;
  };
  /** The pattern on the reader's own picture. */
  shown(origin: Float32Array): Float32Array;
}

/** The same change on every picture. */
function additive(
  origin: Float32Array,
  { epsilon }: AttackOptions,
  random?: RandomStream,
): Carrier {
  const start = () => (random ? random.between(-epsilon, epsilon) : 0);
  const pattern = Float64Array.from(origin, start);
  const on = (picture: Float32Array) =>
    picture.map((v, i) => Math.max(0, Math.min(1, v + pattern[i]!)));
  return {
    pattern,
    low: -epsilon,
    high: epsilon,
    draw: (picture) => ({ image: on(picture), back: (gradient) => Float64Array.from(gradient) }),
    shown: on,
  };
}

/** The same square on every picture, moved, turned, scaled and exposed at random (EOT, Athalye et al. 2018). */
function sticker(
  origin: Float32Array,
  stamp: NonNullable<AttackOptions["stamp"]>,
  random: RandomStream,
): Carrier {
  const size = Math.sqrt(origin.length);
  const cells = Math.max(2, Math.round(stamp.side * size));
  const pattern = Float64Array.from({ length: cells * cells }, () => random.uniform());
  const square = { pattern, cells };
  return {
    pattern,
    low: 0,
    high: 1,
    draw(picture, stream) {
      const place = randomPlacement(stamp.side, stream);
      return {
        image: stamped(picture, square, place),
        back: (gradient) => stampedBack(gradient, square, place),
        covered: () => coveredBy(picture.length, cells, place),
      };
    },
    shown: (picture) => stamped(picture, square, placedAt(stamp)),
  };
}

function learned(
  described: Omit<GradientAttack, "access" | "run">,
  makes: "change" | "sticker" | "lure",
): GradientAttack {
  const alone = defineGradientAttack({ ...described, begin: beginApgd });
  return {
    ...alone,
    async *run(oracle, origin, options, context) {
      const { crowd } = oracle;
      // Without other pictures there is only this one to learn on, and with no room nothing to learn.
      if (!crowd || holdsOnlyOrigin(options)) {
        return yield* alone.run(oracle, origin, options, context);
      }
      const feasible = feasibleSet(origin, options);
      const counts = { gradientPasses: 0, queries: 0 };
      const every = Math.max(1, Math.ceil(options.steps / LOOKS));
      let best: { readonly found: AttackIterate; readonly learned: number } | undefined;
      for (let restart = 0; restart < options.restarts; restart++) {
        const random = crowd.random.fork(`restart ${restart}`);
        const carrier =
          makes !== "change" && options.stamp
            ? sticker(origin, options.stamp, random)
            : additive(origin, options, restart > 0 ? random : undefined);
        const look = async (step: number): Promise<AttackIterate> => {
          const x = carrier.shown(origin);
          feasible.project(x);
          const shown = options.lattice === true ? toLattice(x, origin, options) : x;
          counts.queries++;
          const loss = await oracle.loss(shown);
          const norm = distance(shown, origin, options.norm);
          const kept = best?.found ?? { loss, adversarial: shown };
          const { adversarial } = kept;
          return { step, restart, loss, bestLoss: kept.loss, adversarial, current: shown, norm };
        };
        const climb = climber(carrier, options.steps);
        let found = await look(0);
        yield found;
        let learnedHere = 0;
        for (let step = 1; step <= options.steps; step++) {
          await context.yieldToHost();
          if (context.signal.aborted) {
            return { ...resultOf(best?.found ?? found), ...counts, cancelled: true };
          }
          const k = random.integer(crowd.pictures.length);
          const { image, back, covered } = carrier.draw(crowd.pictures[k]!, random);
          counts.gradientPasses++;
          const { loss, gradient } = await crowd.lossAndGradient(k, image);
          const slopes = [back(gradient)];
          if (makes === "lure" && covered) {
            counts.gradientPasses++;
            slopes.push(back((await crowd.attentionIn(image, covered())).gradient));
          }
          climb(slopes, step);
          if (2 * step > options.steps) learnedHere += loss;
          if (step === options.steps) {
            found = await look(step);
            // Starts are chosen by the pictures that were learned on, never by this one.
            if (!best || learnedHere > best.learned) best = { found, learned: learnedHere };
          } else if (step % every === 0) found = await look(step);
          else continue;
          yield { ...found, bestLoss: best?.found.loss ?? found.loss };
        }
      }
      return { ...resultOf(best!.found), ...counts, cancelled: false };
    },
  };
}

/** Signs of an averaged gradient, with steps that shorten; several slopes count the same, whatever their lengths. */
function climber({ pattern, low, high }: Carrier, steps: number) {
  const inertia = new Float64Array(pattern.length);
  return (slopes: readonly Float64Array[], step: number): void => {
    const sizes = slopes.map((slope) => slope.reduce((sum, g) => sum + Math.abs(g), 0) || 1);
    const length = (high - low) * FIRST * (LAST / FIRST) ** (step / steps);
    for (let i = 0; i < pattern.length; i++) {
      const pull = slopes.reduce((sum, slope, k) => sum + slope[i]! / sizes[k]!, 0);
      inertia[i] = MOMENTUM * inertia[i]! + pull;
      const moved = pattern[i]! + length * Math.sign(inertia[i]!);
      pattern[i] = Math.max(low, Math.min(high, moved));
    }
  };
}

/** The pattern as it is in the end, not as it was best here: choosing by this picture would be learning on it. */
function resultOf({ current, loss, norm, step, restart }: AttackIterate) {
  return { adversarial: current, loss, norm, step, restart } satisfies Partial<AttackResult>;
}

const LEARNED = {
  norms: ["linf"],
  settings: ["steps", "phantoms"],
  suggests: { steps: 100 },
} as const satisfies Partial<GradientAttack>;
/** Any grey, within the place that the reader gives it. */
const STICKER = { ...LEARNED, reach: 255, needsRegion: true } as const;

export const universalPatch = learned(
  {
    id: "universalPatch",
    label: "Universal patch",
    help: "Learns one sticker on other phantoms that get the same answer, moved, turned, scaled and exposed at random, and lays it on this picture where you place it. This picture was never looked at: what the sticker does here is held out.",
    ...STICKER,
  },
  "sticker",
);

export const attentionPatch = learned(
  {
    id: "attentionPatch",
    label: "Universal patch that draws attention",
    help: "A universal patch that is also to draw the image encoder's attention to itself: each step follows the slope of the answer and that of the share of attention on the sticker alike, at twice the passes. Where a model looks there, what lies elsewhere counts less.",
    ...STICKER,
  },
  "lure",
);

export const universalPerturbation = learned(
  {
    id: "universalPerturbation",
    label: "Universal perturbation",
    help: "Learns one faint change of all pixels on other phantoms that get the same answer, and adds it to this picture, which was never looked at: what one change does to any film.",
    ...LEARNED,
  },
  "change",
);
