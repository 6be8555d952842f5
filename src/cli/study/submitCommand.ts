/**
 * `lab study submit`: hands a study to the workers of a queue and writes their rows into a folder. It adds jobs only while
 * few are waiting and takes rows out as it writes them, so that Redis holds a small part of a large study.
 */
import { Queue } from "bullmq";
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "../../errors/labError.ts";
import { extraStages } from "../../study/measures.ts";
import { noCells } from "../../study/measureRun.ts";
import { planSize } from "../../study/plan.ts";
import type { Row } from "../../study/rowColumns.ts";
import { ROW_VERSION } from "../../study/rowKey.ts";
import { makeRow } from "../../study/rows.ts";
import { rowsOf, runBatches } from "../../study/runStudy.ts";
import type { KeyedRun } from "../../study/runStudy.ts";
import { measuresOf } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { UsageError, parseCommandLine } from "../usageError.ts";
import { nodeRowMaker } from "./modelHashes.ts";
import { startProgress } from "./progress.ts";
import { QUEUE, STUDIES, connectRedis, rowsName, studyId } from "./queue.ts";
import type { StudyJob } from "./queue.ts";
import { backendNamed, folderFor, openRuns, say, stopSignal } from "./running.ts";
import type { RowFolder } from "./rowFolder.ts";
import { openStudy } from "./studyFile.ts";

/** Jobs that may wait in the queue, each of up to eight runs. */
const BACKLOG = 200;
const POLL_MS = 200;
/** Quiet time after which what is missing is handed in again: an answer of Redis may be lost when it restarts. */
const QUIET_MS = 5000;

export async function submitCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      redis: { type: "string" },
      out: { type: "string" },
      resume: { type: "boolean", default: false },
      backend: { type: "string", default: "native" },
    },
    allowPositionals: true,
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1 || values.out === undefined) {
    throw new UsageError(
      "study submit needs a study, a queue and a folder: lab study submit STUDY.json --redis URL --out DIR.",
    );
  }
  const backend = backendNamed(values.backend);
  const { study, models } = await openStudy(source);
  if (models.size > 0) {
    throw new LabError(
      "spec-invalid",
      `The study asks a model of your own (${[...models.values()].map(({ place }) => path.basename(place)).join(", ")}), which the workers of a queue do not have.`,
      { hint: "Run it on this machine: lab study run STUDY.json --out DIR." },
    );
  }
  const size = planSize(study);
  const redis = await connectRedis(values.redis);
  const folder = folderFor(values.out, values.resume);
  try {
    folder.keepStudy(study);
    const maker = nodeRowMaker(backend);
    const open = await openRuns(study, maker, folder);
    say(`${size.rows} runs of ${size.cases} cases; ${open} to be made by the workers of ${QUEUE}.`);
    const submission = new Submission({ study, folder, redis, backend, open });
    const stopped = await submission.run();
    const rows = await folder.tidy(study, maker);
    print({ study: study.name, folder: folder.path, rows, of: size.rows, stopped });
    if (stopped) process.exitCode = 130;
  } finally {
    folder.close();
    redis.disconnect();
  }
}

interface Task {
  readonly study: Study;
  readonly folder: RowFolder;
  readonly redis: Redis;
  readonly backend: StudyJob["backend"];
  readonly open: number;
}

class Submission {
  readonly #task: Task;
  readonly #id: string;
  readonly #queue: Queue<StudyJob>;
  /** Jobs handed in whose rows are not all here, by job id. */
  readonly #pending = new Map<string, readonly KeyedRun[]>();
  #made = 0;
  #failed = 0;
  #heard = performance.now();

  constructor(task: Task) {
    this.#task = task;
    this.#id = studyId(task.study, task.backend);
    this.#queue = new Queue(QUEUE, { connection: task.redis });
    // A connection that is lost is made again.
    this.#queue.on("error", () => {});
  }

