/** A reader's model on disk: an ONNX file or the folder it lies in, with what the folder says about it. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import type { ModelNotes } from "../graphs/proposal/encoderProposal.ts";
import { chooseGraph, noGraphAmong } from "../graphs/sources/modelFolder.ts";
import { notesAmong } from "../graphs/sources/modelNotes.ts";
import type { FolderJson } from "../graphs/sources/modelNotes.ts";
import { readBytes } from "./files.ts";

export interface ModelTarget {
  /** The ONNX file. */
  readonly file: string;
  readonly notes: ModelNotes;
}

/** @throws LabError "model-incompatible" for a folder that holds no graph, or several that names do not tell apart */
export async function modelTarget(target: string): Promise<ModelTarget> {
  const isFolder = (await stat(target).catch(() => undefined))?.isDirectory() ?? false;
  // Exporters put graphs into a folder "onnx" below the files that describe them.
  const above = path.dirname(target);
  const root = isFolder ? target : path.basename(above) === "onnx" ? path.dirname(above) : above;
  const names = isFolder ? await namesIn(root, true) : await describingFiles(root, above);
  const graph = isFolder ? chosenGraph(target, names) : slashed(path.relative(root, target));
  const json: FolderJson[] = [];
  for (const name of names.filter((each) => /\.json$/i.test(each))) {
    json.push({ path: name, value: await jsonOf(path.join(root, name)) });
  }
  const folder = graph.slice(0, graph.lastIndexOf("/") + 1);
  return { file: path.join(root, graph), notes: notesAmong(json, folder) };
}

function chosenGraph(target: string, names: readonly string[]): string {
  const graphs = names.filter((name) => /\.onnx$/i.test(name));
  const { chosen, ranked } = chooseGraph(graphs);
  if (chosen !== undefined) return chosen;
  if (ranked.length > 0) {
    throw new LabError(
      "model-incompatible",
      `The names of ${ranked.join(", ")} do not say which one is the image encoder.`,
      { hint: "Name the file instead of the folder." },
    );
  }
  const told = noGraphAmong(names.map((name) => name.split("/").at(-1)!));
  throw new LabError("model-incompatible", told?.message ?? `${target} holds no ONNX file.`, {
    hint: told?.hint ?? "Name an ONNX file, or the folder of one.",
  });
}

/** The JSON files beside a graph, and above it where it lies in "onnx". */
async function describingFiles(root: string, folder: string): Promise<string[]> {
  const own = root === folder ? [] : (await namesIn(folder, false)).map((name) => `onnx/${name}`);
  return [...(await namesIn(root, false)), ...own];
}

/** Paths of the files of a folder, hidden ones and installed packages left out. */
export async function namesIn(root: string, recursive: boolean): Promise<string[]> {
  const entries = await readdir(root, { recursive, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => slashed(path.relative(root, path.join(entry.parentPath, entry.name))))
    .filter((name) => !/(^|\/)(\.|node_modules)/.test(name));
}

async function jsonOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await readBytes(file)));
  } catch {
    // What only describes a model may be broken; the graph is what is asked about.
    return undefined;
  }
}

function slashed(file: string): string {
  return file.split(path.sep).join("/");
}
