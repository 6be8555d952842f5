/** The honesty card over all cases of a study: what a defense costs, what it gains, and whether the gain is one. */
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { obstructed } from "../../experiment/instruments/instrumentResult.ts";
import type {
  InstrumentResult,
  Quantity,
  ResultTable,
} from "../../experiment/instruments/instrumentResult.ts";
import { ATTACKERS } from "../../experiment/instruments/honestyText.ts";
import type { TrialId } from "../../experiment/instruments/honestyText.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { wilsonInterval } from "../../numerics/binomial.ts";
import type { Row } from "../rowColumns.ts";
import { holmAdjusted } from "../statistics/holm.ts";
import { mcnemarExact } from "../statistics/mcnemar.ts";
import { flagOf, numberOf, oneOfEachCase } from "./reading.ts";
import type { StudyReading } from "./reading.ts";
import { decimal } from "../../numerics/decimalText.ts";

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
      "Carlini et al. 2019, On Evaluating Adversarial Robustness (arXiv:1902.06705); McNemar's exact test on the same cases, of several settings by Holm; Wilson intervals",
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
  const settings = [...new Set(carded.map(settingOf))].map((setting) => {
    const own = carded.filter((row) => settingOf(row) === setting);
    return { setting, judged: oneOfEachCase(own).flatMap(judgedOf) };
  });
  const known = withVerdicts(settings.filter(({ judged }) => judged.length > 0));
  const [first, ...others] = known;
  if (!first) {
    return obstructed("The truth of these cases is not known, so no answer is right or wrong.");
  }
  const tables = [cardTable(known)];
  return others.length === 0
    ? { statement: inWords(first), quantities: quantitiesOf(first.judged), tables }
    : { statement: overAll(known), quantities: known.map(worstOf), tables };
}

/** The cases of one setting of the study. */
interface Setting {
  /** As JSON: what settingOf says. */
  readonly setting: string;
  readonly judged: readonly Judged[];
  readonly verdict: Verdict;
}

type Named = Pick<ExperimentSpec, "model" | "defenses" | "instruments" | "stack">;

/** What a card is about besides its case and its question; seeds are draws of one setting. */
function settingOf({ spec }: Row): string {
  const { model, defenses, instruments, stack } = JSON.parse(String(spec)) as Named;
  const seedless = <T extends { readonly enabled: boolean }>(items: readonly T[]) =>
    items.filter(({ enabled }) => enabled).map((item) => ({ ...item, seed: 0 }));
  const named: Record<keyof Named, unknown> = {
    model,
    defenses: seedless(defenses),
    instruments: seedless(instruments),
    stack: seedless(stack),
  };
  return JSON.stringify(named);
}

