// The tab's study over an engine that answers as the worker does, with a model small enough for a test.
import { afterEach, expect, test, vi } from "vitest";
import type { EngineEvent } from "../../engine/protocol.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { runExperiment } from "../../experiment/run.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { LaneEngine } from "../../state/studyStore.ts";
import { studyFrom } from "../../study/starters.ts";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { testBench } from "../../testing/testBench.ts";
import type { StudySession } from "./studySession.ts";

vi.stubGlobal("document", Object.assign(new EventTarget(), { baseURI: "http://localhost/" }));
vi.stubGlobal("fetch", async () => ({ ok: false }));
/** One lane; a test that wants more says so. */
const machine = vi.hoisted(() => ({ hardwareConcurrency: 2 }));
vi.stubGlobal("navigator", machine);

afterEach(() => vi.resetModules());

/** A session of its own, as after a reload; `fate` decides what becomes of a run. */
async function freshSession(fate: (spec: ExperimentSpec) => "fails" | undefined = () => undefined) {
  const { stores } = testBench();
  const told = { started: 0, ended: 0, runs: 0, restarted: 0 };
  const around = labAround(fakeModel());
  const background = ({ onEvent }: { onEvent(event: EngineEvent): void }): LaneEngine => {
    let latest = 0;
    return {
      start: () => void told.started++,
      submit: (spec, fidelity) => {
        const requestId = ++latest;
        told.runs++;
        void (async () => {
          await Promise.resolve();
          if (fate(spec) === "fails") {
            const error = { code: "backend-lost", message: "The engine stopped." } as const;
            onEvent({ type: "failed", requestId, error });
            return;
          }
          for await (const event of runExperiment(spec, fidelity, around)) {
            if (requestId === latest) onEvent({ type: "run", requestId, event });
          }
          onEvent({ type: "done", requestId, elapsedMs: 1 });
        })();
        return requestId;
      },
      cancel: () => {},
      hold: () => {},
      restart: () => void told.restarted++,
      formsOf: () => Promise.reject(new Error("not asked")),
      readForm: () => Promise.reject(new Error("not asked")),
      addRadiograph: () => {},
      dispose: () => void told.ended++,
    };
  };
  const { studySession } = await import("./studySession.ts");
  const session = studySession({ ...stores, engine: { ...stores.engine, background } });
  return { session, told, stores };
}

const study = studyFrom(defaultSpec(), { axes: ["item1"], cases: "this" });
const state = (session: StudySession) => session.store.getState();

test("a study runs to its end, row by row, and asked again makes none anew", async () => {
  const { session, told } = await freshSession();
  await session.run(study);
  expect(state(session)).toMatchObject({ phase: "done", total: 6, error: null });
  const rows = state(session).rows;
  expect(rows.map((row) => row["epsilon"])).toEqual([0, 0.5, 1, 2, 4, 8]);
  expect(rows.map(({ errorCode }) => errorCode)).toEqual(Array(6).fill(null));
  expect(rows.map((row) => row["linf"])).toEqual(
    [...rows].map((row) => row["linf"]).sort((a, b) => Number(a) - Number(b)),
  );
  expect(told).toEqual({ started: 1, ended: 1, runs: 6, restarted: 0 });
  await session.run(study);
  expect(state(session).rows).toEqual(rows);
  expect(told.runs).toBe(6);
});

test("paused after the run under way, it goes on with what is missing", async () => {
  let begun = 0;
  const { session } = await freshSession(() => {
    begun++;
    if (begun === 4) session.pause();
    return undefined;
  });
  await session.run(studyFrom(defaultSpec(), { axes: ["item1"], cases: 3 }));
  expect(state(session)).toMatchObject({ phase: "paused", total: 18 });
  expect(state(session).rows).toHaveLength(4);
  await session.run(state(session).study!);
  expect(state(session)).toMatchObject({ phase: "done", total: 18 });
  expect(state(session).rows).toHaveLength(18);
  expect(begun).toBe(18);
});

test("an engine that stops makes rows that say so, and a study that can't be is refused in words", async () => {
  const { session, told } = await freshSession(() => "fails");
  await session.run(study);
  expect(state(session).phase).toBe("done");
  expect(state(session).rows[0]).toMatchObject({
    errorCode: "backend-lost",
    error: "The engine stopped.",
  });
  // Once more each, on an engine begun anew, and then no more.
  expect(told).toMatchObject({ runs: 12, restarted: 12 });
  await session.run(study);
  expect(told.runs).toBe(12);
  await session.run({ ...study, caps: { rows: 2 } });
  expect(state(session).error?.message).toContain("asks for 6 runs");
  session.close();
  expect(state(session)).toMatchObject({ study: null, rows: [], phase: "idle" });
});

test("failed runs are tried again where the reader asks for it, and only those", async () => {
  let begun = 0;
  // The first two runs fail at both attempts.
  const { session, told } = await freshSession(() => (++begun <= 4 ? "fails" : undefined));
  await session.run(study);
  const failed = () => state(session).rows.map(({ errorCode }) => errorCode !== null);
  expect(failed()).toEqual([true, true, false, false, false, false]);
  const kept = state(session).rows.slice(2);
  await session.run(study, "failed");
  expect(failed()).toEqual(Array(6).fill(false));
  expect(state(session)).toMatchObject({ phase: "done", total: 6 });
  expect(state(session).rows.slice(2)).toEqual(kept);
  expect(told.runs).toBe(4 + 4 + 2);
});

test("several lanes make the rows of one, each the work of one at a time", async () => {
  const one = await freshSession();
  await one.session.run(studyFrom(defaultSpec(), { axes: ["item1"], cases: 3 }));
  vi.resetModules();
  machine.hardwareConcurrency = 8;
  const three = await freshSession();
  await three.session.run(studyFrom(defaultSpec(), { axes: ["item1"], cases: 3 }));
  machine.hardwareConcurrency = 2;
  expect(three.told).toEqual({ started: 3, ended: 3, runs: 18, restarted: 0 });
  const numbers = (session: StudySession) =>
    state(session).rows.map((row) => ({ ...row, elapsedMs: null, latency: null }));
  expect(numbers(three.session)).toEqual(numbers(one.session));
});

test("a study of films waits for them and keeps what was made", async () => {
  const { session, told, stores } = await freshSession(() => "fails");
  const sha256 = "a".repeat(64);
  const ofFilms = studyFrom(defaultSpec(), { axes: ["item1"], cases: [{ sha256 }] });
  await session.run(ofFilms);
  expect(state(session)).toMatchObject({ phase: "paused", error: { code: "not-open" } });
  expect(state(session).error?.message).toContain("1 film that this page has not open");
  expect(told.runs).toBe(0);
  stores.cases.getState().keep(sha256, {} as never);
  await session.run(ofFilms);
  expect(state(session)).toMatchObject({ phase: "done", total: 6, error: null });
  expect(told.runs).toBeGreaterThan(0);
});

test.each([
  [1, 1],
  [2, 1],
  [4, 1],
  [6, 2],
  [8, 3],
  [64, 4],
])("on %i cores a study has %i lanes", async (cores, lanes) => {
  const { laneCount } = await import("./studyLane.ts");
  expect(laneCount(cores)).toBe(lanes);
});
