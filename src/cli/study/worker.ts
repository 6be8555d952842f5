/** One worker of the pool: a process with a lab and sessions of its own on one thread, kept between jobs. */
import type { Lab } from "../../engine/lab.ts";
import { LabError } from "../../errors/labError.ts";
import type { GraphSession, SessionFactory } from "../../graphs/session.ts";
import { parityImage } from "../../model/manifest.ts";
import type { Backend } from "../../model/backend.ts";
import type { Precision } from "../../model/manifest.ts";
import { measureRun } from "../../study/measureRun.ts";
import type { RunJob, RunOutcome } from "../../study/measureRun.ts";
import { writeCompiledCode } from "../compileCache.ts";
import { openRadiograph } from "../files.ts";
import { sessionsOn } from "../graphFiles.ts";
import { nodeLab } from "../nodeLab.ts";
import type { FilmPlace } from "./studyFile.ts";

/** What a worker is sent: it keeps nothing of the study but its open models and films. */
export interface GroupTask {
  readonly backend: Backend;
  readonly jobs: readonly RunJob[];
  /** Where the films of these jobs lie, by hash. */
  readonly files: Readonly<Record<string, FilmPlace>>;
  /** Where readers' own models lie, by id. */
  readonly own: Readonly<Record<string, string>>;
}

export interface GroupResult {
  readonly outcomes: readonly RunOutcome[];
  /** Processor time of the process from the first run's start to the last one's end, and of it that in the runtime; both in ms. */
  readonly runtimeMs: number;
  readonly busyMs: number;
}

/** Rows of a transfer or of an ensemble go through several models each: to open them again costs more than the row. */
const MODELS_KEPT = 12;

let runtimeMs = 0;
let lab: Lab | undefined;
const opened = new Set<string>();
const places = new Map<string, string>();

// Ctrl-C reaches every process of the terminal's group; the pool's owner says when this one ends.
process.on("SIGINT", () => {});
// Whoever started it is gone, killed or fallen over: a run that nobody hears of would go on for minutes.
process.on("disconnect", () => process.exit());

function labOn({ backend, own }: Pick<GroupTask, "backend" | "own">): Lab {
  for (const [id, place] of Object.entries(own)) places.set(id, place);
  const sessions = sessionsOn(backend, 1);
  lab ??= nodeLab(timed(sessions), {
    modelsKept: MODELS_KEPT,
    openOwn: async (id) => {
      const place = places.get(id);
      if (place === undefined) return undefined;
      const { readyOwnModel } = await import("../ownModel.ts");
      return readyOwnModel(place, undefined, sessions);
    },
  });
  return lab;
}

export async function runJobs({ jobs, files, ...where }: GroupTask): Promise<GroupResult> {
  const by = labOn(where);
  const started = processorMs();
  const before = runtimeMs;
  const outcomes: RunOutcome[] = [];
  for (const job of jobs) outcomes.push(await measured(job, by, files));
  keepCodeOnce();
  return { outcomes, runtimeMs: runtimeMs - before, busyMs: processorMs() - started };
}

let isCodeKept = false;

/** After the first rows, whose modules are those of all: the pool ends its processes without asking. */
function keepCodeOnce(): void {
  if (!isCodeKept) writeCompiledCode();
  isCodeKept = true;
}

async function measured(job: RunJob, by: Lab, files: GroupTask["files"]): Promise<RunOutcome> {
  return measureRun(job, {
    now: () => performance.now(),
    worked: processorMs,
    async *run(spec, look) {
      if (spec.case.kind === "file") await openFilm(spec.case.sha256, by, files);
      yield* by.run(spec, "full", { aborted: false }, { look, isWatched: false });
    },
  });
}

/** Time of the clock would count what other programs take of this core. */
function processorMs(): number {
  return milliseconds(process.cpuUsage());
}

/**
 * Of this thread alone, on which its session runs: what V8 compiles beside it is not the runtime's. The system counts it by
 * its ticks, so only the sum of many says something.
 */
function threadMs(): number {
  return milliseconds(process.threadCpuUsage());
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

async function openFilm(sha256: string, by: Lab, files: GroupTask["files"]): Promise<void> {
  if (opened.has(sha256)) return;
  const place = files[sha256];
  if (place === undefined) {
    throw new LabError("not-open", `The film with pixel hash ${sha256.slice(0, 12)} is not here.`, {
      hint: "Say in the study where it lies.",
    });
  }
  by.addRadiograph(await openRadiograph(place.file, { sha256, frame: place.frame - 1 }));
  opened.add(sha256);
}

/** Milliseconds of one pass of the encoder, the median of five after the first. */
export async function encoderMs({
  model,
  ...where
}: Pick<GroupTask, "backend" | "own"> & {
  model: { id: string; precision: Precision };
}): Promise<number> {
  const loaded = await labOn(where).model(model.id, model.precision);
  const image = parityImage(loaded.manifest.input.size);
  const times: number[] = [];
  for (let k = 0; k < 6; k++) {
    const started = performance.now();
    await loaded.encode(image);
    if (k > 0) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[2]!;
}

/** The same sessions with the time inside the runtime added up: opening a graph there, and running it. */
function timed(sessions: SessionFactory): SessionFactory {
  return {
    ...sessions,
    async create(graph, options) {
      const session = await spent(() => sessions.create(graph, options));
      const run: GraphSession["run"] = (feeds, outputs) => spent(() => session.run(feeds, outputs));
      return { ...session, run };
    },
  };
}

async function spent<T>(work: () => Promise<T>): Promise<T> {
  const started = threadMs();
  try {
    return await work();
  } finally {
    runtimeMs += threadMs() - started;
  }
}
