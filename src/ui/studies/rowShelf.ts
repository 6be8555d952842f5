/** Rows and the last study in IndexedDB, so that a reload or a closed lid loses nothing. Without it studies still run. */
import type { Row } from "../../study/rowColumns.ts";
import { parseStudy } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";

const NAME = "penumbra-studies";
const LAST = "last";

let opening: Promise<IDBDatabase | null> | undefined;

/** Null where the browser keeps nothing (a private window, a full disk). */
function database(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    const request = openRequest();
    if (!request) {
      resolve(null);
      return;
    }
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore("rows", { keyPath: "key" });
      request.result.createObjectStore("studies");
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => resolve(null));
  });
  return opening;
}

/** Undefined where there is no such thing, or where merely asking for it is refused. */
function openRequest(): IDBOpenDBRequest | undefined {
  try {
    return indexedDB.open(NAME, 1);
  } catch {
    return undefined;
  }
}

async function transact<T>(
  store: "rows" | "studies",
  mode: IDBTransactionMode,
  ask: (of: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  const open = await database();
  if (!open) return undefined;
  return new Promise((resolve) => {
    const request = ask(open.transaction(store, mode).objectStore(store));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => resolve(undefined));
  });
}

/** Where there is no database, for as long as the page is open. */
const memory = new Map<string, Row>();

export async function keepRow(row: Row): Promise<void> {
  if (!(await database())) memory.set(String(row.key), row);
  await transact("rows", "readwrite", (rows) => rows.put(row));
}

/** A row by its key, whichever study made it. */
export async function keptRow(key: string): Promise<Row | undefined> {
  const kept: unknown = await transact("rows", "readonly", (rows) => rows.get(key));
  return (kept as Row | undefined) ?? memory.get(key);
}

export async function keepStudy(study: Study): Promise<void> {
  await transact("studies", "readwrite", (studies) => studies.put(study, LAST));
}

/** The study that was last begun in this browser; undefined where there is none that this page reads. */
export async function lastStudy(): Promise<Study | undefined> {
  const kept: unknown = await transact("studies", "readonly", (studies) => studies.get(LAST));
  if (kept === undefined) return undefined;
  try {
    return parseStudy(kept);
  } catch {
    return undefined;
  }
}
