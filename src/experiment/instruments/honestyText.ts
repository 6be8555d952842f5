/** The honesty card in words and numbers. */
import { givenAnswer } from "../../system/reading.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { GradientKind } from "../../system/system.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";

export type TrialId = "transfer" | "naive" | "adaptive" | "blackBox";

export const ATTACKERS: Readonly<Record<TrialId, string>> = {
  transfer: "does not know of the defense (transfer from the bare model)",
  naive: "knows it, and takes one draw for all",
  adaptive: "knows it and works through it",
  blackBox: "may only ask (Square)",
};

export interface Trial {
  readonly id: TrialId;
  /** Behind the defense, of the attacked picture. */
  readonly answer: AnswerResult;
  /** Null where the system abstains. */
  readonly flipped: boolean | null;
  /** Whether the same picture flips the model without the defense. */
  readonly bareFlipped: boolean | null;
  /** Margin against the clean answer, as the attacker who knows everything measures it. */
  readonly loss: number;
  /** The first attack had left the answer, and the strong attack followed. */
  readonly isStrong: boolean;
  /** Going back as if the filter were not there did better than the filter's own gradient. */
  readonly isMasked: boolean;
}

/** What a vote under noise proves, beside how far the attackers of the card may go. */
export interface Certified {
  /** l2; 0 where nothing is proved. */
  readonly radius: number;
  /** l2 that the card's epsilon amounts to when every pixel moves. */
  readonly needed: number;
  readonly n: number;
  readonly sigma: number;
}

export interface Card {
  readonly certified?: Certified;
  readonly clean: AnswerResult;
  readonly bare: AnswerResult;
  readonly trials: readonly Trial[];
  readonly gradient: GradientKind;
  readonly cleanLoss: number;
  /** Standard deviation of the loss by the draws alone; 0 for a defense without draws. */
  readonly noiseFloor: number;
  /** Its gradient is zero everywhere. */
  readonly isFlat: boolean;
  readonly slowdown: number;
  readonly draws: number;
  /** /255. */
  readonly epsilon: number;
}

export function cardResult(card: Card): InstrumentResult {
  const { clean, bare, trials } = card;
  const flags = flagsOf(card);
  return {
    statement: [verdict(card), ...flags.map(({ sentence }) => sentence)].join(" "),
    quantities: [
      logits("cleanMargin", "Clean margin behind the defense", clean.margin),
      logits("bareMargin", "Clean margin without it", bare.margin),
      {
        id: "cleanAbstains",
        label: "Abstains before any attack (1 yes, 0 no)",
        value: clean.agreement?.abstains ? 1 : 0,
        unit: "",
      },
      {
        id: "sameAsBare",
        label: "Says the same as without it before any attack (1 yes, 0 no)",
        value: clean.corrected === bare.corrected ? 1 : 0,
        unit: "",
      },
      ...bareQuantities(trials),
      ...trials.flatMap(trialQuantities),
      {
        id: "survives",
        label: "No attacker flips the answer (1 yes, 0 no)",
        value: survives(card) ? 1 : 0,
        unit: "",
      },
      {
        id: "slowdown",
        label: "Time of one answer over the bare model’s",
        value: card.slowdown,
        unit: "x",
        note: "on this machine, the shortest of three answers each",
      },
      ...certifiedQuantities(card),
      { id: "flags", label: "Warnings", value: flags.length, unit: "" },
    ],
    tables: [
      {
        id: "attackers",
        title: `Attackers within ${card.epsilon}/255 a pixel`,
        columns: ["An attacker who", "answer then", "flips it", "margin against the clean answer"],
        rows: trials.map(({ id, answer, flipped, loss }) => [
          ATTACKERS[id],
          givenAnswer(answer),
          flipped === null ? "no answer" : flipped ? "yes" : "no",
          Number(loss.toFixed(3)),
        ]),
      },
    ],
  };
}

function certifiedQuantities({ certified }: Card): readonly Quantity[] {
  if (!certified) return [];
  const { radius, needed, n, sigma } = certified;
  return [
    {
      id: "certifiedRadius",
      label: `Radius proved by a vote under noise of ${sigma}`,
      value: radius,
      unit: "l2",
      n,
    },
    {
      id: "certifiedNeeded",
      label: "Reach of these attackers when every pixel moves",
      value: needed,
      unit: "l2",
    },
    {
      id: "certified",
      label: "Proved against all of that reach (1 yes, 0 no)",
      value: radius >= needed ? 1 : 0,
      unit: "",
    },
  ];
}

