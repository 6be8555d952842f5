/** What `lab forward` and `lab attention` share: a model, its inputs, and a folder for tensors. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { withFloat32Inputs } from "../onnx/edit/floatInputs.ts";
import type { ModelProto } from "../onnx/proto.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { converted, openGraph } from "./graphFiles.ts";
import { writeNpy } from "./npy.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export interface GraphCommand {
  readonly file: string;
  readonly model: ModelProto;
  /** NAME=FILE.npy pairs. */
  readonly inputs: readonly string[];
  readonly outDir: string;
  readonly backend: string;
}

/** `lab VERB MODEL.onnx --input NAME=FILE.npy... --out-dir DIR`. @throws UsageError */
export async function graphCommand(verb: string, args: readonly string[]): Promise<GraphCommand> {
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
  if (file === undefined || positionals.length > 1 || outDir === undefined) {
    throw new UsageError(
      `${verb} needs one model and a folder: lab ${verb} MODEL.onnx --input NAME=FILE.npy --out-dir DIR.`,
    );
  }
  const model = withFloat32Inputs(await openGraph(file));
  return { file, model, inputs: values.input, outDir, backend: values.backend };
}

/** Writes a tensor as DIR/PREFIXNAME.npy and returns the path; half precision as float32, which every reader takes. */
export async function writeTensor(
  outDir: string,
  name: string,
  tensor: Tensor,
  prefix = "",
): Promise<string> {
  await mkdir(outDir, { recursive: true });
  // What a path can't hold becomes "_".
  const target = path.join(outDir, `${prefix}${name.replaceAll(/[^\w.-]/g, "_")}.npy`);
  await writeNpy(target, tensor.dtype === "float16" ? converted(tensor, "float32", name) : tensor);
  return target;
}
