import { describe, expect, it } from "vitest";
import { load, native12 } from "../../testing/smallRadiograph.ts";
import { testBench } from "../../testing/testBench.ts";
import { settingAside } from "./autosave.ts";
import { answerRollCall, benchesElsewhere } from "./otherTabs.ts";
import { caseWords, openSession, saveBench } from "./sessionOfBench.ts";
import {
  deleteEverything,
  keepsFilms,
  keptSessions,
  pixelsOf,
  setKeepsFilms,
} from "./sessionShelf.ts";

// Node has no IndexedDB, which is what a browser without one looks like; e2e/sessions.spec.ts has a real one.
describe("sessions where nothing can be kept", () => {
  it("say so and cost nothing else", async () => {
    const { stores } = testBench();
    expect(await saveBench(stores, "a", "A")).toBe(false);
    expect(await keptSessions()).toBeUndefined();
    await setKeepsFilms(true);
    expect(await keepsFilms()).toBe(false);
    await deleteEverything();
    expect(stores.results.getState().refusal).toBeNull();
  });
});

describe("a film that is kept", () => {
  it("leaves behind how and on which machine it was taken", async () => {
    const film = await load(native12({ "00081090": "PHI-CANARY", "00180060": "120" }));
    expect(film.acquisition).toMatchObject({ device: "PHI-CANARY", kilovolts: 120 });
    const kept = pixelsOf(film);
    expect(kept.values).toBe(film.values);
    expect(Object.keys(kept)).not.toContain("acquisition");
    expect(JSON.stringify(kept)).not.toContain("CANARY");
  });
});

describe("a session that is opened", () => {
  const session = (spec: unknown) =>
    ({ id: "a", name: "A", savedAt: 0, spec, view: { layout: "film" } }) as never;

  it("puts experiment and view on the bench", async () => {
    const { stores } = testBench();
    const spec = { ...stores.experiment.getState().spec, question: "Is there a nodule?" };
    expect(await openSession(stores, session(spec))).toBe(true);
    expect(stores.experiment.getState().spec).toEqual(spec);
    expect(stores.view.getState()).toMatchObject({
      layout: "film",
      openedLink: { origin: "session" },
    });
  });

  it("leaves the bench alone where it can't be read, and says why", async () => {
    const { stores } = testBench();
    const before = stores.experiment.getState().spec;
    expect(await openSession(stores, session({ ...before, question: 7 }))).toBe(false);
    expect(stores.experiment.getState().spec).toBe(before);
    expect(stores.results.getState().refusal?.code).toBe("spec-invalid");
  });

  it("is told by its picture, never by a file's name", () => {
    const { stores } = testBench();
    const { spec } = stores.experiment.getState();
    expect(caseWords(spec, [])).toBe("phantom 7, pleural effusion");
    expect(caseWords(spec, ["answers"])).toBe("phantom 7, pleural effusion");
    for (const what of ["truth", "titles", "sliders"] as const) {
      expect(caseWords(spec, [what])).toBe("phantom 7");
    }
    expect(caseWords({ ...spec, case: { kind: "file", sha256: "a".repeat(64) } }, [])).toBe(
      "own film aaaaaaaa",
    );
  });
});

describe("two tabs", () => {
  const session = (id: string, savedAt: number) => ({ id, savedAt, name: id }) as never;

  it("never take each other's work for something left behind", () => {
    const kept = [
      session("autosave:1-a", 5),
      session("autosave:2-b", 9),
      session("autosave:3-c", 7),
      session("autosave", 1),
      session("mine", 2),
    ];
    const { left, gone } = settingAside(kept, new Set(["autosave:2-b"]));
    expect(left.map(({ id }) => id)).toEqual(["previous:3-c", "previous:1-a", "previous"]);
    expect(gone).toEqual(["autosave:1-a", "autosave:3-c", "autosave"]);
  });

  it("keep what the last visits left, and of those no endless row", () => {
    const kept = [1, 2, 3, 4, 5].map((at) => session(`previous:${at}`, at));
    const { left, gone } = settingAside([...kept, session("autosave:6-x", 6)], new Set());
    expect(left.map(({ id }) => id)).toEqual(["previous:6-x"]);
    expect(gone).toEqual(["autosave:6-x", "previous:2", "previous:1"]);
  });

  it("answer a roll call while they are open", async () => {
    const stop = answerRollCall("autosave:a");
    const other = answerRollCall("autosave:b");
    expect([...(await benchesElsewhere(50))].toSorted()).toEqual(["autosave:a", "autosave:b"]);
    stop();
    expect([...(await benchesElsewhere(50))]).toEqual(["autosave:b"]);
    other();
  });
});
