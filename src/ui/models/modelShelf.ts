/**
 * Models that this browser keeps over a reload, in its private file system (OPFS): each file in parts, so that one that
 * was cut short goes on where it stopped, and is handed out again without being held in memory. Nothing here is sent.
 */
import { LabError } from "../../errors/labError.ts";
import type { DroppedFile } from "./droppedFiles.ts";
import { decimal } from "../../numerics/decimalText.ts";

export interface KeptFile {
  /** "/" between folders. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the whole, or git's own hash of it, where somebody states one. */
  readonly sha256?: string;
  readonly gitHash?: string;
}

export interface KeptModel {
  readonly id: string;
  readonly name: string;
  /** Where it came from, as a host and a version; absent for a copy of the reader's own folder. */
  readonly from?: string;
  readonly files: readonly KeptFile[];
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  /** False while files are still missing. */
  readonly isWhole: boolean;
}

const ROOT = "penumbra-models";
const INDEX = "index.json";
/** Long enough to be written quickly, short enough that little is fetched twice. */
export const PART_BYTES = 16 * 2 ** 20;

/** @throws LabError "not-open" where the browser keeps no files for this page (plain http, a private window) */
async function shelf(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(ROOT, { create: true });
  } catch (cause) {
    throw new LabError("not-open", "This browser keeps no files for this page.", {
      hint: "Over https or on localhost, outside a private window, it does.",
      cause,
    });
  }
}

/** The newest first; none where nothing can be kept. */
export async function keptModels(): Promise<readonly KeptModel[]> {
  try {
    return await readIndex(await shelf());
  } catch {
    return [];
  }
}

async function readIndex(root: FileSystemDirectoryHandle): Promise<readonly KeptModel[]> {
  const file = await root.getFileHandle(INDEX).catch(() => undefined);
  if (!file) return [];
  try {
    return JSON.parse(await (await file.getFile()).text()) as readonly KeptModel[];
  } catch {
    // Cut short while it was written: the files are there, and nothing says what they are.
    return [];
  }
}

/** Puts a model on the list, or another state of it. */
export async function enter(model: KeptModel): Promise<void> {
  const root = await shelf();
  const others = (await readIndex(root)).filter(({ id }) => id !== model.id);
  await write(root, INDEX, new Blob([JSON.stringify([model, ...others])]));
}

export async function forget(id: string): Promise<void> {
  const root = await shelf();
  const others = (await readIndex(root)).filter((model) => model.id !== id);
  await write(root, INDEX, new Blob([JSON.stringify(others)]));
  await root.removeEntry(id, { recursive: true }).catch(() => undefined);
}

/** Bytes that this browser would still keep for the page; undefined where it does not say. */
export async function roomLeft(): Promise<number | undefined> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
  } catch {
    return undefined;
  }
}

/** @throws LabError "graph-too-large" before anything is written */
export async function requireRoom(bytes: number): Promise<void> {
  const left = await roomLeft();
  if (left === undefined || bytes <= left) return;
  throw new LabError(
    "graph-too-large",
    `This takes ${gigabytes(bytes)}, and the browser keeps ${gigabytes(left)} more for this page.`,
    {
      hint: "Forget a kept model, choose a smaller form of the weights, or free space on the disk.",
    },
  );
}

function gigabytes(bytes: number): string {
  return `${decimal(bytes / 1e9, bytes < 1e9 ? 2 : 1)} GB`;
}

/** The parts of one file. */
export interface Parts {
  /** Of the parts that are there, without a gap. */
  readonly bytes: number;
  /** Adds the next part. */
  add(part: Blob): Promise<void>;
  whole(): Promise<Blob>;
  drop(): Promise<void>;
}

/** @param k the file's place in the model's list */
export async function partsOf(id: string, k: number): Promise<Parts> {
  const folder = await (await shelf()).getDirectoryHandle(id, { create: true });
  const files: File[] = [];
  for (;;) {
    const handle = await folder.getFileHandle(`${k}.${files.length}`).catch(() => undefined);
    if (!handle) break;
    files.push(await handle.getFile());
  }
  return {
    get bytes() {
      return files.reduce((sum, { size }) => sum + size, 0);
    },
    async add(part) {
      const name = `${k}.${files.length}`;
      await write(folder, name, part);
      files.push(await (await folder.getFileHandle(name)).getFile());
    },
    whole: () => Promise.resolve(new Blob(files)),
    async drop() {
      for (const name of files.keys()) await folder.removeEntry(`${k}.${name}`);
      files.length = 0;
    },
  };
}

/** Copies files that are open in this tab. @throws LabError "graph-too-large" | "not-open" */
export async function keepCopy(
  { id, name }: Pick<KeptModel, "id" | "name">,
  files: readonly DroppedFile[],
  onBytes: (done: number) => void,
): Promise<void> {
  await requireRoom(files.reduce((sum, { file }) => sum + file.size, 0));
  await navigator.storage.persist().catch(() => false);
  let done = 0;
  for (const [k, { file }] of files.entries()) {
    const parts = await partsOf(id, k);
    await parts.drop();
    for (let at = 0; at < Math.max(1, file.size); at += PART_BYTES) {
      await parts.add(file.slice(at, at + PART_BYTES));
      onBytes((done += Math.min(PART_BYTES, file.size - at)));
    }
  }
  const kept = files.map(({ path, file }) => ({ path, bytes: file.size }));
  await enter({ id, name, files: kept, keptAt: Date.now(), isWhole: true });
}

/** The files of a kept model, as if they had been dropped. @throws LabError "model-damaged" where one has gone */
export async function filesOf({ id, name, files }: KeptModel): Promise<readonly DroppedFile[]> {
  return Promise.all(
    files.map(async ({ path, bytes }, k) => {
      const parts = await partsOf(id, k);
      if (parts.bytes !== bytes) {
        throw new LabError("model-damaged", `The browser has lost a part of ${path} of ${name}.`, {
          hint: "Forget it and keep it again.",
        });
      }
      return { path, file: new File([await parts.whole()], path.split("/").at(-1)!) };
    }),
  );
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Blob,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  const stream = await handle.createWritable();
  try {
    await stream.write(content);
    await stream.close();
  } catch (cause) {
    await stream.abort().catch(() => undefined);
    throw new LabError("graph-too-large", "The browser would not keep any more of it.", {
      hint: "Forget a kept model or free space on the disk; what is kept so far stays.",
      cause,
    });
  }
}
