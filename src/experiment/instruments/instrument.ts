/**
 * The contract of an instrument: a measurement that runs only where an experiment asks for it. One file each, one line in
 * registry.ts; page, link, `lab run`, `lab list` and studies then have it.
 */
import type { GraphNeeds } from "../../model/graphPart.ts";
import type { ParamMeta } from "../../system/param.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { asRun } from "../stage.ts";
import type { Held, HeldName, StageRun, StageScope } from "../stage.ts";

export interface InstrumentScope extends StageScope {
  /** The item's settings, defaults filled in. */
  readonly params: Readonly<Record<string, number>>;
  readonly seed: number;
  /** The reader's own wordings or prompts; none for an instrument that takes none. */
  readonly texts: readonly string[];
}

export interface InstrumentDefinition<K extends HeldName> {
  readonly id: string;
  readonly label: string;
  /** Heading it stands under. */
  readonly group: "film" | "language" | "stages" | "explanations" | "certainty" | "robustness";
  /** What it measures and what that does not mean, in two sentences a radiologist accepts. */
  readonly help: string;
  /** Paper, equation or standard that defines it. */
  readonly source: string;
  readonly params: Readonly<Record<string, ParamMeta>>;
  /** Its result names what a phantom really has. */
  readonly tellsTruth?: true;
  /** What a reader may add in words, one a line; absent where there is nothing to add. */
  readonly texts?: { readonly label: string; readonly help: string };
  readonly needs: readonly K[];
  /** Graphs it asks for beside those of the system on the bench. */
  readonly graphs?: GraphNeeds;
  /** Why it can't be had on this model or case, as a sentence; undefined where it can. */
  obstacle?(given: Pick<Held, K>): string | undefined;
  /** A generator where there is something to say before the result; undefined where the signal stopped it. */
  run(
    given: Pick<Held, K>,
    scope: InstrumentScope,
  ): StageRun<InstrumentResult> | Promise<InstrumentResult | undefined>;
}

/** An instrument without the types of its needs: what the registry holds. */
export interface Instrument extends Omit<
  InstrumentDefinition<HeldName>,
  "needs" | "obstacle" | "run"
> {
  readonly needs: readonly HeldName[];
  obstacle?(given: Partial<Held>): string | undefined;
  run(given: Partial<Held>, scope: InstrumentScope): StageRun<InstrumentResult>;
}

export function defineInstrument<K extends HeldName>(
  definition: InstrumentDefinition<K>,
): Instrument {
  const run = (given: Pick<Held, K>, scope: InstrumentScope) => asRun(definition.run(given, scope));
  return { ...definition, run } as unknown as Instrument;
}
