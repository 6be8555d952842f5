/** `lab attention MODEL.onnx --input NAME=FILE.npy --out-dir DIR`: every attention map a graph computes. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { serializeModel } from "../onnx/proto.ts";
import { findAttentionTaps, tokenGrid, withTaps } from "../onnx/taps.ts";
import { halfToNumber } from "../onnx/tensorData.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fileNameOf } from "./forwardVerb.ts";
import { converted, openGraph, probeOf, readFeeds, runnerOf, sessionsNamed } from "./graphFiles.ts";
import { writeNpy } from "./npy.ts";
import { withFloat32Inputs } from "../onnx/edit/floatInputs.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export async function attentionVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      input: { type: "string", multiple: true, default: [] },
      "out-dir": { type: "string" },
      backend: { type: "string", default: "native" },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  const outDir = values["out-dir"];
  if (file === undefined || outDir === undefined) {
    throw new UsageError(
      "attention needs a model and a folder: lab attention MODEL.onnx --input NAME=FILE.npy --out-dir DIR.",
    );
  }
  const original = withFloat32Inputs(await openGraph(file));
  const feeds = await readFeeds(original, values.input);
  const runner = runnerOf(sessionsNamed(values.backend));
  const { model, shapes } = await prepareGraph(original, probeOf(sessionsNamed(values.backend)), {
    feeds,
  });
  const aspect = aspectOf(Object.values(feeds));
  const taps = findAttentionTaps(new GraphView(model), shapes);
  const names = taps.map((tap) => tap.name);
  const results =
    names.length === 0 ? {} : await runner(serializeModel(withTaps(model, names)), feeds, names);
  await mkdir(outDir, { recursive: true });
  const maps = [];
  for (const [k, tap] of taps.entries()) {
    const tensor = results[tap.name]!;
    const target = path.join(outDir, `${String(k).padStart(2, "0")}_${fileNameOf(tap.name)}.npy`);
    await writeNpy(
      target,
      tensor.dtype === "float16" ? converted(tensor, "float32", tap.name) : tensor,
    );
    const { name, layer, heads, kind } = tap;
    maps.push({
      name,
      kind,
      layer,
      heads,
      shape: tensor.shape,
      // Class and register tokens stand before the patches; null where the keys fill no grid.
      grid: tokenGrid(tensor.shape.at(-1) ?? 0, aspect) ?? null,
      largestRowSumError: rowSumError(tensor),
      file: target,
    });
  }
  print({ model: file, backend: values.backend, maps });
}

/** Height over width of the image among the inputs; 1 where there is none. */
function aspectOf(inputs: readonly Tensor[]): number {
  const image = inputs.find(({ shape }) => shape.length === 4)?.shape;
  if (image === undefined) return 1;
  const [, a = 1, b = 1, c = 1] = image;
  // Channels come first or last.
  return a <= 4 ? b / c : a / b;
}

/** How far any row's sum is from 1: attention that is none would show here. */
function rowSumError(tensor: Tensor): number {
  const keys = tensor.shape.at(-1) ?? 1;
  const read = tensor.dtype === "float16" ? halfToNumber : Number;
  const data = tensor.data as ArrayLike<number>;
  let worst = 0;
  for (let start = 0; start < data.length; start += keys) {
    let sum = 0;
    for (let k = 0; k < keys; k++) sum += read(data[start + k]!);
    worst = Math.max(worst, Math.abs(sum - 1));
  }
  return worst;
}
