/** Keeps what is on the bench while it is worked on, so that a reload, a crash or a closed lid loses nothing. */
import type { Stores } from "../context/stores.ts";
import { AUTOSAVE, PREVIOUS, deleteSession, keepSession, keptSession } from "./sessionShelf.ts";
import type { Session } from "./sessionShelf.ts";
import { saveBench } from "./sessionOfBench.ts";

/** After the last change; a reader who goes away does not wait for it. */
const QUIET_MS = 800;

/** What was left on the bench by the visit before, set aside so that this visit does not write over it. */
export async function leftBefore(): Promise<Session | undefined> {
  const left = await keptSession(AUTOSAVE);
  if (!left) return undefined;
  await keepSession({ ...left, id: PREVIOUS, name: "The visit before" });
  await deleteSession(AUTOSAVE);
  return left;
}

/** Saves after every change of the experiment. @returns the way to stop. */
export function startAutosave(stores: Stores): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;
  const save = () => {
    clearTimeout(timer);
    if (!isDue) return;
    isDue = false;
    void saveBench(stores, AUTOSAVE, "What was on the bench");
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
    stores.experiment.subscribe(({ spec }, before) => {
      if (spec !== before.spec) later();
    }),
    // The numbers of a run belong to its session; its guarantee goes on sampling long after they are there.
    stores.results.subscribe(({ stages }, before) => {
      if (stages.metrics === before.stages.metrics) return;
      if (stores.history.getState().past.length > 0) later();
    }),
  ];
  document.addEventListener("visibilitychange", onHide);
  window.addEventListener("pagehide", save);
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
    document.removeEventListener("visibilitychange", onHide);
    window.removeEventListener("pagehide", save);
  };
}
