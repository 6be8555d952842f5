/** Levels of an axis against its first level, over the same cases: paired, because that is what the same cases allow. */
import type { Interval } from "../numerics/binomial.ts";
import { mean } from "../numerics/sums.ts";
import { valuesByCase } from "./combinations.ts";
import type { Combination } from "./combinations.ts";
import { measure } from "./measures.ts";
import type { MeasureId } from "./measures.ts";
import type { Cell, Row } from "./rowColumns.ts";
import type { Study } from "./schema.ts";
import { pairedBootstrap } from "./statistics/bootstrap.ts";
import { rateInterval } from "./statistics/rateInterval.ts";
import { holmAdjusted } from "./statistics/holm.ts";
import { mcnemarExact } from "./statistics/mcnemar.ts";

export interface Comparison {
  readonly axis: string;
  /** The axis's first level, and the one that is compared with it. */
  readonly reference: Cell;
  readonly level: Cell;
  /** Levels of the other axes. */
  readonly others: Readonly<Record<string, Cell>>;
  /** Cases that have both. */
  readonly pairs: number;
  /** Mean of the level minus the reference, with its 95 % paired bootstrap interval over cases. */
  readonly difference: number;
  readonly interval: Interval | null;
  /**
   * For a rate with one run per case: cases in which it holds under one level alone, and McNemar's exact p, alone and
   * corrected by Holm over all comparisons of this measure.
   */
  readonly mcnemar?: {
    readonly onlyReference: number;
    readonly onlyLevel: number;
    readonly p: number;
    readonly holm: number;
  };
}

/** How often an answer in words is another one than under the axis's first level. */
export interface Changed {
  readonly axis: string;
  readonly reference: Cell;
  readonly level: Cell;
  readonly others: Readonly<Record<string, Cell>>;
  readonly count: number;
  readonly pairs: number;
  /** 95 %, by rateInterval; null where nothing can be said. */
  readonly interval: Interval | null;
}

interface Pairing {
  readonly axis: string;
  readonly reference: Combination;
  readonly compared: Combination;
  readonly others: Readonly<Record<string, Cell>>;
}

export function compareLevels(
  study: Study,
  id: MeasureId,
  combinations: readonly Combination[],
): readonly Comparison[] {
  const isRate = measure(id).type === "flag";
  const found = pairingsOf(study, combinations).flatMap((pairing): Comparison[] => {
    const first = valuesByCase(pairing.reference.rows, id);
    const second = valuesByCase(pairing.compared.rows, id);
    const shared = [...first.keys()].filter((key) => second.has(key));
    const pairs = shared.map((key) => [mean(first.get(key)!), mean(second.get(key)!)] as const);
    const paired = pairedBootstrap(pairs);
    if (!paired) return [];
    const oneRunEach = shared.every(
      (key) => first.get(key)!.length === 1 && second.get(key)!.length === 1,
    );
    const onlyReference = pairs.filter(([a, b]) => a > b).length;
    const onlyLevel = pairs.filter(([a, b]) => b > a).length;
    const p = mcnemarExact(onlyReference, onlyLevel);
    return [
      {
        ...named(pairing),
        ...paired,
        ...(isRate && oneRunEach ? { mcnemar: { onlyReference, onlyLevel, p, holm: p } } : {}),
      },
    ];
  });
  const adjusted = holmAdjusted(found.flatMap(({ mcnemar }) => (mcnemar ? [mcnemar.p] : [])));
  let next = 0;
  return found.map((comparison) => {
    const { mcnemar } = comparison;
    return mcnemar
      ? { ...comparison, mcnemar: { ...mcnemar, holm: adjusted[next++]! } }
      : comparison;
  });
}

/** Of runs, each paired with the first level's of its case and repeat. */
export function changedAnswers(
  study: Study,
  id: "corrected" | "correctedClean",
  combinations: readonly Combination[],
): readonly Changed[] {
  const said = ({ rows }: Combination) => rows.filter((row) => row[id] !== null);
  return pairingsOf(study, combinations).flatMap((pairing): Changed[] => {
    const first = new Map(said(pairing.reference).map((row) => [runName(row), row[id]]));
    const byCase = new Map<Cell, number[]>();
    // A level may have several runs of a case: paraphrases of one phenomenon.
    for (const row of said(pairing.compared)) {
      const before = first.get(runName(row));
      if (before === undefined) continue;
      const changes = byCase.get(row.case) ?? [];
      byCase.set(row.case, changes);
      changes.push(Number(before !== row[id]));
    }
    const all = [...byCase.values()].flat();
    if (all.length === 0) return [];
    const count = all.filter((changed) => changed === 1).length;
    const interval = rateInterval([...byCase.values()]);
    return [{ ...named(pairing), count, pairs: all.length, interval }];
  });
}

function runName(row: Row): string {
  return `${String(row.case)} ${String(row.repeat)}`;
}

function named({ axis, reference, compared, others }: Pairing) {
  return {
    axis,
    reference: reference.levels[axis] ?? null,
    level: compared.levels[axis] ?? null,
    others,
  };
}

/** Each level of each axis with the first level at the same levels of the other axes. */
function pairingsOf({ axes }: Study, combinations: readonly Combination[]): readonly Pairing[] {
  const byKey = new Map(combinations.map((each) => [keyOf(each.levels), each]));
  // Another finding is another question about other phantoms: there is nothing to pair.
  return axes
    .filter(({ kind }) => kind !== "finding")
    .flatMap(({ name }) => {
      const reference = combinations[0]?.levels[name] ?? null;
      return combinations.flatMap((compared): Pairing[] => {
        const { [name]: level, ...others } = compared.levels;
        if (level === reference) return [];
        const partner = byKey.get(keyOf({ ...compared.levels, [name]: reference }));
        return partner ? [{ axis: name, reference: partner, compared, others }] : [];
      });
    });
}

function keyOf(levels: Readonly<Record<string, Cell>>): string {
  return JSON.stringify(Object.values(levels));
}
