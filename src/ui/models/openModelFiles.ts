/** Dropped or picked files that are a model: an ONNX graph, its external weights, its manifest. */
import { LabError } from "../../errors/labError.ts";
import type { OwnModelFiles } from "../../engine/protocol.ts";
import { parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";

export interface DroppedModel {
  readonly files: OwnModelFiles;
  readonly manifest?: ModelManifest;
}

const isGraph = ({ name }: File): boolean => /\.onnx$/i.test(name);
const isManifest = ({ name }: File): boolean => /\.json$/i.test(name);

/** Undefined when there is no ONNX file among them. @throws LabError "model-damaged" for a manifest that is none */
export async function modelAmong(files: readonly File[]): Promise<DroppedModel | undefined> {
  const graph = files.find(isGraph);
  if (!graph) return undefined;
  const weights = files.filter((file) => !isGraph(file) && !isManifest(file));
  const described = files.find(isManifest);
  return {
    files: {
      name: graph.name,
      graph,
      weights: Object.fromEntries(weights.map((file) => [file.name, file])),
    },
    ...(described ? { manifest: parseManifest(await jsonOf(described)) } : {}),
  };
}

async function jsonOf(file: File): Promise<unknown> {
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    throw new LabError("model-damaged", `${file.name} is not valid JSON.`, { cause });
  }
}
