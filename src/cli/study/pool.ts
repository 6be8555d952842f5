/**
 * The cores of this machine as a study's host: a pool of processes, one native session of one thread in each. No
 * threads: one that ends while a native call is under way takes the whole process with it ("terminate called after
 * throwing an instance of 'Napi::Error'"), and a graph that crashes the runtime would take the other workers.
 */
import { Tinypool } from "tinypool";
import { LabError } from "../../errors/labError.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { Backend } from "../../model/backend.ts";
import type { StudyHost } from "../../study/runStudy.ts";
import { compileCacheEnvironment } from "../compileCache.ts";
import { nodeRowMaker } from "./modelHashes.ts";
import type { OwnModels } from "./ownModels.ts";
import type { FilmPlace, OpenedStudy } from "./studyFile.ts";
import type { GroupResult, GroupTask } from "./worker.ts";

export interface StudyPool extends StudyHost {
  /** Processor time in the runtime over that at work, of all workers so far. */
  runtimeShare(): number;
  /** Of one pass while every worker makes one; opens the model in all of them at once. */
  encoderMs(model: ExperimentSpec["model"]): Promise<number>;
  end(): Promise<void>;
}

const NO_MODELS: OwnModels = new Map();

export function studyPool(
  workers: number,
  backend: Backend,
  { files, models = NO_MODELS }: Pick<OpenedStudy, "files"> & Partial<OpenedStudy>,
): StudyPool {
  const own = Object.fromEntries([...models].map(([id, { place }]) => [id, place]));
  let started: Tinypool | undefined;
  // Where every row is there already no process is started.
  const pool = () =>
    (started ??= new Tinypool({
      filename: new URL("./worker.ts", import.meta.url).href,
      runtime: "child_process",
      env: compileCacheEnvironment() as Record<string, string>,
      // Rows hold NaN and undefined, which JSON would change.
      serialization: "advanced",
      minThreads: workers,
      maxThreads: workers,
      // A worker keeps its models.
      isolateWorkers: false,
      // A worker has a core to itself: collecting on one thread takes a tenth less of it than waiting for helpers.
      // And its heap starts at a size where it need not be searched for garbage every few rows: another twentieth.
      execArgv: [
        "--no-warnings",
        "--max-semi-space-size=64",
        "--single-threaded-gc",
        "--initial-heap-size=256",
      ],
      idleTimeout: 2 ** 31 - 1,
    }));
  let runtimeMs = 0;
  let busyMs = 0;
  return {
    ...nodeRowMaker(backend, models),
    workers,
    async runGroup(jobs) {
      const task: GroupTask = { backend, jobs, files: filmsOf(jobs, files), own };
      const result = (await pool().run(task, { name: "runJobs" }).catch(lost)) as GroupResult;
      runtimeMs += result.runtimeMs;
      busyMs += result.busyMs;
      return result.outcomes;
    },
    runtimeShare: () => runtimeMs / busyMs,
    async encoderMs(model) {
      const tried = Array.from({ length: workers }, () =>
        pool().run({ backend, model, own }, { name: "encoderMs" }),
      );
      const times = (await Promise.all(tried)) as number[];
      return times.reduce((sum, ms) => sum + ms, 0) / workers;
    },
    end: async () => started?.destroy(),
  };
}

function filmsOf(
  jobs: GroupTask["jobs"],
  files: ReadonlyMap<string, FilmPlace>,
): GroupTask["files"] {
  const found: Record<string, FilmPlace> = {};
  for (const { spec } of jobs) {
    if (spec.case.kind !== "file") continue;
    const place = files.get(spec.case.sha256);
    if (place !== undefined) found[spec.case.sha256] = place;
  }
  return found;
}

function lost(cause: unknown): never {
  throw new LabError("backend-lost", `A worker stopped: ${(cause as Error).message}`, { cause });
}
