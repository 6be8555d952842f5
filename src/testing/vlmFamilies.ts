/** Small models of further families (models/golden/vlm/families, made by vlm_families.py), each a zip as a reader would drop it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { readFolderFiles } from "../graphs/generative/modelFiles.ts";
import type { FolderFiles } from "../graphs/generative/modelFiles.ts";
import { zippedSource } from "../graphs/sources/zip.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";

const ROOT = path.join(import.meta.dirname, "../../models/golden/vlm/families");

export const FAMILY_NAMES = [
  "gemma3",
  "paligemma",
  "smolvlm",
  "idefics3",
  "qwen2_vl",
  "qwen2_5_vl",
  "florence2",
] as const;
export type FamilyName = (typeof FAMILY_NAMES)[number];

/** What PyTorch says of one picture and one question. */
export interface FamilyVectors {
  readonly question: string;
  /** The prompt's text before the processor put the picture's tokens in, and the ids with them. */
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly side: number;
  /** [side * side], 0 to 255. */
  readonly grey: readonly number[];
  readonly yes: readonly number[];
  readonly no: readonly number[];
  readonly logits: readonly number[];
  readonly margin: number;
  readonly gradient: readonly number[];
  readonly generated: readonly number[];
  /** What the encoder is given. */
  readonly pixels: readonly number[];
  /** Of a decoder that sees the past alone. */
  readonly fused?: Pick<FamilyVectors, "logits" | "margin" | "gradient" | "generated">;
}

export function familyPath(name: FamilyName): string {
  return path.join(ROOT, `${name}.zip`);
}

export async function familySource(name: FamilyName): Promise<NamedSource> {
  return zippedSource(await readFile(familyPath(name)), `${name}.zip`);
}

export async function familyFiles(name: FamilyName, form?: string): Promise<FolderFiles> {
  const { names, source } = await familySource(name);
  return readFolderFiles(names, source, { form });
}

export async function familyVectors(name: FamilyName): Promise<FamilyVectors> {
  const { source } = await familySource(name);
  return JSON.parse(new TextDecoder().decode(await source.read("vectors.json"))) as FamilyVectors;
}
