/**
 * A run: the stages of the table in order, each a pure function of the slice of the experiment it reads and of the stages it
 * needs, so that whatever a change does not touch comes from the cache. Yields one event per result, and partial ones where
 * a stage takes long. No stage is named here.
 */
import { close } from "../host/closing.ts";
import { Stopped } from "../host/stopped.ts";
import type { LabContext } from "./labContext.ts";
import type { RunEvent } from "./results.ts";
import type { ExperimentSpec, Fidelity } from "./spec.ts";
import { PASSES, settled, stageEvent } from "./stage.ts";
import type { Ask, Held, HeldName, Stage, StageNews, StageRun, StageScope } from "./stage.ts";
import { stageKey } from "./stageCache.ts";
import { stagesOf } from "./stages/table.ts";

/** A stage under way. */
interface Started {
  readonly stage: Stage;
  readonly key: string;
  /** Where its result is known by another name to the stages that need it. */
  readonly content: string | undefined;
  readonly run: StageRun<unknown>;
  /** After whose result it goes on, if it gave way to one. */
  until: HeldName | undefined;
  /** What it waited for instead has come. */
  isDue: boolean;
}

/** Runs the experiment until done or the context's signal is raised; never yields anything stale after that. */
export async function* runExperiment(
  spec: ExperimentSpec,
  fidelity: Fidelity,
  context: LabContext,
): AsyncGenerator<RunEvent, void> {
  try {
    for (const pass of PASSES[fidelity]) {
      yield* new Run({ spec, pass }, context).events();
      if (context.signal.aborted) return;
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

class Run {
  readonly #ask: Ask;
  readonly #context: LabContext;
  readonly #results = new Map<HeldName, unknown>();
  readonly #keys = new Map<HeldName, string>();
  /** Stages that gave way, in that order. */
  readonly #waiting: Started[] = [];

  constructor(ask: Ask, context: LabContext) {
    this.#ask = ask;
    this.#context = context;
  }

  async *events(): AsyncGenerator<RunEvent, void> {
    for (const stage of await stagesOf(this.#ask.spec)) {
      yield* this.#resume(({ name }) => stage.needs.includes(name));
      if (!this.#context.signal.aborted) yield* this.#goOn();
      if (!this.#context.signal.aborted) yield* this.#perform(stage);
      if (this.#context.signal.aborted) return;
    }
    yield* this.#resume(() => true);
  }

  /** Stages that gave way, to their end. */
  async *#resume(isWanted: (stage: Stage) => boolean): AsyncGenerator<RunEvent, void> {
    for (const started of this.#waiting.filter(({ stage }) => isWanted(stage))) {
      this.#waiting.splice(this.#waiting.indexOf(started), 1);
      while (!(yield* this.#advance(started)));
      if (this.#context.signal.aborted) return;
    }
  }

  /** Stages that need not wait any longer, until they end or give way again. */
  async *#goOn(): AsyncGenerator<RunEvent, void> {
    const due = this.#waiting.filter(
      ({ until, isDue }) => isDue || (until && this.#results.has(until)),
    );
    for (const started of due) {
      this.#waiting.splice(this.#waiting.indexOf(started), 1);
      if (!(yield* this.#advance(started))) this.#waiting.push(started);
      if (this.#context.signal.aborted) return;
    }
  }

  async *#perform(stage: Stage): AsyncGenerator<RunEvent, void> {
    if (!stage.needs.every((need) => this.#results.has(need))) return;
    const given = Object.fromEntries(this.#results) as Partial<Held>;
    const slice = stage.reads(this.#ask, given);
    if (slice === undefined) return;
    const scope = {
      ...this.#ask,
      context: this.#context,
      keyOf: (need: HeldName) => this.#keys.get(need) ?? "",
    };
    const parents = stage.keyedBy.map(scope.keyOf);
    const content = stage.contentKey?.(scope, given);
    const key =
      content === undefined
        ? stageKey(stage.family, slice, parents)
        : stageKey(stage.family, [content, slice]);
    const known = stage.ownKey ? undefined : this.#context.cache.get(key);
    await this.#context.yieldToHost();
    if (this.#context.signal.aborted) return;
    const run = known ? settled(known) : stage.run(given, { ...scope, key } as StageScope);
    const started: Started = { stage, key, content, run, until: undefined, isDue: false };
    if (!(yield* this.#advance(started, known !== undefined))) this.#waiting.push(started);
  }

  /** Goes on until the stage ends (true) or gives way (false). */
  async *#advance(started: Started, cached = false): AsyncGenerator<RunEvent, boolean> {
    const { stage, key, run } = started;
    for (;;) {
      const step = await run.next();
      if (this.#context.signal.aborted) return close(run).then(() => true);
      if (step.done) {
        if (step.value === undefined) return true;
        yield* this.#settle(started, step.value, cached);
        return true;
      }
      const news: StageNews<unknown> = step.value;
      if ("giveWay" in news) {
        started.until = news.giveWay === true ? undefined : news.giveWay;
        started.isDue = false;
        news.unless?.then(
          () => (started.isDue = true),
          () => {},
        );
        return false;
      }
      if ("progress" in news) {
        yield { type: "progress", stage: stage.name, ...news.progress } as RunEvent;
      } else {
        yield stageEvent(stage, { key, partial: true, cached }, news.partial);
      }
      if (this.#waiting.some(({ isDue }) => isDue)) yield* this.#goOn();
      if (this.#context.signal.aborted) return close(run).then(() => true);
    }
  }

  *#settle(
    { stage, key, content }: Started,
    result: unknown,
    cached: boolean,
  ): Generator<RunEvent, void> {
    this.#results.set(stage.name, result);
    this.#keys.set(stage.name, stage.ownKey?.(result as never) ?? content ?? key);
    if (stage.ownKey) return;
    if (!cached) this.#context.cache.set(key, result);
    yield stageEvent(stage, { key, partial: this.#ask.pass === "draft", cached }, result);
  }
}
