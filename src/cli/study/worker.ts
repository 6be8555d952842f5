/** One worker of the pool: a lab with sessions of its own on one thread, kept between jobs. */
import { workerData } from "node:worker_threads";
import type { Lab } from "../../engine/lab.ts";
import { LabError } from "../../errors/labError.ts";
import type { GraphSession, SessionFactory } from "../../graphs/session.ts";
import { parityImage } from "../../model/manifest.ts";
import type { Precision } from "../../model/manifest.ts";
import { measureRun } from "../../study/measureRun.ts";
import type { RunJob, RunOutcome } from "../../study/measureRun.ts";
import { openRadiograph } from "../files.ts";
import { sessionsOn } from "../graphFiles.ts";
import { nodeLab } from "../nodeLab.ts";

export interface WorkerSettings {
  readonly backend: string;
  readonly threads: number;
  /** Where each film lies, by hash. */
  readonly files: Readonly<Record<string, string>>;
}

export interface GroupResult {
  readonly outcomes: readonly RunOutcome[];
  /** Of the time between the first run's start and the last one's end, that spent in the runtime; both in ms. */
  readonly runtimeMs: number;
  readonly busyMs: number;
}

let runtimeMs = 0;
let lab: Lab | undefined;
let settings: WorkerSettings | undefined;
const opened = new Set<string>();

/** Called once in a process that is no pool's thread. */
export function configure(given: WorkerSettings): void {
  settings = given;
}

function own(): { lab: Lab; settings: WorkerSettings } {
  // tinypool hands [its own data, ours].
  settings ??= (workerData as readonly [unknown, WorkerSettings])[1];
  lab ??= nodeLab(timed(sessionsOn(settings.backend, settings.threads)));
  return { lab, settings };
}

export async function runJobs(jobs: readonly RunJob[]): Promise<GroupResult> {
  const by = own();
  const started = performance.now();
  const before = runtimeMs;
  const outcomes: RunOutcome[] = [];
  for (const job of jobs) outcomes.push(await measured(job, by));
  return { outcomes, runtimeMs: runtimeMs - before, busyMs: performance.now() - started };
}

async function measured(
  job: RunJob,
  { lab: by, settings: { files } }: { lab: Lab; settings: WorkerSettings },
): Promise<RunOutcome> {
  return measureRun(job, {
    now: () => performance.now(),
    async *run(spec) {
      if (spec.case.kind === "file") await openFilm(spec.case.sha256, by, files);
      yield* by.run(spec, "full", { aborted: false });
    },
  });
}

async function openFilm(sha256: string, by: Lab, files: WorkerSettings["files"]): Promise<void> {
  if (opened.has(sha256)) return;
  const file = files[sha256];
  if (file === undefined) {
    throw new LabError("not-open", `The film with pixel hash ${sha256.slice(0, 12)} is not here.`, {
      hint: "Say in the study where it lies.",
    });
  }
  by.addRadiograph(await openRadiograph(file));
  opened.add(sha256);
}

/** Milliseconds of one pass of the encoder, the median of five after the first. */
export async function encoderMs(model: { id: string; precision: Precision }): Promise<number> {
  const { lab: by } = own();
  const loaded = await by.model(model.id, model.precision);
  const image = parityImage(loaded.manifest.input.size);
  const times: number[] = [];
  for (let k = 0; k < 6; k++) {
    const started = performance.now();
    await loaded.encode(image);
    if (k > 0) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[2]!;
}

/** The same sessions with the time inside the runtime added up. */
function timed(sessions: SessionFactory): SessionFactory {
  return {
    ...sessions,
    async create(graph, options) {
      const session = await sessions.create(graph, options);
      const run: GraphSession["run"] = async (feeds, outputs) => {
        const started = performance.now();
        try {
          return await session.run(feeds, outputs);
        } finally {
          runtimeMs += performance.now() - started;
        }
      };
      return { ...session, run };
    },
  };
}
