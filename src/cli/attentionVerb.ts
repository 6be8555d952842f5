/** `lab attention MODEL.onnx --input NAME=FILE.npy --out-dir DIR`: every attention map a graph computes. */
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { serializeModel } from "../onnx/file.ts";
import { findAttentionTaps, tokenGrid, withTaps } from "../onnx/taps.ts";
import { halfToNumber } from "../tensor/half.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { graphCommand, writeTensor } from "./graphCommand.ts";
import { probeOf, readFeeds, runnerOf, sessionsNamed } from "./graphFiles.ts";

export async function attentionVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const command = await graphCommand("attention", args);
  const { file, outDir, backend } = command;
  const feeds = await readFeeds(command.model, command.inputs);
  const sessions = sessionsNamed(backend);
  const { model, shapes } = await prepareGraph(command.model, probeOf(sessions), { feeds });
  const aspect = aspectOf(Object.values(feeds));
  const taps = findAttentionTaps(new GraphView(model), shapes);
  const names = taps.map((tap) => tap.name);
  const results =
    names.length === 0
      ? {}
      : await runnerOf(sessions)(serializeModel(withTaps(model, names)), feeds, names);
  const maps = [];
  for (const [k, tap] of taps.entries()) {
    const tensor = results[tap.name]!;
    const target = await writeTensor(outDir, tap.name, tensor, `${String(k).padStart(2, "0")}_`);
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
  print({ model: file, backend, maps });
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
