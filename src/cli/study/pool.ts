/** The cores of this machine as a study's host: a pool of threads, one native session of one thread in each. */
import { Tinypool } from "tinypool";
import { LabError } from "../../errors/labError.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { Backend } from "../../model/backend.ts";
import type { StudyHost } from "../../study/runStudy.ts";
import { nodeRowMaker } from "./modelHashes.ts";
import type { GroupResult, WorkerSettings } from "./worker.ts";

export interface StudyPool extends StudyHost {
  /** Time in the runtime over time at work, of all workers so far. */
  runtimeShare(): number;
  encoderMs(model: ExperimentSpec["model"]): Promise<number>;
  end(): Promise<void>;
}

export function studyPool(
  workers: number,
  backend: Backend,
  files: ReadonlyMap<string, string>,
): StudyPool {
  const settings: WorkerSettings = { backend, threads: 1, files: Object.fromEntries(files) };
  const pool = new Tinypool({
    filename: new URL("./worker.ts", import.meta.url).href,
    runtime: "worker_threads",
    minThreads: workers,
    maxThreads: workers,
    // A worker keeps its models.
    isolateWorkers: false,
    // Attention maps come and go by the megabyte: with more room for the young, a row takes an eighth less time.
    resourceLimits: { maxYoungGenerationSizeMb: 128 },
    idleTimeout: 2 ** 31 - 1,
    workerData: settings,
  });
  let runtimeMs = 0;
  let busyMs = 0;
  return {
    ...nodeRowMaker(backend),
    workers,
    async runGroup(jobs) {
      const result = (await pool.run(jobs, { name: "runJobs" }).catch(lost)) as GroupResult;
      runtimeMs += result.runtimeMs;
      busyMs += result.busyMs;
      return result.outcomes;
    },
    runtimeShare: () => runtimeMs / busyMs,
    encoderMs: (model) => pool.run(model, { name: "encoderMs" }) as Promise<number>,
    end: () => pool.destroy(),
  };
}

function lost(cause: unknown): never {
  throw new LabError("backend-lost", `A worker stopped: ${(cause as Error).message}`, { cause });
}
