/** What the JSON files of a model folder say about a graph in it. */
import type { ModelNotes } from "../proposal/encoderProposal.ts";
import { parseLabels, parsePreprocessing } from "../proposal/preprocessing.ts";

export interface FolderJson {
  /** "/" between folders. */
  readonly path: string;
  /** Undefined where the file holds no JSON. */
  readonly value: unknown;
}

/** Files that say how pixels are prepared, the most specific first. */
const PREPROCESSING = [
  "preprocessor_config.json",
  "image_processor_config.json",
  "processor_config.json",
  "open_clip_config.json",
  "config.json",
];

/** @param folder of the graph, ending in "/", or "" */
export function notesAmong(files: readonly FolderJson[], folder: string): ModelNotes {
  const nearest = (name: string): FolderJson[] =>
    files
      .filter(({ path }) => path === name || path.endsWith(`/${name}`))
      .toSorted((a, b) => distance(a.path, folder) - distance(b.path, folder));
  const preprocessing = PREPROCESSING.flatMap((name) =>
    nearest(name).map(({ value }) => parsePreprocessing(value, name)),
  ).find((found) => found !== undefined);
  const labels = nearest("config.json")
    .map(({ value }) => parseLabels(value))
    .find((found) => found !== undefined);
  return { ...(preprocessing ? { preprocessing } : {}), ...(labels ? { labels } : {}) };
}

/** Folders between a file and the graph: its own first, then those above it, then any other. */
function distance(path: string, folder: string): number {
  const own = path.slice(0, path.lastIndexOf("/") + 1);
  const depth = (of: string): number => of.split("/").length;
  return folder.startsWith(own) ? depth(folder) - depth(own) : 100 + depth(own);
}
