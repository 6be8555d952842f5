/** Every door of a bench that an instructor has locked, or where something is kept from view; e2e/blind.spec.ts reads what they say. */
import { describe, expect, it } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { HIDDEN, LOCKS, roomFragment } from "../../lesson/room.ts";
import type { LockName } from "../../lesson/room.ts";
import { testBench } from "../../testing/testBench.ts";
import { KEYMAP } from "../context/keymap.ts";
import type { Command } from "../context/keymap.ts";
import { GALLERY, openGalleryCase } from "../controls/gallery.ts";
import { openShared } from "../share/openShared.ts";
import { paletteActions } from "./paletteActions.ts";
import { perform } from "./shortcuts.ts";

const ALL = Object.keys(LOCKS) as LockName[];

function locked() {
  const bench = testBench();
  bench.stores.room.getState().set({ locks: ALL });
  return bench.stores;
}

describe("locks", () => {
  it("cover every part of an experiment but which map lies over the films", () => {
    const covered = Object.values(LOCKS).flat() as readonly (keyof ExperimentSpec)[];
    const free = (Object.keys(defaultSpec()) as (keyof ExperimentSpec)[]).filter(
      (field) => !covered.includes(field),
    );
    expect(free.toSorted()).toEqual(["relevance", "version"]);
  });

  it("hold against every command of the palette and every key", () => {
    const stores = locked();
    const { spec } = stores.experiment.getState();
    const actions = paletteActions(stores, []);
    expect(actions.length).toBeGreaterThan(80);
    for (const { id, run } of actions) {
      run();
      expect(stores.experiment.getState().spec, id).toBe(spec);
    }
    for (const command of Object.keys(KEYMAP) as Command[]) perform(command, stores, []);
    expect(stores.experiment.getState().spec).toBe(spec);
  });

  it("hold against Undo and Redo of what was done before, and let the rest through", () => {
    const { stores } = testBench();
    const { experiment, history, room } = stores;
    const first = experiment.getState().spec;
    const changed: ExperimentSpec = {
      ...first,
      question: "Is there a nodule?",
      instruments: [{ instrument: "allFindings", enabled: true, seed: 1, params: {} }],
      stack: [],
    };
    experiment.getState().edit(() => changed);
    room.getState().set({ locks: ["measurements", "disturbances"] });
    history.getState().undo();
    expect(experiment.getState().spec).toEqual({ ...changed, question: first.question });
    history.getState().redo();
    expect(experiment.getState().spec).toEqual(changed);
  });

  it("refuse another experiment in their place, by a sentence; a link brings locks of its own", () => {
    const stores = locked();
    const spec = { ...stores.experiment.getState().spec, question: "Is there a nodule?" };
    for (const origin of ["session", "manifest", "experiment"] as const) {
      expect(() => openShared(stores, { spec, view: {}, origin })).toThrow(
        /The instructor has locked this here: case, model/,
      );
    }
    openShared(stores, { spec, view: {}, origin: "link" });
    expect(stores.experiment.getState().spec.question).toBe("Is there a nodule?");
  });
});

describe("what is hidden", () => {
  it("is in no name of a command, and no film brings the question that tells what it has", () => {
    const { stores } = testBench();
    const titled = paletteActions(stores, []).map(({ label }) => label);
    expect(titled).toContain("Open the case: Pacemaker");
    stores.room.getState().set({ hidden: HIDDEN });
    const labels = paletteActions(stores, []).map(({ label }) => label);
    for (const { name } of GALLERY) expect(labels).not.toContain(`Open the case: ${name}`);
    expect(labels).toContain("Open the case: Film 8");
    const spec = defaultSpec();
    for (const film of GALLERY) {
      expect(openGalleryCase(spec, film, true).question).toBe(spec.question);
    }
  });

  it("stays hidden where a link of the bench is opened", () => {
    const room = { locks: [], hidden: HIDDEN, seed: 3 };
    expect(roomFragment(room, "#p3.AAAA")).toBe(
      "#p3.AAAA&hide=truth,titles,sliders,answers&seed=3",
    );
  });
});
