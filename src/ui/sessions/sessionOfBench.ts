/** What is on the bench as a session, and a session put back on the bench. */
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { FINDINGS } from "../../phantom/spec.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { HiddenName } from "../../lesson/room.ts";
import type { Stores } from "../context/stores.ts";
import { currentNumbers } from "../share/currentRun.ts";
import { takeFilm } from "../../state/takeFilm.ts";
import { openShared } from "../share/openShared.ts";
import { sharedView } from "../share/sharedView.ts";
import { keepFilm, keepSession, keepsFilms, keptFilm } from "./sessionShelf.ts";
import type { Session } from "./sessionShelf.ts";

function sessionOf(stores: Stores, id: string, name: string): Session {
  const { spec } = stores.experiment.getState();
  const results = stores.results.getState();
  // An edit may be a frame ahead of the numbers: they are those of the experiment they were asked for.
  const expected = results.spec === spec ? currentNumbers(results) : undefined;
  return {
    id,
    name,
    savedAt: Date.now(),
    spec,
    view: sharedView(stores.view.getState()),
    ...(expected ? { expected } : {}),
  };
}

/** @returns whether it is kept. The film's pixels go with it only where the reader lets this browser keep them. */
export async function saveBench(stores: Stores, id: string, name: string): Promise<boolean> {
  const session = sessionOf(stores, id, name);
  const isKept = await keepSession(session);
  const { case: shown } = session.spec;
  if (shown.kind === "file" && (await keepsFilms())) {
    const film = stores.cases.getState().radiographs[shown.sha256];
    if (film) await keepFilm(shown.sha256, film);
  }
  return isKept;
}

/** Opens a session; one that this page can't read is refused in a sentence and leaves the bench alone. */
export async function openSession(stores: Stores, session: Session): Promise<boolean> {
  const { cases, engine, results } = stores;
  try {
    const { openExperiment } = await loadPart(() => import("../../experiment/openExperiment.ts"));
    // Through the door of every experiment from outside: an older page may have kept it.
    const { spec } = openExperiment(JSON.stringify(session.spec));
    await bringFilm(spec);
    const { view, expected } = session;
    openShared(stores, { spec, view, origin: "session", ...(expected ? { expected } : {}) });
    return true;
  } catch (error) {
    results.getState().refuse(toErrorData(error));
    return false;
  }

  async function bringFilm({ case: shown }: ExperimentSpec): Promise<void> {
    if (shown.kind !== "file" || cases.getState().radiographs[shown.sha256]) return;
    const film = await keptFilm(shown.sha256);
    if (!film) return;
    takeFilm({ cases, engine }, shown.sha256, film);
  }
}

/** Which picture, for a list of sessions; of a phantom not what it has while that is kept from view. */
export function caseWords({ case: shown }: ExperimentSpec, hidden: readonly HiddenName[]): string {
  if (shown.kind === "file") return `own film ${shown.sha256.slice(0, 8)}`;
  if (hidden.some((what) => what !== "answers")) return `phantom ${shown.phantom.seed}`;
  const kinds = shown.phantom.findings.map(({ kind }) => FINDINGS[kind].label.toLowerCase());
  return `phantom ${shown.phantom.seed}, ${kinds.join(", ") || "no finding"}`;
}
