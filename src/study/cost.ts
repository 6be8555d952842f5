/**
 * What a run costs, counted in forward passes of the image encoder: the unit of a study's estimate. Defenses multiply the
 * looks that a reading or an attack takes; what instruments add is measured on a run (secondsFor), because it depends on
 * the model.
 */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { isInForce } from "../defenses/inForce.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import type { Params } from "../system/param.ts";
import type { Need } from "./measures.ts";

/** Of one pass of the encoder: all wordings of a question; a pass for a gradient. Measured on the bundled models. */
const ANSWERS = 0.5;
const GRADIENT = 3;

/** @param stages what the study needs beyond "metrics". */
export function encoderPasses(spec: ExperimentSpec, stages: readonly Need[]): number {
  const looks = looksOf(spec.defenses);
  const reading = looks.answer * (1 + ANSWERS);
  const disturbed = spec.stack.some((item) => item.enabled) ? reading : 0;
  const attacks = spec.stack.reduce(
    (sum, item) => sum + (item.type === "attack" && item.enabled ? attackPasses(item, looks) : 0),
    0,
  );
  const certificate =
    stages.includes("certificate") && spec.certificate.enabled ? spec.certificate.maxSamples : 0;
  const relevance = stages.includes("relevance") && spec.relevance.enabled ? 2 * GRADIENT : 0;
  const card = spec.instruments.find(
    ({ instrument, enabled }) => enabled && instrument === "honestyCard",
  );
  const honesty = card ? cardPasses(card.params, looks) : 0;
  return reading + disturbed + attacks + certificate + relevance + honesty;
}

/** Of an attack without draws: on the bare model, and of the one who knows the defense (honestyCard.ts). */
const STARTS = 2;
/** Members of the strong attack that climb, the share of its steps where a defense draws, and the share of answers that it is made on, a guess. */
const STRONG = { members: 4, whereDrawn: 0.25, held: 0.5 };

/** Of the honesty card, which is made of attacks: on the bare model, through the defenses, and by asking. */
function cardPasses(params: Params, looks: Looks): number {
  const { steps = 15, strongSteps = 40, draws = 20, queries = 150, samples = 50 } = params;
  const attacker = looks.isRandom ? Math.max(draws, looks.attacker) : looks.attacker;
  const known = looks.isRandom ? attacker : STARTS * attacker;
  const strong = STRONG.held * STRONG.members * strongSteps;
  const strongKnown = strong * (looks.isRandom ? STRONG.whereDrawn : 1);
  return (
    GRADIENT * (steps * (STARTS + known) + strong + strongKnown * attacker) +
    queries * attacker +
    samples * looks.answer * (1 + ANSWERS)
  );
}

interface Looks {
  /** Passes for one answer through the defenses. */
  readonly answer: number;
  /** Passes for one step of an attacker who knows of them. */
  readonly attacker: number;
  /** Whether an attacker has draws to average. */
  readonly isRandom: boolean;
}

/** Defenses that look several times multiply each other; what is a filter or a small network costs next to nothing. */
function looksOf(defenses: readonly DefenseItem[]): Looks {
  const on = defenses
    .filter((item) => isInForce(item, DEFENSE_CATALOG[item.defense]))
    .map(({ params }) => params);
  const product = (factors: readonly number[]) => factors.reduce((a, b) => a * Math.max(1, b), 1);
  return {
    answer: product(on.map(({ looks, copies }) => looks ?? copies ?? 1)),
    attacker: product(on.map(({ eot, looks, copies }) => eot ?? looks ?? copies ?? 1)),
    isRandom: on.some(({ eot }) => eot !== undefined),
  };
}

function attackPasses(
  { attack, steps = 1, queries = 0, restarts, epsilon, knowledge }: AttackItem,
  looks: Looks,
): number {
  if (epsilon === 0) return 0;
  const isAware = knowledge !== "unaware";
  if (ATTACK_CATALOG[attack].access === "query") {
    return restarts * queries * (isAware ? looks.answer : 1);
  }
  return restarts * steps * GRADIENT * (isAware ? looks.attacker : 1);
}

export interface Pilot {
  /** Milliseconds of one pass of the encoder. */
  readonly perPass: number;
  /** A run that was made to see: its passes by this count, and the milliseconds it took. */
  readonly passes: number;
  readonly elapsedMs: number;
}

/**
 * Seconds of one worker for so many rows: passes at the time of one, and beside them what a run took more than its own
 * passes, which is drawing its picture, measures and instruments.
 */
export function secondsFor(
  { rows, passes }: { readonly rows: number; readonly passes: number },
  pilot: Pilot,
): number {
  const beside = Math.max(0, pilot.elapsedMs - pilot.passes * pilot.perPass);
  return (passes * pilot.perPass + rows * beside) / 1000;
}
