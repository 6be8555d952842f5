/** `lab study run`: the runs of a study on this machine's cores, into a folder that a stopped run goes on in. */
import { availableParallelism } from "node:os";
import { encoderPasses, secondsFor } from "../../study/cost.ts";
import { extraStages } from "../../study/measures.ts";
import { planRuns, planSize } from "../../study/plan.ts";
import type { PlannedRun } from "../../study/plan.ts";
import { runStudy } from "../../study/runStudy.ts";
import type { StudyOptions } from "../../study/runStudy.ts";
import { measuresOf } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { UsageError, parseCommandLine, wholeNumber } from "../usageError.ts";
import { studyPool } from "./pool.ts";
import type { StudyPool } from "./pool.ts";
import { durationText, startProgress } from "./progress.ts";
import type { RowFolder } from "./rowFolder.ts";
import { backendNamed, folderFor, openRuns, say, stopSignal } from "./running.ts";
import { openStudy } from "./studyFile.ts";

const OPTIONS = {
  out: { type: "string" },
  workers: { type: "string" },
  resume: { type: "boolean", default: false },
  "retry-failed": { type: "boolean", default: false },
  shard: { type: "string" },
  backend: { type: "string", default: "native" },
  plan: { type: "boolean", default: false },
} as const;

export async function runCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1 || (!values.out && !values.plan)) {
    throw new UsageError(
      "study run needs a study and a folder: lab study run STUDY.json --out DIR.",
    );
  }
  const workers =
    values.workers === undefined
      ? availableParallelism()
      : wholeNumber("workers", values.workers, 1, 256);
  const backend = backendNamed(values.backend);
  const shard = values.shard === undefined ? undefined : shardNamed(values.shard);
  const { study, skipped, failing, ...places } = await openStudy(source);
  for (const { file, message } of skipped) say(`Left out ${file}: ${message}`);
  for (const { file, message } of failing) say(`Its rows will fail: ${file}: ${message}`);
  const size = planSize(study);
  const pool = studyPool(workers, backend, places);
  let folder: RowFolder | undefined;
  try {
    if (values.out !== undefined) folder = folderFor(values.out, values.resume);
    if (folder && values["retry-failed"]) forgetFailed(folder);
    const open = await openRuns(study, pool, folder, shard);
    const seconds = await estimate(study, size, pool, open / size.rows);
    const time = seconds === null ? "" : `, about ${durationText(seconds)}`;
    const todo = open === 0 ? "none to do here" : `${open} to do here${time}`;
    say(
      `${size.rows} runs of ${size.cases} cases; ${todo} on ${workers} worker${workers === 1 ? "" : "s"}.`,
    );
    if (values.plan || !folder) {
      print({
        study: study.name,
        ...size,
        toDo: open,
        workers,
        estimatedSeconds: seconds === null ? null : Math.round(seconds),
      });
      return;
    }
    folder.keepStudy(study);
    const ran = await intoFolder({ study, folder, pool, open, ...(shard ? { shard } : {}) });
    const rows = await folder.tidy(study, pool);
    print({
      study: study.name,
      folder: folder.path,
      rows,
      of: size.rows,
      ...ran,
      workers,
      runtimeShare: ran.made > 0 ? Math.round(1e4 * pool.runtimeShare()) / 1e4 : null,
    });
    if (ran.stopped === null) return;
    say(
      `Stopped ${ran.stopped}: ${rows} of ${size.rows} rows are in ${folder.path}; --resume goes on.`,
    );
    process.exitCode = ran.stopped === "by hand" ? 130 : 0;
  } finally {
    folder?.close();
    await pool.end();
  }
}

/** Failed rows are kept, and not tried again unless somebody says so. */
function forgetFailed(folder: RowFolder): void {
  for (const key of folder.keys()) if (folder.hasFailed(key)) folder.forget(key);
}

/** Cases that are tried to tell how long a run takes: the first also loads what later ones find loaded. */
const PILOTS = 2;

/**
 * Seconds for a share of the study, from its passes, the time of one pass on this machine, and the cheapest run of a case,
 * which is made once to see what its instruments take; null where none can be made.
 */
async function estimate(
  study: Study,
  size: { readonly rows: number; readonly encoderPasses: number },
  pool: StudyPool,
  share: number,
): Promise<number | null> {
  if (share === 0) return null;
  const stages = extraStages(measuresOf(study));
  const cheapest = new Map<number, { run: PlannedRun; passes: number }>();
  for (const run of planRuns(study)) {
    if (run.group >= PILOTS) break;
    if (!run.spec) continue;
    const passes = encoderPasses(run.spec, stages);
    if (passes < (cheapest.get(run.group)?.passes ?? Infinity)) {
      cheapest.set(run.group, { run, passes });
    }
  }
  let seconds: number | null = null;
  try {
    for (const { run, passes } of cheapest.values()) {
      const perPass = await pool.encoderMs(run.spec!.model);
      const job = { spec: run.spec!, known: run.known, stages };
      // In every worker: each builds the graphs of its own gradients, and they do so side by side.
      const trials = Array.from({ length: pool.workers }, () => pool.runGroup([job]));
      const [tried] = (await Promise.all(trials))[0]!;
      const pilot = { perPass, passes, elapsedMs: tried!.elapsedMs };
      const whole = { rows: share * size.rows, passes: share * size.encoderPasses };
      seconds = secondsFor(whole, pilot) / pool.workers;
    }
  } catch {
    // A model that is not there, or a worker that died: the rows will say so.
  }
  return seconds;
}

interface Job {
  readonly study: Study;
  readonly folder: RowFolder;
  readonly pool: StudyPool;
  readonly open: number;
  readonly shard?: NonNullable<StudyOptions["shard"]>;
}

async function intoFolder({ study, folder, pool, open, shard }: Job) {
  const { signal, end } = stopSignal();
  let isOverTime = false;
  const started = performance.now();
  const limit = (study.caps?.minutes ?? Infinity) * 60_000;
  const progress = startProgress(open, () => performance.now());
  let made = 0;
  let failed = 0;
  try {
    const options = {
      isKnown: (key: string) => folder.has(key),
      signal,
      ...(shard ? { shard } : {}),
    };
    for await (const event of runStudy(study, pool, options)) {
      if (event.type !== "row") continue;
      folder.append(event.row);
      made++;
      if (event.row.errorCode !== null) failed++;
      progress.show(made, failed);
      isOverTime = !signal.aborted && performance.now() - started > limit && made < open;
      if (isOverTime) break;
    }
  } finally {
    progress.end();
    end();
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    made,
    failed,
    seconds: Math.round(10 * seconds) / 10,
    rowsPerSecond: Math.round((100 * made) / seconds) / 100,
    stopped: isOverTime ? "at its time limit" : signal.aborted ? "by hand" : null,
  };
}

/** "2/4": the second of four parts. */
function shardNamed(text: string): { part: number; of: number } {
  const [, part, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (part !== undefined && Number(part) >= 1 && Number(part) <= Number(of)) {
    return { part: Number(part) - 1, of: Number(of) };
  }
  throw new UsageError(`--shard is "${text}", but must be such as 2/4, the second of four parts.`);
}
