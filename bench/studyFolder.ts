/** What a folder of rows costs: going on with one that is whole, and writing a hundred thousand rows. No model runs. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../scripts/toolchain.mjs";
import { nodeRowMaker } from "../src/cli/study/modelHashes.ts";
import { RowFolder } from "../src/cli/study/rowFolder.ts";
import { noCells } from "../src/study/measureRun.ts";
import { runStudy } from "../src/study/runStudy.ts";
import { parseStudy } from "../src/study/schema.ts";
import type { Study } from "../src/study/schema.ts";
import { childOutput } from "./childOutput.ts";
import { median } from "./statistics.ts";

export interface FolderMeasurement {
  /** `lab study run --resume` of a whole folder of 1,000 rows, start of the process included. */
  readonly resumeSeconds: number;
  /** Memory of the process that writes rows, after a collection: heap and buffers. */
  readonly bytesAt10k: number;
  readonly bytesAt100k: number;
}

const RESUMED = 1000;
const MANY = 100_000;

export async function measureFolder(folder: string): Promise<FolderMeasurement> {
  const kept = path.join(folder, "resumed");
  await fill(kept, doses(RESUMED), () => {});
  const file = path.join(folder, "resumed.json");
  writeFileSync(file, JSON.stringify(doses(RESUMED)));
  const lab = path.join(ROOT, "src/cli/lab.ts");
  const seconds: number[] = [];
  for (let k = 0; k < 5; k++) {
    const started = performance.now();
    const printed = await childOutput([lab, "study", "run", file, "--out", kept, "--resume"]);
    if ((JSON.parse(printed) as { made: number }).made !== 0)
      throw new Error("rows were made again");
    seconds.push((performance.now() - started) / 1000);
  }
  const bytes = new Map<number, number>();
  await fill(path.join(folder, "many"), doses(MANY), (rows) => {
    if (rows === MANY / 10 || rows === MANY) bytes.set(rows, memory());
  });
  return {
    resumeSeconds: median(seconds),
    bytesAt10k: bytes.get(MANY / 10)!,
    bytesAt100k: bytes.get(MANY)!,
  };
}

/** So many runs of half as many phantoms. */
function doses(rows: number): Study {
  return parseStudy({
    format: "penumbra-study",
    version: 1,
    name: "Doses",
    base: {
      question: "Is there a pleural effusion?",
      stack: [{ id: "noise", type: "perturbation", perturbation: "quantumNoise" }],
    },
    cases: [{ kind: "phantoms", firstSeed: 1, count: rows / 2, findings: "sampled" }],
    axes: [{ name: "dose", kind: "field", path: "stack[noise].params.severity", values: [1, 3] }],
    caps: { rows },
  });
}

/** The runner, the keys and the folder of `lab study run`, around a measure that takes no time. */
async function fill(out: string, study: Study, onRow: (rows: number) => void): Promise<void> {
  const folder = RowFolder.create(out);
  folder.keepStudy(study);
  const host = {
    ...nodeRowMaker("native"),
    workers: 2,
    runGroup: async (jobs: readonly unknown[]) =>
      jobs.map(() => ({ cells: noCells(), elapsedMs: 1 })),
  };
  const options = { isKnown: (key: string) => folder.has(key), signal: { aborted: false } };
  let rows = 0;
  for await (const event of runStudy(study, host, options)) {
    if (event.type !== "row") continue;
    folder.append(event.row);
    onRow(++rows);
  }
  await folder.tidy(study, host);
  folder.close();
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
