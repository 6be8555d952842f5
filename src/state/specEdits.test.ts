import { describe, expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import {
  addFinding,
  canAddFinding,
  nextPatient,
  removeFinding,
  setFinding,
} from "./phantomEdits.ts";
import {
  freshId,
  moveItem,
  nextSeed,
  openFilm,
  putStroke,
  removeItem,
  reroll,
  setParam,
  setSquare,
  switchOn,
} from "./specEdits.ts";

const order = (spec: ReturnType<typeof defaultSpec>) => spec.stack.map(({ id }) => id);
const stroke = { points: [[0.5, 0.5]], radius: 0.02, intensity: 1, erase: false } as const;

describe("edits of the stack", () => {
  it("moves members and leaves the ends alone", () => {
    const spec = defaultSpec();
    const [first, second] = order(spec);
    expect(order(moveItem(second!, -1)(spec))).toEqual([second, first]);
    expect(moveItem(first!, -1)(spec)).toBe(spec);
    expect(moveItem(second!, 1)(spec)).toBe(spec);
  });

  it("returns the same spec when a parameter keeps its value or the id is unknown", () => {
    const spec = defaultSpec();
    expect(setParam("quantum-1", "severity", 1)(spec)).toBe(spec);
    expect(setParam("nobody", "severity", 3)(spec)).toBe(spec);
    expect(setParam("quantum-1", "severity", 3)(spec)).not.toBe(spec);
  });

  it("opens a reader's film untouched, and switches on again what was on", () => {
    const before = defaultSpec();
    const partly = {
      ...before,
      stack: [...before.stack, { ...before.stack[0]!, id: "off", enabled: false }],
    };
    const on = partly.stack.filter(({ enabled }) => enabled).map(({ id }) => id);
    const opened = openFilm("ab", { vois: [] })(partly);
    expect(opened.case).toEqual({ kind: "file", sha256: "ab" });
    expect(opened.stack.map(({ enabled }) => enabled)).toEqual([false, false, false]);
    expect(switchOn(on)(opened).stack).toEqual(partly.stack);
    expect(switchOn(["nobody"])(opened)).toBe(opened);
  });

  it("says which picture of a file it is, and keeps no square but the whole film's from one film to the next", () => {
    const second = openFilm("ab", { vois: [], frame: { index: 1, count: 3 } })(defaultSpec());
    expect(second.case).toEqual({ kind: "file", sha256: "ab", frame: 2 });
    const placed = { kind: "placed", left: 1, top: 2, side: 64 } as const;
    const moved = setSquare(placed)(second);
    expect(moved.case).toEqual({ ...second.case, square: placed });
    expect(setSquare({ ...placed })(moved)).toBe(moved);
    expect(setSquare(undefined)(moved)).toEqual(second);
    expect(openFilm("cd", { vois: [] })(moved).case).toEqual({ kind: "file", sha256: "cd" });
    const whole = setSquare({ kind: "whole" })(moved);
    expect(openFilm("cd", { vois: [] })(whole).case).toEqual({
      kind: "file",
      sha256: "cd",
      square: { kind: "whole" },
    });
    expect(setSquare(placed)(defaultSpec())).toEqual(defaultSpec());
  });

  it("finds ids nobody has", () => {
    const spec = defaultSpec();
    expect(freshId("pgd", spec.stack)).toBe("pgd-2");
    expect(freshId("pgd", removeItem("pgd-1")(spec).stack)).toBe("pgd-1");
  });

  it("walks seeds without repeating soon and keeps them whole", () => {
    const seen = new Set<number>();
    let seed = 1;
    for (let i = 0; i < 5000; i++) {
      seed = nextSeed(seed);
      expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 20).toBe(true);
      seen.add(seed);
    }
    expect(seen.size).toBe(5000);
    expect(reroll("pgd-1")(defaultSpec()).stack[1]?.seed).toBe(nextSeed(1));
  });

  it("replaces a growing stroke in its place", () => {
    const longer = {
      ...stroke,
      points: [
        [0.5, 0.5],
        [0.6, 0.5],
      ] as const,
    };
    const once = putStroke("quantum-1", 0, stroke)(defaultSpec());
    const twice = putStroke("quantum-1", 0, longer)(once);
    expect(twice.stack[0]).toMatchObject({ strokes: [longer] });
  });
});

describe("edits of the phantom", () => {
  it("adds a sided finding on the free side, twice at most", () => {
    const added = addFinding("effusion")(defaultSpec());
    expect(added.case).toMatchObject({
      phantom: { findings: [{ side: "left" }, { kind: "effusion", side: "right", amount: 500 }] },
    });
    if (added.case.kind === "phantom") {
      expect(canAddFinding(added.case.phantom, "effusion")).toBe(false);
      expect(canAddFinding(added.case.phantom, "nodule")).toBe(true);
    }
  });

  it("changes one finding, removes it, and keeps findings from patient to patient", () => {
    const larger = setFinding(0, { amount: 900 })(defaultSpec());
    expect(nextPatient()(larger).case).toEqual({
      kind: "phantom",
      phantom: { seed: 8, findings: [{ kind: "effusion", side: "left", amount: 900 }] },
    });
    expect(removeFinding(0)(larger).case).toMatchObject({ phantom: { findings: [] } });
  });

  it("leaves a reader's own file alone", () => {
    const spec = { ...defaultSpec(), case: { kind: "file", sha256: "0".repeat(64) } } as const;
    expect(nextPatient()(spec)).toBe(spec);
  });
});
