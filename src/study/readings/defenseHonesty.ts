/** The honesty card over all cases of a study: what a defense costs, what it gains, and whether the gain is one. */
import { obstructed } from "../../experiment/instruments/instrumentResult.ts";
import type { InstrumentResult, Quantity } from "../../experiment/instruments/instrumentResult.ts";
import { ATTACKERS } from "../../experiment/instruments/honestyText.ts";
import type { TrialId } from "../../experiment/instruments/honestyText.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { wilsonInterval } from "../../numerics/binomial.ts";
import type { Row } from "../rowColumns.ts";
import { mcnemarExact } from "../statistics/mcnemar.ts";
import { flagOf, numberOf, oneOfEachCase } from "./reading.ts";
import type { StudyReading } from "./reading.ts";

const CARD = "honestyCard.";
const AWARE: readonly TrialId[] = ["naive", "adaptive", "blackBox"];
const TRIALS: readonly TrialId[] = ["transfer", ...AWARE];
/** A gain by chance is less likely than this. */
const ALPHA = 0.05;

/** One case of the study. */
interface Judged {
  /** Right behind the defense, and without it, before any attack; an abstention is no answer, and not right. */
  readonly clean: boolean;
  readonly bare: boolean;
  /** Right without the defense under the attack on the bare model. */
  readonly bareAttacked: boolean;
  /** Right behind the defense under each attacker that was tried. */
  readonly after: Readonly<Partial<Record<TrialId, boolean>>>;
  readonly row: Row;
}

export function defenseHonesty(rows: readonly Row[]): StudyReading {
  return {
    id: "defenseHonesty",
    title: "Honesty card of the defense",
    help: "What the defense costs before any attack, what is left of its answers under each attacker, and whether its gain survives the one who knows it. Accuracy under these attacks is an upper bound: a stronger attack may leave less.",
    source:
      "Carlini et al. 2019, On Evaluating Adversarial Robustness (arXiv:1902.06705); McNemar's exact test on the same cases; Wilson intervals",
    result: resultOf(rows),
  };
}

function resultOf(rows: readonly Row[]): InstrumentResult {
  const carded = rows.filter((row) => numberOf(row, `${CARD}survives`) !== undefined);
  if (carded.length === 0) {
    return obstructed(
      "Not measured: no run of this study has a defense and the honesty card switched on.",
    );
  }
  const settings = new Set(carded.map((row) => settingOf(row)));
  if (settings.size > 1) {
    return obstructed(
      "This study has several settings, and a card is about one: take the study of one setting, or read the columns of the card in the table.",
    );
  }
  const judged = oneOfEachCase(carded).flatMap(judgedOf);
  if (judged.length === 0) {
    return obstructed("The truth of these cases is not known, so no answer is right or wrong.");
  }
  return { statement: inWords(judged), quantities: quantitiesOf(judged) };
}

/** What a card is about besides its case and its question; seeds are draws of one setting. */
function settingOf({ spec }: Row): string {
  const { model, defenses, instruments, stack } = JSON.parse(String(spec)) as ExperimentSpec;
  const seedless = (items: readonly { readonly enabled: boolean }[]) =>
    items.filter(({ enabled }) => enabled).map((item) => ({ ...item, seed: 0 }));
  return JSON.stringify([model, ...[defenses, instruments, stack].map(seedless)]);
}

function judgedOf(row: Row): readonly Judged[] {
  const right = flagOf(row, "correctClean");
  const read = (id: string) => numberOf(row, CARD + id);
  const [same, bareFlipped] = [read("sameAsBare"), read("bareFlipped")];
  if (right === undefined || same === undefined) return [];
  const clean = right && read("cleanAbstains") !== 1;
  // Of two answers one is right: who says the other is right where this one is wrong.
  const bare = same === 1 ? right : !right;
  const after = TRIALS.flatMap((id) => {
    // No number stands where the system abstains under the attack: then it gives no right answer either.
    const flipped = read(`${id}Flipped`);
    const isTried = read(`${id}Loss`) !== undefined;
    return isTried ? [[id, clean && flipped === 0] as const] : [];
  });
  return [
    { clean, bare, bareAttacked: bare && bareFlipped === 0, after: Object.fromEntries(after), row },
  ];
}

