/** Weights that a model keeps in other files, read into its own messages. */
import { LabError } from "../errors/labError.ts";
import { invalidFile } from "./messages.ts";
import type { GraphProto, ModelProto, TensorProto } from "./messages.ts";

/** The bytes of a file beside the model by its name there; undefined when it is not at hand. */
type ExternalReader = (location: string) => Uint8Array | undefined;

/** TensorProto.DataLocation: the bytes lie in another file. */
const EXTERNAL = 1;
const DEEPEST = 32;

/**
 * Puts external weights into a model that was just decoded and is nobody else's yet; bytes are views into the files.
 * Tensors whose file the reader does not have are left as they are.
 * @throws LabError "graph-invalid" for a range outside its file or a location that leaves the model's folder.
 */
export function attachExternalData(model: ModelProto, read: ExternalReader): void {
  forEachTensor(model.graph, 0, (tensor) => {
    if (tensor.dataLocation !== EXTERNAL) return;
    const location = entryOf(tensor, "location") ?? "";
    if (!isInside(location)) {
      throw new LabError(
        "graph-invalid",
        `The weights of "${tensor.name}" are said to lie in "${location}", which is outside the model's folder.`,
      );
    }
    const bytes = read(location);
    if (bytes === undefined) return;
    const offset = Number(entryOf(tensor, "offset") ?? 0);
    const length = Number(entryOf(tensor, "length") ?? bytes.length - offset);
    const fits = offset >= 0 && length >= 0 && offset + length <= bytes.length;
    if (!fits || !Number.isSafeInteger(offset + length)) {
      throw invalidFile(
        `The weights of "${tensor.name}" should be bytes ${offset} to ${offset + length} of ${location}, which has ${bytes.length}.`,
      );
    }
    tensor.rawData = bytes.subarray(offset, offset + length) as Uint8Array<ArrayBuffer>;
    tensor.dataLocation = 0;
    tensor.externalData = [];
  });
}

/** Files that hold weights of the model, by the names it knows them by. @throws LabError "graph-invalid" */
export function externalLocations(model: ModelProto): readonly string[] {
  const locations = new Set<string>();
  attachExternalData(model, (location) => {
    locations.add(location);
    return undefined;
  });
  return [...locations];
}

function isInside(location: string): boolean {
  return location !== "" && !/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(location);
}

function entryOf(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((entry) => entry.key === key)?.value;
}

function forEachTensor(
  graph: GraphProto | undefined,
  depth: number,
  visit: (tensor: TensorProto) => void,
): void {
  if (graph === undefined || depth > DEEPEST) return;
  graph.initializer.forEach(visit);
  for (const { values, indices } of graph.sparseInitializer) {
    if (values !== undefined) visit(values);
    if (indices !== undefined) visit(indices);
  }
  for (const { attribute } of graph.node) {
    for (const { t, g, graphs } of attribute) {
      if (t !== undefined) visit(t);
      for (const child of g === undefined ? graphs : [g, ...graphs]) {
        forEachTensor(child, depth + 1, visit);
      }
    }
  }
}
