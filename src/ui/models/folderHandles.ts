/**
 * Folders on the reader's disk that this browser may open again: handles, not copies, so that the weights stay where they
 * are. Only Chromium gives them; elsewhere there are none.
 */
import { HIDDEN, MOST_FILES } from "./droppedFiles.ts";
import type { DroppedFile } from "./droppedFiles.ts";

export interface KnownFolder {
  readonly id: string;
  readonly name: string;
  readonly handle: FileSystemDirectoryHandle;
}

type Asks = FileSystemDirectoryHandle & {
  requestPermission?(wish: { readonly mode: "read" }): Promise<PermissionState>;
  entries(): AsyncIterable<readonly [string, FileSystemHandle]>;
};

const NAME = "penumbra-folders";

function database(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.addEventListener("upgradeneeded", () => {
        request.result.createObjectStore("folders", { keyPath: "id" });
      });
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => resolve(null));
    } catch {
      resolve(null);
    }
  });
}

async function transact<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  const open = await database();
  if (!open) return undefined;
  return new Promise((resolve) => {
    const done = (value: T | undefined) => {
      open.close();
      resolve(value);
    };
    try {
      const request = ask(open.transaction("folders", mode).objectStore("folders"));
      request.addEventListener("success", () => done(request.result));
      request.addEventListener("error", () => done(undefined));
    } catch {
      // A handle that cannot be stored.
      done(undefined);
    }
  });
}

export async function knownFolders(): Promise<readonly KnownFolder[]> {
  return (await transact("readonly", (all) => all.getAll() as IDBRequest<KnownFolder[]>)) ?? [];
}

/** False where this browser keeps no handles (plain http, a private window). */
export async function rememberFolder(folder: KnownFolder): Promise<boolean> {
  return (await transact("readwrite", (all) => all.put(folder))) !== undefined;
}

export async function forgetFolder(id: string): Promise<void> {
  await transact("readwrite", (all) => all.delete(id));
}

/** Asks the reader for leave, which a browser grants on a press only; undefined where they say no or the folder has gone. */
export async function openFolderHandle({
  handle,
}: Pick<KnownFolder, "handle">): Promise<readonly DroppedFile[] | undefined> {
  const folder = handle as Asks;
  try {
    const leave = (await folder.requestPermission?.({ mode: "read" })) ?? "granted";
    return leave === "granted" ? await filesIn(folder, `${handle.name}/`) : undefined;
  } catch {
    return undefined;
  }
}

async function filesIn(
  folder: Asks,
  path: string,
  found: DroppedFile[] = [],
): Promise<readonly DroppedFile[]> {
  for await (const [name, entry] of folder.entries()) {
    if (found.length >= MOST_FILES) break;
    if (HIDDEN.test(name)) continue;
    if (entry.kind === "directory") await filesIn(entry as Asks, `${path}${name}/`, found);
    else {
      const file = await (entry as FileSystemFileHandle).getFile();
      found.push({ path: `${path}${name}`, file });
    }
  }
  return found;
}
