/**
 * A vision-language model of 300 MB on the page's own WASM kernels, in a process of its own: opened, asked, made to write,
 * and differentiated. Its folder is made by models/golden/vlm_large.py and named by PENUMBRA_LARGE_VLM.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { childOutput } from "./childOutput.ts";
import { wasmSessions } from "../src/cli/wasmSessions.ts";
import { ownFolder } from "../src/cli/ownFolder.ts";
import { choiceOf } from "../src/graphs/generative/answers.ts";
import { LlavaModel } from "../src/graphs/generative/llavaModel.ts";
import { readFolderFiles } from "../src/graphs/generative/modelFiles.ts";

export interface LargeVlmMeasurement {
  /** Of the three graphs. */
  readonly bytes: number;
  /** Seconds of processor time, one thread. */
  readonly openSeconds: number;
  readonly firstTokenSeconds: number;
  readonly tokenSeconds: number;
  /** Of the answer's margin in the picture; absent where memory does not allow it. */
  readonly gradientSeconds?: number;
  readonly gradientFailure?: string;
  /** Resident memory at its highest, after answering and after the gradient. */
  readonly forwardPeakBytes: number;
  readonly gradientPeakBytes?: number;
}

const FILE = path.join(import.meta.dirname, "largeVlm.ts");

/** Undefined where no folder is named. */
export async function measureLargeVlm(): Promise<LargeVlmMeasurement | undefined> {
  const folder = process.env["PENUMBRA_LARGE_VLM"];
  if (folder === undefined) return undefined;
  return JSON.parse(await childOutput([FILE, folder])) as LargeVlmMeasurement;
}

/** Processor time: another process on the machine does not count. */
async function seconds<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return [value, (user + system) / 1e6];
}

async function measure(folder: string): Promise<LargeVlmMeasurement> {
  const graphs = (await readdir(path.join(folder, "onnx"))).map((name) =>
    stat(path.join(folder, "onnx", name)),
  );
  const bytes = (await Promise.all(graphs)).reduce((sum, { size }) => sum + size, 0);
  const { names, source } = (await ownFolder(folder))!;
  const files = await readFolderFiles(names, source, {});
  const sessions = wasmSessions();
  const [model, openSeconds] = await seconds(() => LlavaModel.open(files, sessions));
  const picture = Float32Array.from(
    { length: files.size ** 2 },
    (_, i) => 0.5 + 0.4 * Math.sin(i / 97),
  );
  const prompt = model.prompt("is there any pleural effusion ?");
  const [, firstTokenSeconds] = await seconds(() =>
    model.generate(picture, prompt, { maxTokens: 1 }),
  );
  const more = 5;
  const [{ ids }, several] = await seconds(() =>
    model.generate(picture, prompt, { maxTokens: 1 + more }),
  );
  const tokenSeconds = (several - firstTokenSeconds) / Math.max(1, ids.length - 1);
  const forward = {
    bytes,
    openSeconds,
    firstTokenSeconds,
    tokenSeconds,
    forwardPeakBytes: process.resourceUsage().maxRSS * 1024,
  };
  try {
    const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
    const oracle = await model.marginOracle(prompt, yes!, [no!]);
    const [, gradientSeconds] = await seconds(() => oracle.lossAndGradient(picture));
    return {
      ...forward,
      gradientSeconds,
      gradientPeakBytes: process.resourceUsage().maxRSS * 1024,
    };
  } catch (error) {
    return { ...forward, gradientFailure: error instanceof Error ? error.message : String(error) };
  }
}

if (import.meta.main) {
  process.stdout.write(JSON.stringify(await measure(process.argv[2]!)));
  process.exit(0);
}
