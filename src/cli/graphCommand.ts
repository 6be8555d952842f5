/** What `lab forward` and `lab attention` share: a model, its inputs, and a folder for tensors. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import { withFloat32Inputs } from "../onnx/edit/floatInputs.ts";
import { withTensorOutputs } from "../onnx/edit/tensorOutputs.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { converted, openGraph } from "./graphFiles.ts";
import { writeNpy } from "./npy.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export interface GraphCommand {
  readonly file: string;
  /** Without outputs that are lists or maps: no .npy file holds those. */
  readonly model: ModelProto;
  /** Names of the outputs that are left out. */
  readonly leftOut: readonly string[];
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
  const { model: tensors, leftOut } = withTensorOutputs(await openGraph(file));
  const model = withFloat32Inputs(tensors);
  return { file, model, leftOut, inputs: values.input, outDir, backend: values.backend };
}

/** Writes a tensor as DIR/PREFIXNAME.npy and returns the path; half precision as float32, which every reader takes. */
export async function writeTensor(
  outDir: string,
  name: string,
  tensor: Tensor,
  prefix = "",
): Promise<string> {
  await mkdir(outDir, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new LabError("not-found", `The folder ${outDir} can't be made (${cause.code}).`, {
      cause,
    });
  });
  // What a path can't hold becomes "_".
  const target = path.join(outDir, `${prefix}${name.replaceAll(/[^\w.-]/g, "_")}.npy`);
  await writeNpy(target, tensor.dtype === "float16" ? converted(tensor, "float32", name) : tensor);
  return target;
}
