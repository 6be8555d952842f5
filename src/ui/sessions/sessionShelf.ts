/**
 * Sessions in this browser's IndexedDB: experiments by name, what was on the bench last, and, only where the reader says so,
 * the pixels of their films. Nothing here throws: where the browser keeps nothing (a private window, a full disk) a session
 * is not kept, and that is all it costs.
 */
import type { ReplayNumbers } from "../../experiment/replaySchema.ts";
import type { SharedView } from "../../experiment/shareLink/format.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { Radiograph } from "../../image/radiograph.ts";

const NAME = "penumbra-sessions";
type StoreName = "sessions" | "films" | "settings";

/** What was on the bench when the page was last open, and when it was open before that. */
export const AUTOSAVE = "autosave";
export const PREVIOUS = "previous";

export interface Session {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly spec: ExperimentSpec;
  readonly view: SharedView;
  /** What the run on screen said, to compare with. */
  readonly expected?: ReplayNumbers;
}

/** A request to open or delete the database; undefined where merely asking for it is refused. */
function asked(): IDBOpenDBRequest | undefined {
  try {
    return indexedDB.open(NAME, 1);
  } catch {
    return undefined;
  }
}

let opening: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    const request = asked();
    if (!request) {
      resolve(null);
      return;
    }
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore("sessions", { keyPath: "id" });
      request.result.createObjectStore("films");
      request.result.createObjectStore("settings");
    });
    request.addEventListener("success", () => {
      const { result } = request;
      // A newer page in another tab may change the stores; this one then opens them anew.
      result.addEventListener("versionchange", () => {
        result.close();
        opening = undefined;
      });
      result.addEventListener("close", () => {
        opening = undefined;
      });
      resolve(result);
    });
    request.addEventListener("error", () => resolve(null));
    request.addEventListener("blocked", () => resolve(null));
  });
  return opening;
}

/** One request in a transaction of its own; what it gave once that is on disk, undefined where it failed. */
async function transact<T>(
  store: StoreName,
  mode: IDBTransactionMode,
  ask: (of: IDBObjectStore) => IDBRequest<T>,
): Promise<{ readonly value: T } | undefined> {
  const open = await database();
  if (!open) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = open.transaction(store, mode);
      const request = ask(transaction.objectStore(store));
      transaction.addEventListener("complete", () => resolve({ value: request.result }));
      // A full disk ends the transaction, not the request.
      transaction.addEventListener("abort", () => resolve(undefined));
      transaction.addEventListener("error", () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
}

/** @returns whether it is kept. */
export async function keepSession(session: Session): Promise<boolean> {
  return (await transact("sessions", "readwrite", (all) => all.put(session))) !== undefined;
}

/** The newest first; undefined where this browser keeps nothing. */
export async function keptSessions(): Promise<readonly Session[] | undefined> {
  const kept = await transact(
    "sessions",
    "readonly",
    (all) => all.getAll() as IDBRequest<Session[]>,
  );
  return kept?.value.toSorted((a, b) => b.savedAt - a.savedAt);
}

export async function deleteSession(id: string): Promise<void> {
  await transact("sessions", "readwrite", (all) => all.delete(id));
}

/** Everything of this store: sessions, films and the choice to keep them. */
export async function deleteEverything(): Promise<void> {
  for (const store of ["sessions", "films", "settings"] as const) {
    await transact(store, "readwrite", (all) => all.clear());
  }
}

/** Whether the reader lets this browser keep the pixels of their films; false until they say so. */
export async function keepsFilms(): Promise<boolean> {
  return (
    (await transact("settings", "readonly", (all) => all.get("films") as IDBRequest<unknown>))
      ?.value === true
  );
}

/** Forgets all films when it is switched off. */
export async function setKeepsFilms(isOn: boolean): Promise<void> {
  await transact("settings", "readwrite", (all) => all.put(isOn, "films"));
  if (!isOn) await transact("films", "readwrite", (all) => all.clear());
}

export async function keepFilm(sha256: string, film: Radiograph): Promise<void> {
  const known = await transact("films", "readonly", (all) => all.count(sha256));
  const kept = pixelsOf(film);
  if (known?.value === 0) await transact("films", "readwrite", (all) => all.put(kept, sha256));
}

/** What the reader agreed to: the pixels and their geometry, and nothing of how and on which machine they were taken. */
export function pixelsOf(film: Radiograph): Radiograph {
  const kept: { -readonly [key in keyof Radiograph]: Radiograph[key] } = { ...film };
  delete kept.acquisition;
  return kept;
}

export async function keptFilm(sha256: string): Promise<Radiograph | undefined> {
  return (
    await transact(
      "films",
      "readonly",
      (all) => all.get(sha256) as IDBRequest<Radiograph | undefined>,
    )
  )?.value;
}
