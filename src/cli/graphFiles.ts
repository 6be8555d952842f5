/** An ONNX file and its inputs from the command line. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { oneShotRunner, probeRunner } from "../graphs/runners.ts";
import { LabError } from "../errors/labError.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { declaredDims, elementTypeOf } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { numberToHalf, numbersOf, tensorTypeOf } from "../onnx/tensorData.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { readGraphFile } from "../graphs/sources/graphFile.ts";
import { folderSource } from "./modelFiles.ts";
import { nodeSessions } from "./nodeSessions.ts";
import type { CliSessions } from "./nodeSessions.ts";
import { readNpy } from "./npy.ts";
import { UsageError } from "./usageError.ts";
import { wasmSessions } from "./wasmSessions.ts";

/**
 * A model with the weights it keeps in files beside it.
 * @throws LabError "not-found" | "graph-invalid" | "graph-too-large" | "model-unsupported"
 */
export async function openGraph(file: string): Promise<ModelProto> {
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new LabError("not-found", `There is no file ${file}.`);
  if (!found.isFile()) throw new LabError("not-found", `${file} is a folder, not a file.`);
  const source = folderSource(path.dirname(file));
  return (await readGraphFile(source, path.basename(file))).model;
}

/** Sessions by the name on the command line. @throws UsageError */
export function sessionsNamed(backend: string): CliSessions {
  return sessionsOn(backend);
}

/** @param threads of native sessions; 0 is one per core, none what nodeSessions takes. */
export function sessionsOn(backend: string, threads?: number): CliSessions {
  if (backend === "native") return nodeSessions(threads);
  if (backend === "wasm") return wasmSessions();
  throw new UsageError(`--backend is "${backend}", but must be native or wasm.`);
}

/** For reading shapes: see probeRunner. */
export function probeOf(sessions: SessionFactory): GraphRunner {
  return probeRunner(sessions);
}

/** The toolkit's runner over a backend. */
export function runnerOf(sessions: SessionFactory): GraphRunner {
  return oneShotRunner(sessions);
}

/**
 * NAME=FILE.npy pairs as feeds, floating point values converted to the type the graph declares.
 * @throws UsageError for a missing or unknown input
 */
export async function readFeeds(
  model: ModelProto,
  pairs: readonly string[],
): Promise<Record<string, Tensor>> {
  const view = new GraphView(model);
  const names = view.inputs.map((info) => info.name);
  const seen = new Set<string>();
  const feeds: Record<string, Tensor> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (at < 1) throw new UsageError(`--input is "${pair}", but must be NAME=FILE.npy.`);
    const info = view.input(name);
    if (!info) {
      throw new UsageError(`The graph has no input "${name}"; its inputs are ${names.join(", ")}.`);
    }
    if (seen.has(name)) throw new UsageError(`--input ${name} is given twice.`);
    seen.add(name);
    const wanted = tensorTypeOf(elementTypeOf(info));
    const tensor = converted(await readNpy(pair.slice(at + 1)), wanted ?? "float32", name);
    checkShape(name, tensor.shape, declaredDims(info));
    feeds[name] = tensor;
  }
  const missing = names.filter((name) => !feeds[name]);
  if (missing.length > 0) {
    throw new UsageError(
      `No --input for ${missing.join(", ")}: give NAME=FILE.npy for each input.`,
    );
  }
  return feeds;
}

/** @throws LabError "model-incompatible" when the file's shape is not one the graph declares. */
function checkShape(
  name: string,
  shape: readonly number[],
  declared: readonly (number | string)[] | undefined,
): void {
  const fits =
    declared === undefined ||
    (declared.length === shape.length &&
      declared.every((dim, i) => typeof dim !== "number" || dim === shape[i]));
  if (fits) return;
  throw new LabError(
    "model-incompatible",
    `Input "${name}" takes the shape [${declared.join(", ")}], and the file holds [${shape.join(", ")}].`,
  );
}

/** What rounds to infinity in float16. */
const LARGEST_HALF = 65520;

/** Values as another element type where nothing is lost by meaning (float widths, integer widths). */
export function converted(tensor: Tensor, dtype: Tensor["dtype"], name: string): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const { shape } = tensor;
  const isFloat = ["float32", "float64", "float16"].includes(tensor.dtype);
  const isInteger = ["int64", "int32", "int8", "uint8", "bool"].includes(tensor.dtype);
  const values = numbersOf(tensor);
  if (isFloat && dtype === "float32") return { dtype, shape, data: Float32Array.from(values) };
  if (isFloat && dtype === "float64") return { dtype, shape, data: Float64Array.from(values) };
  if (isFloat && dtype === "float16") {
    const data = Uint16Array.from(values, numberToHalf);
    const lost = values.filter((v) => Number.isFinite(v) && Math.abs(v) >= LARGEST_HALF).length;
    if (lost === 0) return { dtype, shape, data };
    throw new LabError(
      "model-incompatible",
      `"${name}" takes float16, and ${lost} of the file's ${values.length} values are larger than that type can hold (65504).`,
    );
  }
  if (isInteger && dtype === "int64") {
    return { dtype, shape, data: BigInt64Array.from(values, (v) => BigInt(v)) };
  }
  if (isInteger && dtype === "int32") return { dtype, shape, data: Int32Array.from(values) };
  if (isInteger && (dtype === "bool" || dtype === "uint8")) {
    return { dtype, shape, data: Uint8Array.from(values) };
  }
  throw new LabError(
    "model-incompatible",
    `Input "${name}" takes ${dtype}, and the file holds ${tensor.dtype}.`,
    { hint: "Save the array with the graph's own type." },
  );
}
