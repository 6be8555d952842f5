/** Dropped or picked files that are a model: ONNX graphs, their external weights, and what the folder says of them. */
import { LabError } from "../../errors/labError.ts";
import type { OwnModelFiles } from "../../engine/protocol.ts";
import { isLabManifest, parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { notesAmong } from "../../graphs/sources/modelNotes.ts";
import type { FolderJson } from "../../graphs/sources/modelNotes.ts";
import { chooseGraph, noGraphAmong } from "../../graphs/sources/modelFolder.ts";
import type { DroppedFile } from "./droppedFiles.ts";

/** One graph of a folder, with all that is needed to open it. */
export interface GraphOption {
  readonly path: string;
  readonly files: OwnModelFiles;
  /** A manifest of this lab that came with it, which then replaces the proposed one. */
  readonly manifest?: ModelManifest;
  /** One sentence for each thing that came along and is not used. */
  readonly notices: readonly string[];
}

export interface DroppedModels {
  /** Likeliest first. */
  readonly graphs: readonly GraphOption[];
  /** Undefined where the reader has to say which. */
  readonly chosen: GraphOption | undefined;
}

/** Larger than any description of a model: tokenizers have a few megabytes. */
const LARGEST_JSON = 32 * 1024 * 1024;

const isGraph = ({ path }: DroppedFile): boolean => /\.onnx$/i.test(path);
const isJson = ({ path }: DroppedFile): boolean => /\.json$/i.test(path);
const nameOf = (path: string): string => path.split("/").at(-1)!;
const folderOf = (path: string): string => path.slice(0, -nameOf(path).length);

/**
 * Undefined when the files are no part of a model.
 * @throws LabError "model-incompatible" for parts of a model without a graph, "model-damaged" for a broken manifest
 */
export async function modelAmong(
  files: readonly DroppedFile[],
): Promise<DroppedModels | undefined> {
  const graphs = files.filter(isGraph);
  if (graphs.length === 0) {
    const told = noGraphAmong(files.map(({ path }) => nameOf(path)));
    if (!told) return undefined;
    throw new LabError("model-incompatible", told.message, { hint: told.hint });
  }
  const choice = chooseGraph(graphs.map(({ path }) => path));
  const json = await Promise.all(files.filter(isJson).map(readJson));
  const byPath = new Map(graphs.map((graph) => [graph.path, graph]));
  const options = choice.ranked.map((path) =>
    optionOf(byPath.get(path)!, { files, json, others: choice.others }),
  );
  return { graphs: options, chosen: options.find(({ path }) => path === choice.chosen) };
}

function optionOf(
  { path, file }: DroppedFile,
  around: {
    readonly files: readonly DroppedFile[];
    readonly json: readonly FolderJson[];
    readonly others: readonly string[];
  },
): GraphOption {
  const folder = folderOf(path);
  const weights = around.files.filter((each) => !isGraph(each) && !isJson(each));
  const notices: string[] = [];
  const others = around.others.filter((other) => other !== path).map(nameOf);
  if (others.length > 0) {
    notices.push(
      `${others.slice(0, 3).join(", ")}${others.length > 3 ? " and others" : ""}: not opened. This version reads the image encoder of a vision-language model; asking your own model questions is not possible yet.`,
    );
  }
  const manifests = around.json.filter(({ path: name }) => /manifest\.json$/i.test(name));
  for (const each of manifests.filter(({ value }) => !isLabManifest(value))) {
    notices.push(`${nameOf(each.path)} is no model manifest of this lab, so it is not used.`);
  }
  const described = around.json.find(({ value }) => isLabManifest(value));
  return {
    path,
    files: {
      name: nameOf(path),
      graph: file,
      weights: Object.fromEntries(weights.map((each) => [relative(each.path, folder), each.file])),
      notes: notesAmong(around.json, folder),
    },
    ...(described ? { manifest: parseManifest(described.value, nameOf(described.path)) } : {}),
    notices,
  };
}

/** As the graph names files beside it; those elsewhere by their own path. */
function relative(path: string, folder: string): string {
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

async function readJson({ path, file }: DroppedFile): Promise<FolderJson> {
  if (file.size > LARGEST_JSON) return { path, value: undefined };
  try {
    return { path, value: JSON.parse(await file.text()) as unknown };
  } catch (cause) {
    // What only describes may be broken; a manifest that was dropped is meant to be used.
    if (!/manifest\.json$/i.test(path)) return { path, value: undefined };
    throw new LabError("model-damaged", `${nameOf(path)} is not valid JSON.`, {
      hint: "Save the manifest again, or drop the model without it.",
      cause,
    });
  }
}
