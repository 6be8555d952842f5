/**
 * The contract of a stage: which stages it needs, which slice of the experiment it reads, and how its result is made. Key,
 * order, cache, cancel and events are the runner's business (run.ts); the table of all stages is stages/table.ts.
 */
import type { System } from "../system/system.ts";
import type { LabContext } from "./labContext.ts";
import type { RunEvent, StageName, StageResults } from "./results.ts";
import type { ExperimentSpec, Fidelity } from "./spec.ts";

/** What stages may be given: results, and the systems under test, which stay in the engine. */
export interface Held extends StageResults {
  /** The bare model. */
  readonly model: System;
  /** The model behind all defenses of the experiment; the same object as `model` where there is none. */
  readonly system: System;
}
export type HeldName = keyof Held;

/** Full passes are asked for; a draft is the quick first look that a preview may begin with. */
export type Pass = Fidelity | "draft";

/** What is looked at for each fidelity, in turn. */
export const PASSES: Readonly<Record<Fidelity, readonly Pass[]>> = {
  preview: ["draft", "preview"],
  full: ["full"],
};

/** The question a pass puts to the stages. */
export interface Ask {
  readonly spec: ExperimentSpec;
  readonly pass: Pass;
}

type ProgressOf = Omit<Extract<RunEvent, { type: "progress" }>, "type" | "stage">;

/** What a stage says before its result. */
export type StageNews<R> =
  | { readonly partial: R }
  | { readonly progress: ProgressOf }
  /**
   * Enough for now: the other stages go first, all of them or those up to the one named, and this one goes on after them, or in
   * between once `unless` settles.
   */
  | { readonly giveWay: true | HeldName; readonly unless?: Promise<unknown> };

/** What a stage may use besides its needs. */
export interface StageScope extends Ask {
  readonly context: LabContext;
  readonly key: string;
  keyOf(stage: HeldName): string;
}

/** Makes the result; undefined when the signal stopped it first. */
export type StageRun<R> = AsyncGenerator<StageNews<R>, R | undefined>;

export interface StageDefinition<N extends HeldName, K extends HeldName> {
  readonly name: N;
  /** A stage that misses one of these is left out, as it is when `reads` gives undefined. */
  readonly needs: readonly K[];
  /** Of `needs`, those whose keys decide the result; all of them by default. */
  readonly keyedBy?: readonly K[];
  /** Stages of one family with equal slices and needs' keys share their results. */
  readonly family?: string;
  /** Its result stays in the engine, is never cached, and names itself. */
  readonly ownKey?: (result: Held[N]) => string;
  /** The slice of the experiment that decides the result (plain JSON), or undefined where it is not asked for. */
  reads(ask: Ask, given: Pick<Held, K>): unknown;
  /** Names what the stages after it read of the result, where that is less than slice and needs decide. */
  contentKey?(scope: Omit<StageScope, "key">, given: Pick<Held, K>): string;
  /** A generator where there is something to say before the result. */
  run(given: Pick<Held, K>, scope: StageScope): StageRun<Held[N]> | Promise<Held[N] | undefined>;
}

/** A stage without the types of its needs: what the table holds. */
export interface Stage {
  readonly name: HeldName;
  readonly needs: readonly HeldName[];
  readonly keyedBy: readonly HeldName[];
  readonly family: string;
  readonly ownKey: ((result: never) => string) | undefined;
  reads(ask: Ask, given: Partial<Held>): unknown;
  contentKey?(scope: Omit<StageScope, "key">, given: Partial<Held>): string;
  run(given: Partial<Held>, scope: StageScope): StageRun<unknown>;
}

/** Checks a stage's types against its needs; the runner sees to it that they are there. */
export function defineStage<N extends HeldName, K extends HeldName>(
  definition: StageDefinition<N, K>,
): Stage {
  const { needs, keyedBy = needs, family = definition.name, ownKey } = definition;
  const run = (given: Pick<Held, K>, scope: StageScope) => asRun(definition.run(given, scope));
  return { ...definition, keyedBy, family, ownKey, run } as unknown as Stage;
}

/** One form for both ways to write `run`. */
export function asRun<R>(made: StageRun<R> | Promise<R | undefined>): StageRun<R> {
  return "next" in made ? made : settled(made);
}

/** A stage with nothing to say before its result. */

export async function* settled<R>(result: Promise<R> | R): AsyncGenerator<never, R> {
  yield* [];
  return await result;
}

/** The event of a stage's result. */
export function stageEvent(
  stage: Stage,
  event: { readonly key: string; readonly partial: boolean; readonly cached: boolean },
  payload: unknown,
): RunEvent {
  return { type: "stage", stage: stage.name as StageName, ...event, payload } as RunEvent;
}
