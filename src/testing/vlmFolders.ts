/** The small vision-language models of models/golden/vlm (made by vlm_exports.py), as a reader's folder would be read. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { readFolderFiles } from "../graphs/generative/modelFiles.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import type { FolderFiles } from "../graphs/generative/modelFiles.ts";

const ROOT = path.join(import.meta.dirname, "../../models/golden/vlm");

export type VlmName = "llava" | "clip" | "siglip";

export function vlmFolder(name: VlmName): string {
  return path.join(ROOT, name);
}

export async function vlmFiles(name: VlmName, precision?: string): Promise<FolderFiles> {
  const { names, source } = await vlmSource(name);
  return readFolderFiles(names, source, { form: precision });
}

export async function vlmSource(name: VlmName): Promise<NamedSource> {
  const root = vlmFolder(name);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  return { names, source: { read: (file) => readFile(path.join(root, file)) } };
}

export async function vlmVectors<T>(name: VlmName): Promise<T> {
  return JSON.parse(await readFile(path.join(vlmFolder(name), "vectors.json"), "utf8")) as T;
}

/**
 * The LLaVA in forms of models/golden/vlm/llava-forms, its other files from its own folder; a part without this form is float32.
 * @param lacking paths of files that are not there
 */
export async function vlmFormFiles(
  form: string,
  lacking: readonly string[] = [],
): Promise<FolderFiles> {
  const { names, source } = await vlmFormSource(lacking);
  return readFolderFiles(names, source, { form });
}

export async function vlmFormSource(lacking: readonly string[] = []): Promise<NamedSource> {
  const own = new Map<string, string>();
  for (const folder of ["llava", "llava-forms"]) {
    const root = path.join(ROOT, folder);
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = path.join(entry.parentPath, entry.name);
      own.set(path.relative(root, file), file);
    }
  }
  for (const name of lacking) own.delete(name);
  const source = {
    read: async (name: string) => (own.has(name) ? readFile(own.get(name)!) : undefined),
  };
  return { names: [...own.keys()], source };
}
