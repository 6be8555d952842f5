/**
 * Renders phantoms for training: node models/dataset/render.ts --seeds A:B --size 224 --out DIR [--workers 2]
 *
 * Layout of DIR, in seed order (N = B - A images, S = size, K = 15 masks):
 * - images.u8: N x S x S bytes, display value * 255
 * - masks.u8: N x K x 16 x 16 bytes, coverage * 255 averaged over each token's cell; K = the finding kinds in the order
 *   of FINDING_KINDS, then leftLung, rightLung, heart
 * - cases.jsonl: one line per image: {seed, patient, findings, measurements, report}
 */
import { closeSync, mkdirSync, openSync, writeSync, writeFileSync } from "node:fs";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { OptionError, parseOptions, readOptions } from "../../scripts/options.mjs";
import { renderPhantom } from "../../src/phantom/phantom.ts";
import { sampleSpec } from "../../src/phantom/sample.ts";
import { GRID, caseBytes } from "./caseBytes.ts";
import type { CaseBytes } from "./caseBytes.ts";

interface Rendered extends CaseBytes {
  readonly index: number;
}

const USAGE = "Usage: render.ts --seeds A:B --out DIR [--size S] [--workers N]";

function readRange(args: string[]) {
  const values = parseOptions(args, {
    seeds: { type: "string" },
    size: { type: "string", default: "224" },
    out: { type: "string" },
    workers: { type: "string", default: "2" },
  });
  const [first, last] = (values.seeds ?? "").split(":").map(Number);
  const size = Number(values.size);
  const workers = Number(values.workers);
  if (first === undefined || last === undefined || !(last > first)) {
    throw new OptionError("--seeds takes two whole numbers, the first and the one after the last");
  }
  if (!values.out) throw new OptionError("--out names the folder to write");
  if (!(size > 0 && size % GRID === 0)) throw new OptionError(`--size is a multiple of ${GRID}`);
  if (!(workers >= 1)) throw new OptionError("--workers is at least 1");
  return { first, last, size, workers, out: values.out };
}

if (isMainThread) {
  const { first, last, size, out, workers } = readOptions(USAGE, readRange);
  mkdirSync(out, { recursive: true });
  const images = openSync(`${out}/images.u8`, "w");
  const masks = openSync(`${out}/masks.u8`, "w");
  const lines: string[] = [];
  const total = last - first;
  let done = 0;
  const jobs = Array.from({ length: workers }, (_, k) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { first, total, size, offset: k, stride: workers },
    });
    return new Promise<void>((resolve, reject) => {
      worker.on("message", (r: Rendered) => {
        writeSync(images, r.image, 0, r.image.length, r.index * r.image.length);
        writeSync(masks, r.masks, 0, r.masks.length, r.index * r.masks.length);
        lines[r.index] = r.line;
        if (++done % 1000 === 0) console.error(`${done} of ${total}`);
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
    });
  });
  await Promise.all(jobs);
  closeSync(images);
  closeSync(masks);
  writeFileSync(`${out}/cases.jsonl`, `${lines.join("\n")}\n`);
} else {
  const { first, total, size, offset, stride } = workerData as Record<string, number> as {
    first: number;
    total: number;
    size: number;
    offset: number;
    stride: number;
  };
  for (let k = offset; k < total; k += stride) {
    const seed = first + k;
    const rendered: Rendered = {
      index: k,
      ...caseBytes(seed, renderPhantom(sampleSpec(seed), size)),
    };
    parentPort!.postMessage(rendered, [
      rendered.image.buffer as ArrayBuffer,
      rendered.masks.buffer as ArrayBuffer,
    ]);
  }
}
