/**
 * The runner: plan in, rows out, in the plan's order whatever finishes first. What computes is injected, so that the same
 * loop serves a tab, the cores of a machine and a queue.
 */
import { toErrorData } from "../errors/labError.ts";
import type { LabErrorData } from "../errors/labError.ts";
import { extraStages } from "./measures.ts";
import type { Need } from "./measures.ts";
import { noCells } from "./measureRun.ts";
import type { RunJob, RunOutcome } from "./measureRun.ts";
import { planRuns } from "./plan.ts";
import type { PlannedRun } from "./plan.ts";
import type { Row } from "./rowColumns.ts";
import { rowKey } from "./rowKey.ts";
import { graphsText } from "./rowGraphs.ts";
import type { RowMaker } from "./rowKey.ts";
import { makeRow } from "./rows.ts";
import { measuresOf } from "./schema.ts";
import type { Study } from "./schema.ts";

export interface StudyHost extends RowMaker {
  /** Groups of runs that may be under way at once. */
  readonly workers: number;
  /** Outcomes of runs of one model and case, in their order. Rejects where a worker died. */
  runGroup(jobs: readonly RunJob[]): Promise<readonly RunOutcome[]>;
}

export interface StudyOptions {
  /** True for a row that is there already. */
  isKnown(key: string): boolean;
  readonly signal: { readonly aborted: boolean };
  /** Only groups whose number leaves `part` when divided by `of`. */
  readonly shard?: { readonly part: number; readonly of: number };
  /** Runs of one group that are handed over at a time: what stopping may lose. */
  readonly perJob?: number;
}

export type StudyEvent =
  | { readonly type: "row"; readonly row: Row; readonly index: number }
  /** Runs that were there already, since the last event. */
  | { readonly type: "known"; readonly count: number };

/** A run that is to be done, with the key of its row. */
export interface KeyedRun {
  readonly run: PlannedRun;
  readonly key: string;
  readonly modelSha256: string;
  /** As the row's cell. */
  readonly graphs: string;
}

/** Few, so that stopping loses little; more than one, so that handing over costs little. */
const MOST_PER_JOB = 8;
/** Keys of runs under way; swept when there are more. */
const MOST_BEGUN = 10_000;
/** A failed machine's work is tried once more; what fails again is a row. */
const ATTEMPTS = 2;
const PASSING: ReadonlySet<LabErrorData["code"]> = new Set(["backend-lost", "backend-timeout"]);

/** Yields each new row once. Ends early, with nothing under way lost but those runs, when the signal is raised. */
export async function* runStudy(
  study: Study,
  host: StudyHost,
  options: StudyOptions,
): AsyncGenerator<StudyEvent, void> {
  const stages = extraStages(measuresOf(study));
  const batches = runBatches(study, stages, host, options);
  const underWay: { promise: Promise<readonly Row[]>; runs: readonly KeyedRun[]; done: boolean }[] =
    [];
  let isPlanned = false;
  for (;;) {
    // More may wait for the row before them than run at once, but not without end.
    while (!isPlanned && !options.signal.aborted && hasRoom(underWay, host.workers)) {
      const next = await batches.next();
      if (next.done) {
        isPlanned = true;
      } else if ("known" in next.value) {
        yield { type: "known", count: next.value.known };
      } else {
        const entry = {
          promise: rowsOf(next.value.runs, stages, host),
          runs: next.value.runs,
          done: false,
        };
        entry.promise = entry.promise.finally(() => (entry.done = true));
        underWay.push(entry);
      }
    }
    const [first] = underWay;
    if (!first || options.signal.aborted) return;
    if (!first.done)
      await Promise.race(underWay.filter(({ done }) => !done).map(({ promise }) => promise));
    while (underWay[0]?.done) {
      const { promise, runs } = underWay.shift()!;
      for (const [k, row] of (await promise).entries()) {
        yield { type: "row", row, index: runs[k]!.run.index };
      }
    }
  }
}

function hasRoom(underWay: readonly { readonly done: boolean }[], workers: number): boolean {
  const running = underWay.filter(({ done }) => !done).length;
  return running < workers && underWay.length < 4 * workers + 4;
}

/** Runs that are not there yet, a worker's portion at a time; between them, how many were. */
export async function* runBatches(
  study: Study,
  stages: readonly Need[],
  maker: RowMaker,
  { isKnown, shard, perJob = MOST_PER_JOB }: Pick<StudyOptions, "isKnown" | "shard" | "perJob">,
): AsyncGenerator<{ readonly known: number } | { readonly runs: readonly KeyedRun[] }> {
  let runs: KeyedRun[] = [];
  let known = 0;
  let begun = new Set<string>();
  for (const run of planRuns(study)) {
    if (shard && run.group % shard.of !== shard.part) continue;
    const key = await rowKey(run, stages, maker);
    if (isKnown(key) || begun.has(key)) {
      known++;
      if (known < 1000) continue;
      yield { known };
      known = 0;
      continue;
    }
    begun.add(key);
    // What is written is known: only what is under way has to be remembered.
    if (begun.size > MOST_BEGUN) begun = new Set([...begun].filter((each) => !isKnown(each)));
    const full = runs.length >= perJob || (runs[0] && runs[0].run.group !== run.group);
    if (full) {
      yield { runs };
      runs = [];
    }
    const { spec } = run;
    runs.push({
      run,
      key,
      modelSha256: spec ? await maker.modelSha256(spec.model.id, spec.model.precision) : "",
      graphs: spec ? graphsText(await maker.graphsBeside(spec)) : "",
    });
  }
  if (known > 0) yield { known };
  if (runs.length > 0) yield { runs };
}

/** Rows of a batch; a worker that dies is one more try, then rows that say so. */
export async function rowsOf(
  batch: readonly KeyedRun[],
  stages: readonly Need[],
  host: Pick<StudyHost, "backend" | "runGroup">,
): Promise<readonly Row[]> {
  const outcomes = new Map<KeyedRun, RunOutcome>();
  for (const keyed of batch) {
    const { problem } = keyed.run;
    if (problem) outcomes.set(keyed, { cells: noCells(), error: problem, elapsedMs: 0 });
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const open = batch.filter((keyed) => {
      const code = outcomes.get(keyed)?.error?.code;
      return !outcomes.has(keyed) || (attempt > 1 && code !== undefined && PASSING.has(code));
    });
    if (open.length === 0) break;
    const jobs = open.map(({ run }): RunJob => ({ spec: run.spec!, known: run.known, stages }));
    const made = await host.runGroup(jobs).catch((error: unknown) => {
      const data = { ...toErrorData(error), code: "backend-lost" } as const;
      return jobs.map((): RunOutcome => ({ cells: noCells(), error: data, elapsedMs: 0 }));
    });
    for (const [k, keyed] of open.entries()) outcomes.set(keyed, made[k]!);
  }
  return batch.map((keyed) =>
    makeRow(keyed.run, outcomes.get(keyed)!, {
      key: keyed.key,
      modelSha256: keyed.modelSha256,
      graphs: keyed.graphs,
      backend: host.backend,
    }),
  );
}