const isHeld = ({ after }: Judged, ids: readonly TrialId[]) =>
  ids.every((id) => after[id] !== false);

function inWords(judged: readonly Judged[]): string {
  const n = judged.length;
  const of = (isRight: (each: Judged) => boolean) => judged.filter(isRight).length;
  const [clean, bare] = [of((each) => each.clean), of((each) => each.bare)];
  const unaware = of((each) => each.clean && isHeld(each, ["transfer"]));
  const worst = of((each) => each.clean && isHeld(each, TRIALS));
  const before = of((each) => each.bareAttacked);
  return `Before any attack ${clean} of ${n} answers are right behind the defense, ${bare} without it. Under attack ${before} are right without the defense, ${unaware} behind it if the attacker does not know of it, and ${worst} if the attacker does the worst of all that was tried. ${verdict(judged, { before, unaware, worst })}`;
}

function verdict(
  judged: readonly Judged[],
  { before, unaware, worst }: Readonly<Record<"before" | "unaware" | "worst", number>>,
): string {
  const isLeft = (each: Judged) => each.clean && isHeld(each, TRIALS);
  const gained = judged.filter((each) => isLeft(each) && !each.bareAttacked).length;
  const lost = judged.filter((each) => !isLeft(each) && each.bareAttacked).length;
  const p = mcnemarExact(gained, lost);
  const chance = `p = ${p < 0.001 ? "< .001" : p.toFixed(3)}`.replace("= <", "<");
  if (worst > before && p < ALPHA) {
    return `The gain survives an attacker who knows: ${gained} answers are held that the bare model loses, ${lost} the other way (${chance}).`;
  }
  if (unaware > before && worst <= before) {
    return `The gain does not survive an attacker who knows: nothing is left of it.`;
  }
  if (worst > before) {
    return `Whether the gain survives an attacker who knows can't be told from so few cases (${chance}).`;
  }
  return "There is no gain: not even against an attacker who does not know of the defense.";
}

function quantitiesOf(judged: readonly Judged[]): readonly Quantity[] {
  const share = (id: string, label: string, isRight: (each: Judged) => boolean): Quantity => {
    const count = judged.filter(isRight).length;
    const n = judged.length;
    return {
      id,
      label,
      value: count / n,
      unit: "",
      n,
      interval: { ...wilsonInterval(count, n), level: 0.95 },
    };
  };
  const tried = TRIALS.filter((id) => judged.some(({ after }) => after[id] !== undefined));
  const flag = (id: string) => (each: Judged) => numberOf(each.row, CARD + id) === 1;
  const has = (id: string) => judged.some(({ row }) => numberOf(row, CARD + id) !== undefined);
  const slow = judged
    .flatMap(({ row }) => numberOf(row, `${CARD}slowdown`) ?? [])
    .sort((a, b) => a - b);
  return [
    share("clean", "Right behind the defense, before any attack", ({ clean }) => clean),
    share("bare", "Right without it, before any attack", ({ bare }) => bare),
    share("bareAttacked", "Right without it, under its own attack", (each) => each.bareAttacked),
    ...tried.map((id) =>
      share(id, `Right under one who ${ATTACKERS[id]}`, ({ after }) => after[id] === true),
    ),
    share(
      "worst",
      "Right under every attacker tried",
      (each) => each.clean && isHeld(each, TRIALS),
    ),
    share("abstains", "Abstains before any attack", flag("cleanAbstains")),
    ...(has("certified")
      ? [share("certified", "Proved against all of that reach", flag("certified"))]
      : []),
    share("flagged", "Cards with a warning", ({ row }) => (numberOf(row, `${CARD}flags`) ?? 0) > 0),
    ...(slow.length > 0
      ? [
          {
            id: "slowdown",
            label: "Time of one answer over the bare model’s, median",
            value: slow[Math.floor(slow.length / 2)]!,
            unit: "x",
            n: slow.length,
          },
        ]
      : []),
  ];
}
