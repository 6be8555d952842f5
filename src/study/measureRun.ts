/** One run of a study: the lab's own run, read until the last stage that a measure needs, as cells by measure. */
import { invariant, toErrorData } from "../errors/labError.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { RunEvent, StageName, StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { Look } from "../model/visionLanguageModel.ts";
import { MEASURES, instrumentCells, measure } from "./measures.ts";
import type { MeasureId, Need } from "./measures.ts";
import { trueAnswer } from "./trueAnswer.ts";
import type { CaseLabels } from "./trueAnswer.ts";
import { isSwitchedOn } from "./switchedOn.ts";
import type { Cell } from "./rowColumns.ts";

/** What a worker is told: nothing but a spec, labels and what the measures need. */
export interface RunJob {
  readonly spec: ExperimentSpec;
  readonly known: CaseLabels;
  readonly stages: readonly Need[];
}

export interface RunOutcome {
  /** Every measure; null where it is not defined or its stage was not needed. With every quantity of its instruments. */
  readonly cells: Readonly<Record<string, Cell>>;
  readonly error?: LabErrorData;
  readonly elapsedMs: number;
}

export interface RunHost {
  /** The lab's door: events of a full run. */
  run(spec: ExperimentSpec, look: Look): AsyncIterable<RunEvent>;
  /** Milliseconds. */
  now(): number;
  /** Milliseconds that this run's thread has worked, where the host can tell: other load is not in it. */
  worked?(): number;
}

/** Never throws: what goes wrong is part of the outcome. */
export async function measureRun(job: RunJob, host: RunHost): Promise<RunOutcome> {
  const started = host.now();
  try {
    const { results, readingMs } = await resultsOf(job, host);
    const truth = trueAnswer(job.spec, results, job.known);
    const run = { spec: job.spec, results, truth, readingMs };
    const cells = {
      ...cellsOf((id) => measure(id).read(run)),
      ...instrumentCells(results),
      ...filmCells(results),
    };
    return { cells, elapsedMs: host.now() - started };
  } catch (error) {
    return {
      cells: noCells(),
      error: toErrorData(error),
      elapsedMs: host.now() - started,
    };
  }
}

/** Of a film: whether it is unlike all that the model knows. A mark beside the columns, and no measure of any of them. */
export const IS_FAR = "film.isFar";

function filmCells({ clean }: Partial<StageResults>): RunOutcome["cells"] {
  return clean?.population ? { [IS_FAR]: clean.population.isFar } : {};
}

/** Cells of a run that came to nothing. */
export function noCells(): RunOutcome["cells"] {
  return cellsOf(() => null);
}

function cellsOf(read: (id: MeasureId) => Cell): RunOutcome["cells"] {
  const ids = Object.keys(MEASURES) as MeasureId[];
  return Object.fromEntries(ids.map((id) => [id, read(id)]));
}

async function resultsOf(
  { spec, stages }: RunJob,
  { run, now, worked = now }: RunHost,
): Promise<{ readonly results: Partial<StageResults>; readonly readingMs: number | null }> {
  const results: { -readonly [S in StageName]?: StageResults[S] } = {};
  const missing = new Set<StageName>(["metrics"]);
  for (const need of stages) if (need !== "maps" && isSwitchedOn(need, spec)) missing.add(need);
  const readings: { -readonly [S in "clean" | "readout"]?: number } = {};
  let last = worked();
  // Another model's guarantee beside it is for a reader of one picture: no measure reads it.
  const { beside: _, ...certificate } = spec.certificate;
  for await (const event of run({ ...spec, certificate }, { maps: readsMaps(spec, stages) })) {
    // Steps of an attack come between stages of which none is a reading.
    if (event.type !== "stage") continue;
    const before = last;
    last = worked();
    const took = last - before;
    if ((event.stage === "clean" || event.stage === "readout") && !event.cached) {
      readings[event.stage] = took;
    }
    // A stage that was not asked for may have begun: what it has is no measure.
    if (!NEEDED_ALWAYS.has(event.stage) && !stages.includes(event.stage)) continue;
    Object.assign(results, { [event.stage]: event.payload });
    if (!event.partial) missing.delete(event.stage);
    if (missing.size === 0) break;
  }
  invariant(results.metrics, "a run ended without its numbers");
  const readingMs = readings.readout ?? readings.clean;
  return { results, readingMs: readingMs === undefined ? null : Math.round(10 * readingMs) / 10 };
}

/** Whether anything of the run reads where the model looks; who knows of an instrument or a goal what it reads is safe. */
function readsMaps({ stack }: ExperimentSpec, stages: readonly Need[]): boolean {
  const isOfAttention = stack.some(
    (item) => item.type === "attack" && item.enabled && item.goal.kind === "attention",
  );
  return isOfAttention || stages.some((need) => need !== "certificate");
}

/** What every row reads, in whatever order the stages come. */
const NEEDED_ALWAYS = new Set<StageName>(["input", "clean", "disturbed", "readout", "metrics"]);
