/** `lab study worker`: makes rows of whatever studies a queue holds, on this machine's cores, until it is stopped. */
import { DelayedError, Worker } from "bullmq";
import type { Job } from "bullmq";
import { availableParallelism, hostname } from "node:os";
import { graphsText } from "../../study/rowGraphs.ts";
import { ROW_VERSION } from "../../study/rowKey.ts";
import { rowsOf } from "../../study/runStudy.ts";
import type { Backend } from "../../model/backend.ts";
import { parseCommandLine, wholeNumber } from "../usageError.ts";
import { filmsIn } from "./studyFile.ts";
import type { FilmPlace } from "./studyFile.ts";
import { studyPool } from "./pool.ts";
import type { StudyPool } from "./pool.ts";
import { QUEUE, REFUSED, connectRedis, keepRows, workerName } from "./queue.ts";
import type { StudyJob } from "./queue.ts";
import { backendNamed, say, stopSignal } from "./running.ts";

/** Without a sign of life for so long, a worker's job goes to another; signs come while it computes. */
const LOCK_MS = 10_000;
/** How often a job may lose its worker before its runs are rows that say so. */
const MOST_DEATHS = 3;
/** How often a worker says that it is there. */
const SIGN_MS = 5000;
/** Before a job that this worker can't do is offered again. */
const REFUSAL_MS = 2000;

export async function workerCommand(args: readonly string[]): Promise<void> {
  const { values } = parseCommandLine({
    args: [...args],
    options: {
      redis: { type: "string" },
      workers: { type: "string" },
      backend: { type: "string", default: "native" },
      films: { type: "string" },
    },
  });
  const count =
    values.workers === undefined
      ? availableParallelism()
      : wholeNumber("workers", values.workers, 1, 256);
  const backend = backendNamed(values.backend);
  const redis = await connectRedis(values.redis);
  const films =
    values.films === undefined ? new Map<string, FilmPlace>() : await filmsIn(values.films);
  const pool = studyPool(count, backend, { files: films });
  const name = `${hostname()} ${process.pid}`;
  let made = 0;
  const worker = new Worker<StudyJob>(
    QUEUE,
    async (job, token) => {
      const refusal = await refusalOf(job.data, pool, backend);
      if (refusal !== undefined) {
        say(`Left to other workers: ${refusal}`);
        await redis.hset(REFUSED, name, refusal);
        return putBack(job, token);
      }
      const { runs, stages, studyId } = job.data;
      const rows = await rowsOf(runs, stages, pool);
      // Before the job counts as done: a worker that dies between the two makes the same rows twice.
      await keepRows(redis, studyId, rows);
      made += rows.length;
      return undefined;
    },
    {
      connection: redis,
      concurrency: count,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 2,
      maxStalledCount: MOST_DEATHS,
      name,
    },
  );
  const signOfLife = () => redis.set(workerName(name), made, "EX", (3 * SIGN_MS) / 1000);
  worker.on("error", (error) => {
    // Every lost connection; it is made again.
    if (!/ECONN|closed/i.test(error.message)) say(error.message);
  });
  const sign = setInterval(() => void signOfLife(), SIGN_MS);
  await signOfLife();
  say(
    `Waiting for studies on ${count} worker${count === 1 ? "" : "s"}; Ctrl-C ends after the runs under way.`,
  );
  const { signal, stopped, end } = stopSignal();
  if (!signal.aborted) await stopped;
  await worker.close();
  end();
  clearInterval(sign);
  await redis.del(workerName(name));
  await pool.end();
  redis.disconnect();
  say(`${made} rows made.`);
}

/** Why this worker can't make these rows as asked; undefined where it can. */
async function refusalOf(
  { rowVersion, backend: asked, runs }: StudyJob,
  pool: StudyPool,
  backend: Backend,
): Promise<string | undefined> {
  if (rowVersion !== ROW_VERSION) {
    return `the job asks for rows of version ${rowVersion}, and this worker makes version ${ROW_VERSION}.`;
  }
  if (asked !== backend)
    return `the job asks for the backend ${asked}, and this worker has ${backend}.`;
  for (const { run, modelSha256, graphs } of runs) {
    const { id, precision } = run.spec!.model;
    const own = await pool.modelSha256(id, precision);
    const ownGraphs = graphsText(await pool.graphsBeside(run.spec!));
    if (modelSha256 === own && graphs !== ownGraphs) {
      return `the job asks for other graphs beside the model (${graphs || "none"}) than this worker has (${ownGraphs || "none"}).`;
    }
    // A model that nobody has makes rows that say so.
    if (modelSha256 === own || modelSha256 === "") continue;
    return `the job asks for the model ${id} ${precision} as ${modelSha256.slice(0, 8)}, and this worker has ${own.slice(0, 8) || "none"}.`;
  }
  return undefined;
}

async function putBack(job: Job<StudyJob>, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + REFUSAL_MS, token);
  throw new DelayedError();
}
