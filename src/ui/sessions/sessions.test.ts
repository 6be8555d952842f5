import { describe, expect, it } from "vitest";
import { testBench } from "../../testing/testBench.ts";
import { caseWords, openSession, saveBench } from "./sessionOfBench.ts";
import {
  deleteEverything,
  keepsFilms,
  keptSession,
  keptSessions,
  setKeepsFilms,
} from "./sessionShelf.ts";

// Node has no IndexedDB, which is what a browser without one looks like; e2e/sessions.spec.ts has a real one.
describe("sessions where nothing can be kept", () => {
  it("say so and cost nothing else", async () => {
    const { stores } = testBench();
    expect(await saveBench(stores, "a", "A")).toBe(false);
    expect(await keptSessions()).toBeUndefined();
    expect(await keptSession("a")).toBeUndefined();
    await setKeepsFilms(true);
    expect(await keepsFilms()).toBe(false);
    await deleteEverything();
    expect(stores.results.getState().refusal).toBeNull();
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
    expect(caseWords(spec, [])).toBe("phantom 7, effusion");
    expect(caseWords(spec, ["answers"])).toBe("phantom 7, effusion");
    for (const what of ["truth", "titles", "sliders"] as const) {
      expect(caseWords(spec, [what])).toBe("phantom 7");
    }
    expect(caseWords({ ...spec, case: { kind: "file", sha256: "a".repeat(64) } }, [])).toBe(
      "own film aaaaaaaa",
    );
  });
});