  /** Until every row is here, or somebody stops it: the jobs handed in stay for the workers. */
  async run(): Promise<boolean> {
    const { study, folder, redis, backend, open } = this.#task;
    const { signal, end } = stopSignal();
    const progress = startProgress(open, () => performance.now());
    const stages = extraStages(measuresOf(study));
    const batches = runBatches(study, stages, nodeRowMaker(backend), {
      isKnown: (key) => folder.has(key),
    });
    await this.#announce();
    try {
      for (let isPlanned = false; !signal.aborted;) {
        while (!isPlanned && this.#pending.size < BACKLOG) {
          const next = await batches.next();
          if (next.done) isPlanned = true;
          else if ("runs" in next.value) await this.#handIn(next.value.runs, stages);
        }
        const taken = await this.#take();
        progress.show(this.#made, this.#failed);
        if (isPlanned && this.#pending.size === 0) break;
        if (taken === 0) await this.#whileQuiet();
      }
    } finally {
      end();
      progress.end();
      if (this.#pending.size === 0) {
        await redis.hdel(STUDIES, this.#id);
        await redis.del(rowsName(this.#id));
      }
      await this.#queue.close();
    }
    return signal.aborted;
  }

  /** Workers keep rows of a study that is announced. */
  async #announce(): Promise<void> {
    const { redis, study, open } = this.#task;
    await redis.hset(STUDIES, this.#id, JSON.stringify({ name: study.name, toDo: open }));
  }

  async #handIn(runs: readonly KeyedRun[], stages: StudyJob["stages"]): Promise<void> {
    const { backend } = this.#task;
    // What can't be an experiment needs no worker.
    const host = { backend, runGroup: async () => [] };
    const odd = runs.filter(({ run }) => !run.spec);
    for (const row of await rowsOf(odd, stages, host)) this.#keep(row);
    const sent = runs.filter(({ run }) => run.spec);
    if (sent.length === 0) return;
    const id = `${this.#id}-${sent[0]!.key.slice(0, 32)}`;
    this.#pending.set(id, sent);
    const job: StudyJob = {
      rowVersion: ROW_VERSION,
      backend,
      studyId: this.#id,
      stages,
      // The draft is what the experiment was made of: it need not travel.
      runs: sent.map((keyed) => ({ ...keyed, run: { ...keyed.run, draft: {} } })),
    };
    // A job of this id that is there already is not added again.
    await this.#queue.add("runs", job, { jobId: id, removeOnComplete: true });
  }

  #keep(row: Row): void {
    const { folder } = this.#task;
    if (folder.has(String(row.key))) return;
    folder.append(row);
    this.#made++;
    if (row.errorCode !== null) this.#failed++;
  }

  /** Rows from Redis onto disk; only then are they taken out. @returns how many there were */
  async #take(): Promise<number> {
    const { redis } = this.#task;
    const name = rowsName(this.#id);
    const [, cells] = await redis.hscan(name, 0, "COUNT", 500);
    const keys: string[] = [];
    for (let k = 0; k < cells.length; k += 2) {
      keys.push(cells[k]!);
      this.#keep(JSON.parse(cells[k + 1]!) as Row);
    }
    if (keys.length > 0) {
      await redis.hdel(name, ...keys);
      this.#heard = performance.now();
      this.#forgetDone();
    }
    for (const job of await this.#queue.getFailed(0, 50)) await this.#giveUp(job);
    return keys.length;
  }

  #forgetDone(): void {
    const { folder } = this.#task;
    for (const [id, runs] of this.#pending)
      if (runs.every(({ key }) => folder.has(key))) this.#pending.delete(id);
  }

  /** A job whose workers died again and again: its runs are rows that say so. */
  async #giveUp(job: Job<StudyJob>): Promise<void> {
    const runs = job.id === undefined ? undefined : this.#pending.get(job.id);
    if (!runs) return;
    for (const { run, key, modelSha256, graphs } of runs) {
      const error = {
        code: "backend-lost",
        message: `Its workers stopped: ${job.failedReason}`,
      } as const;
      const origin = { key, modelSha256, graphs, backend: this.#task.backend };
      this.#keep(makeRow(run, { cells: noCells(), error, elapsedMs: 0 }, origin));
    }
    await job.remove();
    this.#forgetDone();
  }

  async #whileQuiet(): Promise<void> {
    await pause(POLL_MS);
    if (performance.now() - this.#heard < QUIET_MS) return;
    this.#heard = performance.now();
    // A restart of Redis may have lost that too.
    await this.#announce();
    const stages = extraStages(measuresOf(this.#task.study));
    for (const [id, runs] of this.#pending) {
      if (await this.#queue.getJob(id)) continue;
      this.#pending.delete(id);
      const { folder } = this.#task;
      await this.#handIn(
        runs.filter(({ key }) => !folder.has(key)),
        stages,
      );
    }
  }
}
