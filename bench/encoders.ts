/**
 * What a gradient costs on encoders of published shapes, each measured in a process of its own: WASM memory never
 * shrinks, so a peak can be told only from a fresh start.
 */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { wasmSessions } from "../src/cli/wasmSessions.ts";
import { oneShotRunner, probeRunner } from "../src/graphs/runners.ts";
import { LOSS_OUTPUT, REFERENCE_INPUT, withFeatureLoss } from "../src/onnx/edit/lossHeads.ts";
import { differentiate } from "../src/onnx/grad/differentiate.ts";
import { GraphBuilder } from "../src/onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel } from "../src/onnx/messages.ts";
import { serializeModel } from "../src/onnx/file.ts";
import type { ModelProto } from "../src/onnx/messages.ts";
import { readShapes } from "../src/onnx/shapes.ts";
import { floatTensor, sizeOf } from "../src/tensor/tensor.ts";
import type { FloatTensor } from "../src/tensor/tensor.ts";
import { NETWORKS } from "./networks.ts";
import type { Network } from "./networks.ts";
import { median } from "./statistics.ts";

export interface EncoderMeasurements {
  readonly network: string;
  readonly forwardMs: number;
  readonly gradientMs: number;
  readonly gradientOverForward: number;
  /** From the parsed model to the gradient graph as a file. */
  readonly buildMs: number;
  /** Peak resident memory above the bare runtime's: load, build (gradient only) and runs. */
  readonly forwardPeakBytes: number;
  readonly gradientPeakBytes: number;
  readonly peakOverForward: number;
}

type Task = "forward" | "gradient" | "ratio";

interface TaskResult {
  readonly peakBytes: number;
  readonly buildMs: number;
  readonly forwardMs: number;
  readonly gradientMs: number;
}

const WARM_UP = 2;
const REPEATS = 9;

export function measureEncoders(): EncoderMeasurements[] {
  return Object.keys(NETWORKS).map((network) => {
    const ratio = inOwnProcess("ratio", network);
    const forward = inOwnProcess("forward", network);
    const gradient = inOwnProcess("gradient", network);
    return {
      network,
      forwardMs: ratio.forwardMs,
      gradientMs: ratio.gradientMs,
      gradientOverForward: ratio.gradientMs / ratio.forwardMs,
      buildMs: ratio.buildMs,
      forwardPeakBytes: forward.peakBytes,
      gradientPeakBytes: gradient.peakBytes,
      peakOverForward: gradient.peakBytes / forward.peakBytes,
    };
  });
}

function inOwnProcess(task: Task, network: string): TaskResult {
  const file = path.join(import.meta.dirname, "encoders.ts");
  const text = execFileSync(process.execPath, ["--no-warnings", file, task, network], {
    encoding: "utf8",
  });
  return JSON.parse(text) as TaskResult;
}

const wave = (shape: readonly number[], f: (x: number) => number): FloatTensor =>
  floatTensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
    shape,
  );

async function gradientGraph(network: Network): Promise<Uint8Array> {
  const feature = [1, network.width];
  const headed = withFeatureLoss(network.model, {
    kind: "cosine",
    feature: "feature",
    shape: feature,
  });
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
  return serializeModel(model);
}

async function perform(task: Task, network: Network): Promise<TaskResult> {
  const sessions = wasmSessions();
  const image = wave(network.input, Math.sin);
  const reference = wave([1, network.width], Math.cos);
  const feeds = { image, [REFERENCE_INPUT]: reference };
  let buildMs = NaN;
  const runs: (() => Promise<unknown>)[] = [];
  if (task !== "gradient") {
    const forward = await sessions.create(serializeModel(network.model));
    runs.push(() => forward.run(feeds));
  }
  if (task !== "forward") {
    const started = performance.now();
    const graph = await gradientGraph(network);
    buildMs = performance.now() - started;
    const gradient = await sessions.create(graph);
    runs.push(() => gradient.run(feeds));
  }
  // Turn by turn, so that a machine that changes its speed changes both.
  const times: number[][] = runs.map(() => []);
  for (let i = 0; i < (task === "ratio" ? WARM_UP + REPEATS : 2); i++) {
    for (const [k, run] of runs.entries()) {
      const started = performance.now();
      await run();
      if (i >= WARM_UP) times[k]!.push(performance.now() - started);
    }
  }
  return {
    peakBytes: process.resourceUsage().maxRSS * 1024,
    buildMs,
    forwardMs: median(times[0]!),
    gradientMs: median(times[1] ?? []),
  };
}

function oneNode(): ModelProto {
  const b = new GraphBuilder(emptyModel(17, "one node", 8));
  const x = b.addInput("x", ELEMENT_TYPE.float32, [1]);
  b.addOutput(b.add("Neg", [x]), ELEMENT_TYPE.float32);
  return b.build();
}

if (import.meta.main) {
  const [task, name] = process.argv.slice(2) as [Task, string];
  // The runtime itself is not what is compared: it is started by a graph of one node first.
  await oneShotRunner(wasmSessions())(serializeModel(oneNode()), { x: wave([1], Math.sin) });
  const bare = process.memoryUsage.rss();
  const result = await perform(task, NETWORKS[name]!());
  process.stdout.write(JSON.stringify({ ...result, peakBytes: result.peakBytes - bare }));
}
