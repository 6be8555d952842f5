/** Keeps what is on the bench while it is worked on, so that a reload, a crash, a closed lid or a second tab loses nothing. */
import type { Stores } from "../context/stores.ts";
import { answerRollCall, benchesElsewhere } from "./otherTabs.ts";
import { AUTOSAVE, PREVIOUS, deleteSession, keepSession, keptSessions } from "./sessionShelf.ts";
import type { Session } from "./sessionShelf.ts";
import { saveBench } from "./sessionOfBench.ts";

/** After the last change; a reader who goes away does not wait for it. */
const QUIET_MS = 800;

/** Visits before this one that are kept. */
const MOST_LEFT = 4;

/** What is done with the shelf when a bench opens. */
export interface SettingAside {
  /** Left behind, as they are kept from now on; the newest first. */
  readonly left: readonly Session[];
  /** Ids that go. */
  readonly gone: readonly string[];
}

/**
 * What visits before this one left on their benches, set aside under names of their own so that nobody writes over it: a bench that is
 * still open in another tab is left alone.
 * @param living ids of the benches that are open
 */
export function settingAside(kept: readonly Session[], living: ReadonlySet<string>): SettingAside {
  const orphans = kept.filter(({ id }) => isOf(AUTOSAVE, id) && !living.has(id));
  const left = orphans
    .map((session) => ({
      ...session,
      id: session.id.replace(AUTOSAVE, PREVIOUS),
      name: "The visit before",
    }))
    .toSorted((a, b) => b.savedAt - a.savedAt);
  const older = kept
    .filter(({ id }) => isOf(PREVIOUS, id) && !left.some((each) => each.id === id))
    .toSorted((a, b) => b.savedAt - a.savedAt);
  const tooMany = older.slice(Math.max(0, MOST_LEFT - left.length));
  return { left, gone: [...orphans, ...tooMany].map(({ id }) => id) };
}

/** "autosave", as pages before this one kept it, or "autosave:" and the id of a visit. */
function isOf(kind: string, id: string): boolean {
  return id === kind || id.startsWith(`${kind}:`);
}

/** The newest of what was left behind; undefined where nothing was. */
export async function leftBefore(): Promise<Session | undefined> {
  const living = benchesElsewhere();
  const { left, gone } = settingAside((await keptSessions()) ?? [], await living);
  for (const session of left) await keepSession(session);
  for (const id of gone) await deleteSession(id);
  return left[0];
}

/** Saves after every change of the experiment. @returns the way to stop. */
export function startAutosave(stores: Stores): () => void {
  // Each visit has its own: two tabs would write over each other's work.
  const id = `${AUTOSAVE}:${Date.now()}-${Math.floor(Math.random() * 2 ** 32)}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;
  const save = () => {
    clearTimeout(timer);
    if (!isDue) return;
    isDue = false;
    void saveBench(stores, id, "What was on the bench");
  };
  const later = () => {
    isDue = true;
    clearTimeout(timer);
    timer = setTimeout(save, QUIET_MS);
  };
  const onHide = () => {
    if (document.visibilityState === "hidden") save();
  };
  const ends = [
    answerRollCall(id),
    stores.experiment.subscribe(({ spec }, before) => {
      if (spec !== before.spec) later();
    }),
    // The numbers of a run belong to its session; its guarantee goes on sampling long after they are there.
    stores.results.subscribe(({ stages }, before) => {
      if (stages.metrics === before.stages.metrics) return;
      if (stores.history.getState().past.length > 0) later();
    }),
  ];
  // This part comes late: what was changed before it was there is work too.
  if (stores.history.getState().past.length > 0) later();
  document.addEventListener("visibilitychange", onHide);
  window.addEventListener("pagehide", save);
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
    document.removeEventListener("visibilitychange", onHide);
    window.removeEventListener("pagehide", save);
  };
}
