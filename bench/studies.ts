/**
 * What a study costs beside its graph runs, on this machine's cores: `lab study run` as a reader starts it, with the default
 * study (epsilon by attack, base model) and with one that attacks nothing.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../scripts/toolchain.mjs";
import { childOutput } from "./childOutput.ts";
import { measureFolder } from "./studyFolder.ts";
import type { FolderMeasurement } from "./studyFolder.ts";
import { median } from "./statistics.ts";

export interface StudyRun {
  readonly study: string;
  readonly rows: number;
  readonly workers: number;
  readonly rowsPerSecond: number;
  /** Of the workers' processor time at work, that inside ONNX Runtime. */
  readonly runtimeShare: number;
}

export interface StudyMeasurements extends FolderMeasurement {
  readonly runs: readonly StudyRun[];
  /** Rows a second of two workers over those of one, the same study. */
  readonly twoOverOne: number;
  /** Gradient passes a second of two processes of one thread over those of one process of two threads. */
  readonly processesOverThreads: number;
}

const REPEATS = 3;

export async function measureStudies(): Promise<StudyMeasurements> {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-study-"));
  try {
    const defaultStudy = written(folder, "epsilon-attack-model", (study) => ({
      ...study,
      axes: study.axes.map((axis) =>
        axis.kind === "model" ? { ...axis, models: [{ id: "base" }] } : axis,
      ),
    }));
    const light = written(folder, "dose-by-finding", (study) => ({
      ...study,
      cases: [{ ...study.cases[0], count: 4 }],
    }));
    const one: StudyRun[] = [];
    const two: StudyRun[] = [];
    // In turn, so that a slower minute of the machine is in both.
    for (let k = 0; k < REPEATS; k++) {
      one.push(await studyRun(defaultStudy, 1));
      two.push(await studyRun(defaultStudy, 2));
    }
    const ofNothing = await studyRun(light, 1);
    const parallel: number[] = [];
    for (let k = 0; k < REPEATS; k++) {
      const [threads, ...processes] = [
        await passesPerSecond(2),
        ...(await Promise.all([passesPerSecond(1), passesPerSecond(1)])),
      ];
      parallel.push(processes.reduce((a, b) => a + b, 0) / threads);
    }
    return {
      runs: [medianRun(one), medianRun(two), ofNothing],
      twoOverOne: median(two.map((run, k) => run.rowsPerSecond / one[k]!.rowsPerSecond)),
      processesOverThreads: median(parallel),
      ...(await measureFolder(folder)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface StudyJson {
  readonly cases: readonly object[];
  readonly axes: readonly { readonly kind: string }[];
}

/** A smaller form of a bundled study. */
function written(folder: string, name: string, change: (study: StudyJson) => object): string {
  const study = JSON.parse(
    readFileSync(path.join(ROOT, "studies", `${name}.json`), "utf8"),
  ) as StudyJson;
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(change(study)));
  return file;
}

let runs = 0;

async function studyRun(study: string, workers: number): Promise<StudyRun> {
  const out = path.join(path.dirname(study), `rows-${runs++}`);
  const lab = path.join(ROOT, "src/cli/lab.ts");
  const args = ["study", "run", study, "--out", out, "--workers", String(workers)];
  const printed = JSON.parse(await childOutput([lab, ...args])) as StudyRun;
  const { rows, rowsPerSecond, runtimeShare } = printed;
  return { study: path.basename(study, ".json"), rows, workers, rowsPerSecond, runtimeShare };
}

function medianRun(all: readonly StudyRun[]): StudyRun {
  const of = (name: "rowsPerSecond" | "runtimeShare") => median(all.map((run) => run[name]));
  return { ...all[0]!, rowsPerSecond: of("rowsPerSecond"), runtimeShare: of("runtimeShare") };
}

async function passesPerSecond(threads: number): Promise<number> {
  const file = path.join(import.meta.dirname, "gradientRate.ts");
  return Number(await childOutput([file, String(threads)]));
}
