/** Dropped or picked files that are a model: ONNX graphs, their external weights, and what the folder says of them. */
import { LabError } from "../../errors/labError.ts";
import type { FolderCorrection, OwnFolderFiles, OwnModelFiles } from "../../engine/protocol.ts";
import { isLabManifest, parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { notesAmong } from "../../graphs/sources/modelNotes.ts";
import type { FolderJson } from "../../graphs/sources/modelNotes.ts";
import { chooseGraph, noGraphAmong } from "../../graphs/sources/modelFolder.ts";
import { isKnownFamily, readModelFolder } from "../../graphs/generative/folder.ts";
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
  /** All files, where they are one vision-language model of a family that the lab opens. */
  readonly folder?: DroppedFolder;
}

interface DroppedFolder {
  readonly files: OwnFolderFiles;
  readonly correction: FolderCorrection;
}

interface ReadJson extends FolderJson {
  readonly isBroken?: boolean;
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
  dropped: readonly DroppedFile[],
): Promise<DroppedModels | undefined> {
  const [packed, ...more] = dropped;
  const isZip = packed !== undefined && more.length === 0 && /\.zip$/i.test(packed.path);
  const files = isZip ? await unpacked(packed.file) : dropped;
  const graphs = files.filter(isGraph);
  if (graphs.length === 0) {
    const told = noGraphAmong(files.map(({ path }) => nameOf(path)));
    if (!told) return undefined;
    throw new LabError("model-incompatible", told.message, { hint: told.hint });
  }
  const choice = chooseGraph(graphs.map(({ path }) => path));
  const json = await Promise.all(files.filter(isJson).map(readJson));
  const byPath = new Map(graphs.map((graph) => [graph.path, graph]));
  const whole = wholeModel(files, json);
  const options = choice.ranked.map((path) =>
    optionOf(byPath.get(path)!, { files, json, others: choice.others, problem: whole?.problem }),
  );
  return {
    graphs: options,
    chosen: options.find(({ path }) => path === choice.chosen),
    ...(whole && whole.problem === undefined
      ? { folder: { files: whole.files, correction: correctionIn(json) } }
      : {}),
  };
}

/** The files of a zip. @throws LabError "model-damaged" | "graph-too-large" */
async function unpacked(file: File): Promise<readonly DroppedFile[]> {
  const { zippedSource } = await import("../../graphs/sources/zip.ts");
  const { names, source } = zippedSource(new Uint8Array(await file.arrayBuffer()), file.name);
  return Promise.all(
    names.map(async (path) => {
      const bytes = (await source.read(path)) ?? new Uint8Array();
      return { path, file: new File([Uint8Array.from(bytes)], nameOf(path)) };
    }),
  );
}

/** The files as one vision-language model, and why it is not opened whole; undefined where nothing says that it is one. */
function wholeModel(
  files: readonly DroppedFile[],
  json: readonly FolderJson[],
): { readonly files: OwnFolderFiles; readonly problem: string | undefined } | undefined {
  const config = json
    .filter(({ path }) => nameOf(path) === "config.json")
    .toSorted((a, b) => a.path.length - b.path.length)[0]?.value;
  if (!isKnownFamily(config)) return undefined;
  const { problem } = readModelFolder(
    files.map(({ path }) => path),
    config,
  );
  return {
    files: { folder: Object.fromEntries(files.map(({ path, file }) => [path, file])) },
    problem,
  };
}

/** What a manifest of this lab that was dropped with the folder says. */
function correctionIn(json: readonly FolderJson[]): FolderCorrection {
  const saved = json.find(({ value }) => isLabManifest(value));
  return saved ? (parseManifest(saved.value, nameOf(saved.path)).folder ?? {}) : {};
}

function optionOf(
  { path, file }: DroppedFile,
  around: {
    readonly files: readonly DroppedFile[];
    readonly json: readonly ReadJson[];
    readonly others: readonly string[];
    readonly problem: string | undefined;
  },
): GraphOption {
  const folder = folderOf(path);
  const weights = around.files.filter((each) => !isGraph(each) && !isJson(each));
  const notices: string[] = [];
  const others = around.others.filter((other) => other !== path).map(nameOf);
  if (others.length > 0) {
    notices.push(
      `${others.slice(0, 3).join(", ")}${others.length > 3 ? " and others" : ""}: not opened beside the image encoder, which is asked no questions. ${around.problem ?? ""}`.trim(),
    );
  }
  for (const each of around.json) {
    if (each.isBroken === true) notices.push(`${nameOf(each.path)} is not valid JSON.`);
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

async function readJson({ path, file }: DroppedFile): Promise<ReadJson> {
  if (file.size > LARGEST_JSON) return { path, value: undefined };
  try {
    return { path, value: JSON.parse(await file.text()) as unknown };
  } catch (cause) {
    // What only describes may be broken; a manifest that was dropped is meant to be used.
    if (!/manifest\.json$/i.test(path)) return { path, value: undefined, isBroken: true };
    throw new LabError("model-damaged", `${nameOf(path)} is not valid JSON.`, {
      hint: "Save the manifest again, or drop the model without it.",
      cause,
    });
  }
}
