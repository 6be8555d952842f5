/**
 * On how many real test films a bundled model said yes to a plain question: among films that readers call normal, and among films
 * that have the finding. What an area under a curve means for the one film in hand. The numbers are made by bench/filmCounts.ts.
 */
import counts from "./filmCounts.json" with { type: "json" };

export interface Tally {
  readonly yes: number;
  readonly n: number;
}

/** By what is asked about: a finding, or "normal". */
type Tallies = Readonly<Record<string, Tally>>;

export interface PopulationCounts {
  readonly normal: Tallies;
  /** Of films that have the finding; for "normal", of films with something on them. No entry where their source labels none. */
  readonly present: Tallies;
}

export interface FilmCounts extends Readonly<Record<"adult" | "child", PopulationCounts>> {
  /** The weights that were asked. */
  readonly visionSha256: string;
  readonly answerSha256: string;
}

/** Undefined for a reader's own model, of which nothing was counted. */
export function filmCounts(id: string): FilmCounts | undefined {
  return (counts as Readonly<Record<string, FilmCounts>>)[id];
}

/** What is asked, as the question bank says it. */
interface Asked {
  readonly type: string;
  readonly findingId: string | null;
}

/** Undefined for what is asked neither of one finding nor of the whole film's being normal. */
export function countKey({ type, findingId }: Asked): string | undefined {
  if (type === "normal") return "normal";
  return type === "presence" ? (findingId ?? undefined) : undefined;
}

export interface Counted {
  readonly normal: Tally;
  /** Of films that have it; for "normal", of films with something on them. */
  readonly present: Tally | undefined;
}

/** Undefined where nothing was counted. */
export function countedOn(
  counts: FilmCounts | undefined,
  key: string | undefined,
  population: "adult" | "child",
): Counted | undefined {
  if (!counts || key === undefined) return undefined;
  const { normal, present } = counts[population];
  return normal[key] && { normal: normal[key], present: present[key] };
}
