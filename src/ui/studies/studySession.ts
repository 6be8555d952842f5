/** Runs the tab's study: begins, pauses, goes on, and shows its rows as they come. */
import { LabError, toErrorData } from "../../errors/labError.ts";
import { createStudyStore } from "../../state/studyStore.ts";
import type { StudyStore } from "../../state/studyStore.ts";
import { extraStages } from "../../study/measures.ts";
import { planRuns, planSize } from "../../study/plan.ts";
import type { Row } from "../../study/rowColumns.ts";
import { rowKey } from "../../study/rowKey.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import { columnsOf, placedRow } from "../../study/rows.ts";
import { runStudy } from "../../study/runStudy.ts";
import { measuresOf } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import type { Stores } from "../context/stores.ts";
import { isBroken } from "./brokenFilms.ts";
import { createPace } from "./pace.ts";
import { keepRow, keepStudy, keptRow, lastStudy } from "./rowShelf.ts";
import { laneCount, startLanes, tabRowMaker } from "./studyLane.ts";

export interface StudySession {
  readonly store: StudyStore;
  /** Begins a study, or goes on with it: rows that are known are not made again, failed ones only where that is asked. */
  run(study: Study, again?: "failed"): Promise<void>;
  /** After the run under way. */
  pause(): void;
  /** Forgets the study on the page; its rows stay on the shelf. */
  close(): void;
}

/** Rows reach the page at most so often: tables and charts of thousands of rows cost the reader's frames. */
const SHOWN_EVERY_MS = 500;

let session: StudySession | undefined;

/** One study at a time, whether its dialog is open or not. */
export function studySession(stores: Stores): StudySession {
  session ??= createSession(stores);
  return session;
}

function createSession({ cases, engine, models, results }: Stores): StudySession {
  const store = createStudyStore();
  const { set } = store.getState();
  let signal = { aborted: false };

  const run = async (study: Study, again?: "failed"): Promise<void> => {
    const own = { aborted: false };
    signal.aborted = true;
    signal = own;
    // What an older run still has to say is about another study.
    const tell: typeof set = (values) => {
      if (signal === own) set(values);
    };
    tell({ study, rows: [], phase: "running", error: null, secondsLeft: null });
    let end = () => {};
    try {
      const { rows: total } = planSize(study);
      tell({ total });
      await keepStudy(study);
      const maker = tabRowMaker(models.getState().own);
      const shown = await knownRows(study, maker);
      for (const [place, { errorCode }] of again ? shown : []) {
        if (errorCode !== null) shown.delete(place);
      }
      const keys = new Set([...shown.values()].map(({ key }) => String(key)));
      const show = () => tell({ rows: inOrder(shown) });
      show();
      if (keys.size > 0 && shown.size === total) {
        tell({ phase: "done" });
        return;
      }
      const { radiographs } = cases.getState();
      const films = filmsOf(study).filter((sha256) => !isBroken(sha256));
      const missing = films.filter((sha256) => !radiographs[sha256]).length;
      if (missing > 0) {
        throw new LabError(
          "not-open",
          `The study asks about ${missing} ${missing === 1 ? "film" : "films"} that this page has not open.`,
          { hint: "Open their folder, and it goes on; what was made is kept." },
        );
      }
      const lanes = startLanes({
        engine,
        maker,
        // Only what it asks about: each lane holds a copy of what it is given.
        radiographs: films.map((sha256) => radiographs[sha256]!),
        workers: laneCount(navigator.hardwareConcurrency),
        isBenchBusy: () => results.getState().busy,
      });
      end = () => lanes.end();
      let last = performance.now();
      const pace = createPace(last);
      const options = { isKnown: (key: string) => keys.has(key), signal: own, perJob: 1 };
      for await (const event of runStudy(study, lanes, options)) {
        if (event.type !== "row") continue;
        await keepRow(event.row);
        shown.set(event.index, event.row);
        const now = performance.now();
        pace.row(now);
        if (now - last < SHOWN_EVERY_MS) continue;
        last = now;
        tell({ secondsLeft: (total - shown.size) * pace.secondsPerRow() });
        show();
      }
      // Runs that two combinations share stand in the table for both.
      tell({ rows: inOrder(await knownRows(study, maker)) });
      tell({ phase: own.aborted ? "paused" : "done", secondsLeft: null });
    } catch (error) {
      tell({ phase: "paused", error: toErrorData(error) });
    } finally {
      end();
    }
  };
  void lastStudy().then(async (study) => {
    if (!study || store.getState().study) return;
    const rows = await knownRows(study, tabRowMaker(models.getState().own));
    const { rows: total } = planSize(study);
    if (!store.getState().study) {
      set({ study, total, rows: inOrder(rows), phase: rows.size === total ? "done" : "paused" });
    }
  });
  return {
    store,
    run,
    pause: () => {
      signal.aborted = true;
      if (store.getState().phase === "running") set({ phase: "pausing" });
    },
    close: () => {
      signal.aborted = true;
      signal = { aborted: true };
      set({ study: null, rows: [], phase: "idle", error: null });
    },
  };
}

/** Pixel hashes of the films that the study names; the page may not hold them: after a reload, or where it came from somebody else. */
function filmsOf({ base, cases }: Study): readonly string[] {
  const named = cases.flatMap((set) => {
    if (set.kind === "files") return set.files.map(({ sha256 }) => sha256);
    return set.kind === "this" ? filmOf(base["case"]) : [];
  });
  return [...new Set(named)];
}

/** The film that an experiment is about; none for a phantom. */
function filmOf(of: Study["base"][string]): readonly string[] {
  if (typeof of !== "object" || of === null || !("sha256" in of)) return [];
  return typeof of.sha256 === "string" ? [of.sha256] : [];
}

/** The rows of a study that are on the shelf, by their place in its plan. */
async function knownRows(study: Study, maker: RowMaker): Promise<Map<number, Row>> {
  const columns = columnsOf(study);
  const stages = extraStages(measuresOf(study));
  const rows = new Map<number, Row>();
  for (const run of planRuns(study)) {
    const row = await keptRow(await rowKey(run, stages, maker));
    if (row) rows.set(run.index, placedRow(row, run, columns));
  }
  return rows;
}

function inOrder(rows: ReadonlyMap<number, Row>): readonly Row[] {
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
}