/** What the attack on the bare model does to the bare model: what a gain is measured against. */
function bareQuantities(trials: readonly Trial[]): readonly Quantity[] {
  const own = trials.find(({ id }) => id === "transfer");
  if (!own || own.bareFlipped === null) return [];
  const label = "Flipped without it, by its own attack (1 yes, 0 no)";
  return [{ id: "bareFlipped", label, value: own.bareFlipped ? 1 : 0, unit: "" }];
}

function trialQuantities({ id, flipped, loss, answer }: Trial): readonly Quantity[] {
  return [
    {
      id: `${id}Flipped`,
      label: `Flipped by one who ${ATTACKERS[id]} (1 yes, 0 no)`,
      value: flipped === null ? NaN : Number(flipped),
      unit: "",
      ...(flipped === null ? { note: "the system abstains" } : {}),
    },
    logits(`${id}Loss`, `Margin against the clean answer by one who ${ATTACKERS[id]}`, loss),
    ...(answer.agreement
      ? [
          {
            id: `${id}Abstains`,
            label: `Abstains under one who ${ATTACKERS[id]} (1 yes, 0 no)`,
            value: Number(answer.agreement.abstains),
            unit: "",
          },
        ]
      : []),
  ];
}

function logits(id: string, label: string, value: number): Quantity {
  return { id, label, value, unit: "logits" };
}

function survives({ trials, clean }: Card): boolean {
  return !clean.agreement?.abstains && trials.every(({ flipped }) => flipped !== true);
}

/** Whether what the defense gains is real on this picture. */
function verdict(card: Card): string {
  const { clean, bare, trials } = card;
  const said = `Behind the defense the clean answer is ${givenAnswer(clean)} (without it ${bare.answer})`;
  const unaware = trials.find(({ id }) => id === "transfer");
  const broken = trials.filter(({ flipped }) => flipped === true).map(({ id }) => ATTACKERS[id]);
  if (clean.agreement?.abstains) {
    return `${said}: it abstains before any attack, so there is no answer to hold.`;
  }
  if (unaware?.bareFlipped === false) {
    return `${said}. The attack does not flip the bare model either, so this picture says nothing for the defense${broken.length > 0 ? `; it is flipped by an attacker who ${broken[0]}` : ""}.`;
  }
  // An answer that is withheld is not turned, and not kept either.
  const silenced = trials.find(({ flipped }) => flipped === null);
  if (broken.length === 0 && silenced) {
    return `${said}. No attacker tried flips it, but against one who ${ATTACKERS[silenced.id]} it abstains: no wrong answer is given, and the right one is lost.`;
  }
  if (broken.length === 0) {
    return trials.some(({ id, isStrong }) => id === "adaptive" && isStrong)
      ? `${said}. The gain survives every attacker tried on this picture, the strong attack among them; a stronger one may exist.`
      : `${said}. The gain survives every attacker tried on this picture; a stronger one may exist.`;
  }
  if (unaware?.flipped === true) {
    return `${said}. It gains nothing here: even an attacker who ${ATTACKERS.transfer} flips it.`;
  }
  if (unaware?.flipped === null) {
    return `${said}. The gain does not survive: it abstains against one who ${ATTACKERS.transfer}, and is flipped by one who ${broken[0]}.`;
  }
  return `${said}. The gain does not survive: it holds against one who ${ATTACKERS.transfer}, and is flipped by one who ${broken[0]}.`;
}

interface Flag {
  readonly sentence: string;
}

/** AutoAttack's warnings, and one of Carlini et al.'s: signs that the attack, not the defense, explains the number. */
function flagsOf({ trials, gradient, cleanLoss, noiseFloor, isFlat, draws }: Card): Flag[] {
  const lossOf = (wanted: TrialId) => trials.find(({ id }) => id === wanted)?.loss ?? -Infinity;
  const adaptive = lossOf("adaptive");
  const margin = Math.max(1e-3, 2 * noiseFloor);
  const flags: Flag[] = [];
  const warn = (isOn: boolean, sentence: string) => isOn && flags.push({ sentence });
  warn(
    gradient === "expectation",
    `The defense is random: the attacker averaged over ${draws} draws a step.`,
  );
  warn(isFlat, "Its gradient is zero everywhere: white-box numbers mean nothing here.");
  warn(
    trials.some(({ id, isMasked }) => id === "adaptive" && isMasked),
    "The one who knows it did better by going back as if the defense’s filters were not there (BPDA): their own gradient hides part of the slope.",
  );
  warn(
    lossOf("blackBox") > adaptive + margin,
    "Asking alone did better than the gradient: the gradient is masked, and a better attack exists.",
  );
  warn(
    lossOf("transfer") > adaptive + margin,
    "The attack that does not know of the defense did better than the one that does: the gradient through the defense misleads.",
  );
  warn(
    adaptive - cleanLoss <= 2 * noiseFloor,
    "The attack did not rise above what the defense’s own draws do.",
  );
  return flags;
}
