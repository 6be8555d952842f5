/** The lab's gradients beside other libraries', on the same model in the same page (bench/peers). */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser } from "@playwright/test";
import { build } from "vite";
import { serve } from "../scripts/serve.mjs";
import { wasmSessions } from "../src/cli/wasmSessions.ts";
import { probeRunner } from "../src/graphs/runners.ts";
import { LOSS_OUTPUT, withCotangentLoss } from "../src/onnx/edit/lossHeads.ts";
import { differentiate } from "../src/onnx/grad/differentiate.ts";
import { serializeModel } from "../src/onnx/file.ts";
import { readShapes } from "../src/onnx/shapes.ts";
import { residualNetwork, visionTransformer } from "./networks.ts";
import type { Network, TransformerShape } from "./networks.ts";

export interface PeerMeasurement {
  readonly network: string;
  readonly library: string;
  readonly forwardMs?: number;
  readonly gradientMs?: number;
  /** Largest difference to the lab's gradient over its largest entry, on the first 64 entries. */
  readonly difference?: number;
  /** Why there is no number. */
  readonly failure?: string;
}

interface Result {
  readonly forwardMs?: number;
  readonly gradientMs?: number;
  readonly gradient?: readonly number[];
}

const FOLDER = path.join(import.meta.dirname, "peers");
/** Patience for one library on one network. */
const LIMIT_MS = 60_000;

const SMALL: TransformerShape = { size: 64, width: 64, heads: 2, depth: 2 };
const VIT_S: TransformerShape = { size: 224, width: 384, heads: 6, depth: 12 };

export async function measurePeers(launch: () => Promise<Browser>): Promise<PeerMeasurement[]> {
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], { cwd: FOLDER });
  await build({
    root: FOLDER,
    base: "./",
    logLevel: "error",
    configFile: false,
    build: { outDir: "dist", emptyOutDir: true, target: "es2022" },
    resolve: {
      conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "production"],
    },
  });
  const site = await serve({ root: path.join(FOLDER, "dist"), port: 4600 });
  const networks: readonly (readonly [Network, TransformerShape | undefined])[] = [
    [visionTransformer("ViT 64 px, 2 layers of 64", SMALL), SMALL],
    [visionTransformer("ViT-S/16", VIT_S), VIT_S],
    [residualNetwork("ResNet-50"), undefined],
  ];
  const results: PeerMeasurement[] = [];
  try {
    for (const [network, shape] of networks) {
      const files = await writeGraphs(network);
      const request = { ...files, shape, input: network.input, width: network.width, repeats: 5 };
      let ours: readonly number[] | undefined;
      for (const library of ["lab", "tfjs", "jax"]) {
        const { gradient, ...told } = await measureOne(launch, site.url, library, request);
        ours ??= gradient;
        const difference = gradient && ours ? relativeDifference(gradient, ours) : undefined;
        results.push({
          network: network.name,
          library: NAMES[library]!,
          ...told,
          ...(difference === undefined || library === "lab" ? {} : { difference }),
        });
      }
    }
  } finally {
    await site.close();
  }
  return results;
}

const NAMES: Readonly<Record<string, string>> = {
  lab: "ONNX Runtime Web with the lab's gradient graph",
  jax: "@jax-js/onnx 0.1.2, jit",
  tfjs: "TensorFlow.js 4.22, written by hand",
};

/** Forward and gradient graph beside the page, by file name. */
async function writeGraphs(network: Network): Promise<{ forward: string; gradient: string }> {
  const headed = withCotangentLoss(network.model, [{ name: "feature", shape: [1, network.width] }]);
  const shapes = await readShapes(headed, probeRunner(wasmSessions()), {
    shapes: { image: network.input },
  });
  const { model } = differentiate(headed, {
    loss: LOSS_OUTPUT,
    wrt: ["image"],
    shapes,
    target: "wasm",
    outputs: [LOSS_OUTPUT],
  });
  const folder = path.join(FOLDER, "dist");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "forward.onnx"), serializeModel(network.model));
  writeFileSync(path.join(folder, "gradient.onnx"), serializeModel(model));
  return { forward: "forward.onnx", gradient: "gradient.onnx" };
}

/** One library in a browser of its own: none pays for another's memory, and one that computes for good can be ended. */
async function measureOne(
  launch: () => Promise<Browser>,
  url: string,
  library: string,
  request: object,
): Promise<Result & { failure?: string }> {
  const browser = await launch();
  const page = await browser.newPage();
  let partial: Result = {};
  page.on("console", (message) => {
    const told = /^partial (\{.*\})$/.exec(message.text())?.[1];
    if (told) partial = JSON.parse(told) as Result;
  });
  try {
    await page.goto(url);
    await page.waitForFunction(() => "measure" in globalThis);
    const measured = page.evaluate(
      ([name, asked]) => {
        const { measure } = globalThis as unknown as {
          measure(library: string, request: object): Promise<Result>;
        };
        return measure(name, asked);
      },
      [library, request] as const,
    );
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`did not finish in ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    });
    return await Promise.race([measured, late]);
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    return {
      ...partial,
      failure: reason.replace(/^page.evaluate: (\w*Error: )?/, "").slice(0, 200),
    };
  } finally {
    await browser.close();
  }
}

function relativeDifference(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / largest;
}
