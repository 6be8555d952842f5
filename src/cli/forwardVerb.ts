/** `lab forward MODEL.onnx --input NAME=FILE.npy... --out-dir DIR`: every output as a .npy file. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { inlineFunctions } from "../onnx/inline.ts";
import { serializeModel } from "../onnx/proto.ts";
import { numbersOf } from "../onnx/tensorData.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { converted, openGraph, readFeeds, runnerOf, sessionsNamed } from "./graphFiles.ts";
import { writeNpy } from "./npy.ts";
import { withFloat32Inputs } from "../onnx/edit/floatInputs.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export async function forwardVerb(
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
      "forward needs a model and a folder: lab forward MODEL.onnx --input NAME=FILE.npy --out-dir DIR.",
    );
  }
  const model = inlineFunctions(withFloat32Inputs(await openGraph(file)));
  const feeds = await readFeeds(model, values.input);
  const results = await runnerOf(sessionsNamed(values.backend))(serializeModel(model), feeds);
  await mkdir(outDir, { recursive: true });
  const outputs = [];
  for (const [name, tensor] of Object.entries(results)) {
    const target = path.join(outDir, `${fileNameOf(name)}.npy`);
    // Half precision is written as float32, which every reader of .npy files takes.
    await writeNpy(
      target,
      tensor.dtype === "float16" ? converted(tensor, "float32", name) : tensor,
    );
    const notFinite = notFiniteIn(tensor);
    outputs.push({ name, type: tensor.dtype, shape: tensor.shape, file: target, notFinite });
  }
  print({ model: file, backend: values.backend, outputs });
}

/** Entries that are infinite or no number: half-precision graphs overflow. */
function notFiniteIn(tensor: Tensor): number {
  return numbersOf(tensor).filter((value) => !Number.isFinite(value)).length;
}

/** A value's name as a file name: what a path can't hold becomes "_". */
export function fileNameOf(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_");
}
