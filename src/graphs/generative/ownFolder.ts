/**
 * A reader's vision-language model in a folder of graphs, made into a model like the lab's own: a graph from the picture to
 * its tokens, and one from tokens and question to logits. What is found is proposed as a manifest; opened is what a manifest
 * says.
 */
import { LabError } from "../../errors/labError.ts";
import { canonicalJson } from "../../host/canonicalJson.ts";
import { sha256Hex } from "../../host/sha256.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../../onnx/taps.ts";
import { ReadyGraph, encoderTaps } from "../readyModel.ts";
import type { ReadyModel } from "../readyModel.ts";
import type { GraphFile } from "../sources/graphFile.ts";
import type { NamedSource } from "../sources/zip.ts";
import { PARTS_OF } from "./folder.ts";
import type { Part } from "./folder.ts";
import { GRAY_INPUT } from "./visionInputs.ts";
import { readFolderFiles } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { folderManifest } from "./folderManifest.ts";
import { captionSides } from "./captionSides.ts";
import { llavaSides } from "./llavaSides.ts";
import { dualSides } from "./dualSides.ts";
import { PICTURE } from "./pictureGraph.ts";
import type { PictureGraph } from "./pictureGraph.ts";
import type { FolderChoice, Sides } from "./sides.ts";
import { tiledGrid } from "./tiles.ts";

const SIDES = {
  llava: llavaSides,
  seq2seq: llavaSides,
  dual: dualSides,
  captioner: captionSides,
} as const;

/** A folder with its graphs read and taken to pieces. */
export interface BuiltFolder {
  readonly files: FolderFiles;
  readonly graphs: Readonly<Partial<Record<Part, GraphFile>>>;
  readonly sides: Sides;
  readonly manifest: ModelManifest;
  readonly ready: ReadyModel;
}

/** @throws LabError "model-*" | "graph-*" with the sentence the reader sees */
export async function buildFolder(
  { names, source }: NamedSource,
  choice: FolderChoice & { readonly input?: ModelManifest["input"] | undefined },
  runner: GraphRunner,
): Promise<BuiltFolder> {
  const read = await readFolderFiles(names, source, { ...choice, side: choice.input?.size });
  const family = read.folder.family!;
  const graphs: Partial<Record<Part, GraphFile>> = {};
  for (const part of PARTS_OF[family]) graphs[part] = await read.file(part);
  const files: FolderFiles = {
    ...read,
    ...(choice.input && { preprocessing: { ...read.preprocessing, ...pixelsOf(choice.input) } }),
    graph: async (part) => graphs[part]!.model,
  };
  const sides = await SIDES[family](files, choice.spoken, runner);
  const grid = gridOf(sides.picture);
  const manifest = await folderManifest({ files, graphs, sides, grid, choice });
  const contents = {
    graphs: Object.values(graphs).map(({ hashes }) => hashes),
    words: files.hashes.words,
    input: manifest.input,
    spoken: sides.spoken,
  };
  const { model, ...answer } = sides.answer;
  const ready: ReadyModel = {
    manifest: {
      ...manifest,
      input: { ...manifest.input, name: GRAY_INPUT, channels: 1 },
      outputs: { ...PICTURE, logits: answer.logits },
    },
    precision: manifest.defaultPrecision,
    sha256: await sha256Hex(new TextEncoder().encode(canonicalJson(contents))),
    parity: undefined,
    vision: {
      graph: new ReadyGraph(sides.picture.model),
      isSingle: true,
      grid,
      taps: await encoderTaps(sides.picture, grid, towerTokens(sides.picture, grid), runner),
    },
    answer: { ...answer, graph: model },
    speech: sides.speech,
    captions: sides.captions,
    text: sides.text,
  };
  return { files, graphs, sides, manifest, ready };
}

/** @throws LabError "file-mismatch" when the manifest is about other files */
export function requireSameFiles(described: ModelManifest, found: ModelManifest): void {
  for (const { role, sha256, path } of described.files) {
    const own = found.files.find((file) => file.role === role);
    if (own?.sha256 === sha256) continue;
    throw new LabError(
      "file-mismatch",
      `The manifest is about another ${role} graph (sha256 ${sha256.slice(0, 12)}) than ${own?.path ?? path} (${own?.sha256.slice(0, 12) ?? "none"}).`,
      { hint: "Drop the folder alone to have a manifest proposed." },
    );
  }
}

function pixelsOf({ range, mean, std, resize, resample }: ModelManifest["input"]) {
  return { range, mean, std, resize, resample };
}

/** Rows and columns of the picture's tokens: those of its tiles, or a square with one special token before it, two as DeiT has, or none; else one row. */
function gridOf({ image: [count], tiles }: PictureGraph): [number, number] {
  if (tiles > 0) return tiledGrid({ tiles, image: count });
  for (const tokens of [count, count - 1, count - 2]) {
    const side = Math.sqrt(tokens);
    if (tokens > 0 && Number.isInteger(side)) return [side, side];
  }
  return [1, count];
}

/** Tokens that the image tower attends among: those that stand before the patches are not always handed on. */
function towerTokens({ model, shapes }: PictureGraph, [rows, columns]: [number, number]): number {
  const view = new GraphView(model);
  if (fusedAttentionNodes(view).length > 0) return rows * columns;
  const [tap] = findAttentionTaps(view, shapes);
  return tap?.shape.at(-1) ?? rows * columns;
}
