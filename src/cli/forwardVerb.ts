/** `lab forward MODEL.onnx --input NAME=FILE.npy... --out-dir DIR`: every output as a .npy file. */
import { inlineFunctions } from "../onnx/inline.ts";
import { serializeModel } from "../onnx/file.ts";
import { numbersOf } from "../onnx/tensorData.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { graphCommand, writeTensor } from "./graphCommand.ts";
import { readFeeds, runnerOf, sessionsNamed } from "./graphFiles.ts";

export async function forwardVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { file, model, leftOut, inputs, outDir, backend } = await graphCommand("forward", args);
  const feeds = await readFeeds(model, inputs);
  const runner = runnerOf(sessionsNamed(backend));
  const results = await runner(serializeModel(inlineFunctions(model)), feeds);
  const outputs = [];
  for (const [name, tensor] of Object.entries(results)) {
    const target = await writeTensor(outDir, name, tensor);
    const notFinite = notFiniteIn(tensor);
    outputs.push({ name, type: tensor.dtype, shape: tensor.shape, file: target, notFinite });
  }
  print({ model: file, backend, outputs, ...(leftOut.length > 0 ? { leftOut } : {}) });
}

/** Entries that are infinite or no number: half-precision graphs overflow. */
function notFiniteIn(tensor: Tensor): number {
  return numbersOf(tensor).filter((value) => !Number.isFinite(value)).length;
}
