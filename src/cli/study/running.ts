/** What the commands that fill a folder share. */
import path from "node:path";
import { LabError } from "../../errors/labError.ts";
import type { Backend } from "../../model/backend.ts";
import { extraStages } from "../../study/measures.ts";
import { runBatches } from "../../study/runStudy.ts";
import type { StudyOptions } from "../../study/runStudy.ts";
import { measuresOf } from "../../study/schema.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import type { Study } from "../../study/schema.ts";
import { UsageError } from "../usageError.ts";
import { RowFolder } from "./rowFolder.ts";

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function backendNamed(name: string): Exclude<Backend, "webgpu"> {
  if (name === "native" || name === "wasm") return name;
  throw new UsageError(`--backend is "${name}", but must be native or wasm.`);
}

/** @throws LabError "spec-invalid" for a folder with rows that nobody said to go on with */
export function folderFor(out: string, resume: boolean): RowFolder {
  const folder = RowFolder.create(out);
  if (folder.size === 0 || resume) return folder;
  const { size } = folder;
  folder.close();
  throw new LabError(
    "spec-invalid",
    `The folder ${path.basename(out)} holds ${size} rows already.`,
    {
      hint: "--resume goes on with them; or name another folder.",
    },
  );
}

/** How many runs are not there yet. */
export async function openRuns(
  study: Study,
  maker: RowMaker,
  folder: RowFolder | undefined,
  shard?: StudyOptions["shard"],
): Promise<number> {
  const isKnown = (key: string) => folder?.has(key) ?? false;
  const stages = extraStages(measuresOf(study));
  const batches = runBatches(study, stages, maker, {
    isKnown,
    ...(shard ? { shard } : {}),
  });
  let count = 0;
  for await (const batch of batches) count += "runs" in batch ? batch.runs.length : 0;
  return count;
}

/** Raised by the first Ctrl-C or SIGTERM; a second one ends the process at once, and the folder stays whole. */
export function stopSignal(): {
  readonly signal: { readonly aborted: boolean };
  readonly stopped: Promise<void>;
  end(): void;
} {
  const signal = { aborted: false };
  let tell = () => {};
  const stopped = new Promise<void>((resolve) => (tell = resolve));
  const stop = () => {
    if (signal.aborted) process.exit(130);
    signal.aborted = true;
    tell();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal,
    stopped,
    end() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