/** "Gaussian filter 1 px": the defenses with their strengths, and what else tells these settings apart. */
function nameOf({ setting }: Setting, all: readonly Setting[]): string {
  const read = ({ setting: json }: Setting) => JSON.parse(json) as Named;
  const differs = (of: (named: Named) => unknown) =>
    new Set(all.map((each) => JSON.stringify(of(read(each))))).size > 1;
  const { model, defenses, instruments } = JSON.parse(setting) as Named;
  const shields = defenses.map(({ defense, params }) => {
    const { label = defense, strength = "", params: metas = {} } = DEFENSE_CATALOG[defense] ?? {};
    const meta = metas[strength];
    return meta ? `${label} ${params[strength] ?? meta.default} ${meta.unit}`.trim() : label;
  });
  const epsilonOf = ({ instruments: on }: Named) =>
    on.find(({ instrument }) => instrument === "honestyCard")?.params["epsilon"];
  const epsilon = epsilonOf({ model, defenses, instruments, stack: [] });
  return [
    ...(differs((named) => named.model) ? [`${model.id} ${model.precision}`] : []),
    shields.join(" + ") || "none",
    ...(differs(epsilonOf) ? [`epsilon ${epsilon}`] : []),
  ].join(", ");
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

/** Right answers of the cases. */
function countsOf(judged: readonly Judged[]) {
  const of = (isRight: (each: Judged) => boolean) => judged.filter(isRight).length;
  return {
    n: judged.length,
    clean: of((each) => each.clean),
    bare: of((each) => each.bare),
    unaware: of((each) => each.clean && isHeld(each, ["transfer"])),
    worst: of((each) => each.clean && isHeld(each, TRIALS)),
    /** Without the defense, under the attack on the bare model. */
    before: of((each) => each.bareAttacked),
  };
}

function inWords({ judged, verdict }: Setting): string {
  const { n, clean, bare, unaware, worst, before } = countsOf(judged);
  return `Before any attack ${clean} of ${n} answers are right behind the defense, ${bare} without it. Under attack ${before} are right without the defense, ${unaware} behind it if the attacker does not know of it, and ${worst} if the attacker does the worst of all that was tried. ${SAID[verdict.kind](verdict)}`;
}

interface Verdict {
  readonly kind: "survives" | "lost" | "unclear" | "none" | "harmless";
  /** Held that the bare model loses, and the other way. */
  readonly gained: number;
  readonly lost: number;
  /** McNemar's exact p, in words. */
  readonly chance: string;
}

const SAID: Readonly<Record<Verdict["kind"], (verdict: Verdict) => string>> = {
  harmless: () =>
    "The attack turns no answer of the bare model either, so nothing can be said for the defense: choose a larger epsilon.",
  survives: ({ gained, lost, chance }) =>
    `The gain survives an attacker who knows: ${gained} answers are held that the bare model loses, ${lost} the other way (${chance}).`,
  lost: () => "The gain does not survive an attacker who knows: nothing is left of it.",
  unclear: ({ chance }) =>
    `Whether the gain survives an attacker who knows can't be told from so few cases (${chance}).`,
  none: () => "There is no gain: not even against an attacker who does not know of the defense.",
};

const SAID_SHORT: Readonly<Record<Verdict["kind"], (verdict: Verdict) => string>> = {
  harmless: () => "nothing to hold against",
  survives: ({ chance }) => `survives (${chance})`,
  lost: () => "does not survive",
  unclear: ({ chance }) => `can't be told (${chance})`,
  none: () => "there is none",
};

/** Of several settings beside each other one gains by chance more easily: their p values are corrected. */
function withVerdicts(settings: readonly Omit<Setting, "verdict">[]): readonly Setting[] {
  const moved = settings.map(({ judged }) => {
    const isLeft = (each: Judged) => each.clean && isHeld(each, TRIALS);
    const gained = judged.filter((each) => isLeft(each) && !each.bareAttacked).length;
    const lost = judged.filter((each) => !isLeft(each) && each.bareAttacked).length;
    return { gained, lost };
  });
  const adjusted = holmAdjusted(moved.map(({ gained, lost }) => mcnemarExact(gained, lost)));
  return settings.map((each, k) => {
    const p = adjusted[k]!;
    const chance = `p ${p < 0.001 ? "< .001" : `= ${decimal(p, 3)}`}`;
    const kind = kindOf({ ...countsOf(each.judged), p });
    return { ...each, verdict: { kind, ...moved[k]!, chance } };
  });
}

function kindOf({
  bare,
  before,
  unaware,
  worst,
  p,
}: ReturnType<typeof countsOf> & { readonly p: number }): Verdict["kind"] {
  if (worst > before) return p < ALPHA ? "survives" : "unclear";
  if (unaware > before) return "lost";
  return before === bare && unaware === before ? "harmless" : "none";
}

const SAID_OF: Readonly<Record<Verdict["kind"], (names: string) => string>> = {
  survives: (names) => `The gain survives an attacker who knows: ${names}.`,
  unclear: (names) =>
    `More answers are held than without it, but too few to tell from chance: ${names}.`,
  lost: (names) => `The gain does not survive an attacker who knows: ${names}.`,
  harmless: (names) =>
    `The attack turns no answer of the bare model either, so nothing can be said for ${names}.`,
  none: (names) => `There is no gain even against an attacker who does not know: ${names}.`,
};

/** Of several settings, how many keep a gain, and by name. */
function overAll(settings: readonly Setting[]): string {
  const kinds = Object.keys(SAID_OF) as Verdict["kind"][];
  const sentences = kinds.flatMap((kind) => {
    const own = settings.filter(({ verdict }) => verdict.kind === kind);
    const names = own.map((each) => nameOf(each, settings));
    return names.length > 0 ? [SAID_OF[kind](names.join("; "))] : [];
  });
  return [`${settings.length} settings on the same cases.`, ...sentences].join(" ");
}

/** One line a setting: what it costs, what each attacker leaves, and whether the gain survives. */
function cardTable(settings: readonly Setting[]): ResultTable {
  const tried = TRIALS.filter((id) =>
    settings.some(({ judged }) => judged.some(({ after }) => after[id] !== undefined)),
  );
  const shares: readonly (readonly [string, (each: Judged) => boolean | undefined])[] = [
    ["right, no attack", (each) => each.clean],
    ["without it", (each) => each.bare],
    ["without it, attacked", (each) => each.bareAttacked],
    ...tried.map((id) => [SHORT[id], (each: Judged) => each.after[id]] as const),
    ["the worst of all", (each) => each.clean && isHeld(each, TRIALS)],
  ];
  return {
    id: "cards",
    title: "Right answers of each defense, with 95 % intervals",
    columns: ["Defense", ...shares.map(([label]) => label), "n", "warnings", "Its gain"],
    rows: settings.map((each) => {
      const { judged, verdict } = each;
      const warned = judged.filter(({ row }) => (numberOf(row, `${CARD}flags`) ?? 0) > 0).length;
      return [
        nameOf(each, settings),
        ...shares.map(([, isRight]) => shareText(judged.map(isRight))),
        judged.length,
        warned,
        SAID_SHORT[verdict.kind](verdict),
      ];
    }),
  };
}

const SHORT: Readonly<Record<TrialId, string>> = {
  transfer: "attacker unaware",
  naive: "one draw",
  adaptive: "attacker aware",
  blackBox: "only asking",
};

/** "0.75 (0.51 to 0.9)"; null where that was not tried. */
function shareText(right: readonly (boolean | undefined)[]): string | null {
  const told = right.filter((each) => each !== undefined);
  if (told.length === 0) return null;
  const count = told.filter(Boolean).length;
  const { low, high } = wilsonInterval(count, told.length);
  const shown = (value: number) => String(Number(value.toFixed(2)));
  return `${shown(count / told.length)} (${shown(low)} to ${shown(high)})`;
}

/** What is left under every attacker, as a number of the setting. */
function worstOf(each: Setting, k: number, all: readonly Setting[]): Quantity {
  const { n, worst } = countsOf(each.judged);
  return {
    id: `worst.${k}`,
    label: `${nameOf(each, all)}: right under every attacker tried`,
    value: worst / n,
    unit: "",
    n,
    interval: { ...wilsonInterval(worst, n), level: 0.95 },
  };
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
