/** The small captioners of models/golden/vlm (made by caption_exports.py), each as the zip that a reader would drop. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { readFolderFiles } from "../graphs/generative/modelFiles.ts";
import type { FolderFiles } from "../graphs/generative/modelFiles.ts";
import { zippedSource } from "../graphs/sources/zip.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";

const ROOT = path.join(import.meta.dirname, "../../models/golden/vlm");

export const CAPTIONERS = ["vit-gpt2", "deit-bert", "blip"] as const;
export type CaptionerName = (typeof CAPTIONERS)[number];

export function captionerPath(name: CaptionerName): string {
  return path.join(ROOT, `${name}.zip`);
}

export async function captionerSource(name: CaptionerName): Promise<NamedSource> {
  return zippedSource(new Uint8Array(await readFile(captionerPath(name))), `${name}.zip`);
}

export async function captionerFiles(name: CaptionerName): Promise<FolderFiles> {
  const { names, source } = await captionerSource(name);
  return readFolderFiles(names, source);
}

/** What PyTorch makes of it, in float64. */
export interface CaptionerVectors {
  readonly caption: string;
  readonly other: string;
  readonly ids: readonly number[];
  readonly otherIds: readonly number[];
  readonly grey: readonly number[];
  /** Behind the start token and each token but the last, [ids, V]. */
  readonly logits: readonly (readonly number[])[];
  readonly likelihood: number;
  readonly otherLikelihood: number;
  /** Of the likelihood, and of the other caption's less this one's. */
  readonly gradient: readonly number[];
  readonly marginGradient: readonly number[];
  readonly greedy: readonly number[];
  readonly beams: readonly number[];
  /** One channel of what Python's processor makes of the picture. */
  readonly pixels: readonly number[];
}

export async function captionerVectors(name: CaptionerName): Promise<CaptionerVectors> {
  const { source } = await captionerSource(name);
  const bytes = await source.read(`${name}/vectors.json`);
  return JSON.parse(new TextDecoder().decode(bytes)) as CaptionerVectors;
}
