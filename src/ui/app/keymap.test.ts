import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { HELP, KEYMAP, commandOf, keyName, rebound, keysOf, titleOf } from "../context/keymap.ts";
import type { Command, KeyStroke } from "../context/keymap.ts";
import type { Layout } from "../../state/viewStore.ts";
import { GIVEN, createKeyStore } from "../../state/keyStore.ts";
import { testBench } from "../../testing/testBench.ts";
import { FACES } from "../viewer/tools/toolFaces.ts";
import type { ToolFace } from "../viewer/tools/toolFaces.ts";
import { handleKey } from "./shortcuts.ts";

const COMMANDS = Object.keys(KEYMAP) as Command[];
const KEYS = COMMANDS.flatMap((command) =>
  KEYMAP[command].keys.map((key: string) => ({ key, command })),
);

/** As the help prints them. */
const SHOWN = HELP.flatMap(({ commands }) => commands.flatMap((c) => keysOf(c).map(keyName)));

/** One in which the command means something. */
function layoutOf(command: Command): Layout {
  const binding = KEYMAP[command];
  return "layout" in binding ? binding.layout : "pair";
}

function strokeOf(key: string): KeyStroke {
  const ctrl = key.startsWith("ctrl+");
  const shift = key.includes("shift+");
  return { key: key.replace(/^ctrl\+(shift\+)?/, ""), ctrl, shift };
}

const PRESETS = ["1", "2", "3", "4", "5"].map((key) => ({
  key,
  name: key,
  window: { center: 10 * Number(key), width: 50 },
}));

/** Moved, windowed, with something to undo and to redo: no command finds its work done already. */
function benchInUse(layout: Layout) {
  const { stores, cancels } = testBench();
  const { experiment, room, view } = stores;
  view.getState().set({
    camera: { zoom: 4, x: 0.4, y: 0.6 },
    layout,
    tool: "pan",
    window: { center: 90, width: 120 },
  });
  // Last: a change of the view is a step too, after which nothing can be redone.
  for (const question of ["first", "second"]) {
    experiment.getState().edit((spec) => ({ ...spec, question }));
  }
  stores.history.getState().undo();
  const told = () =>
    JSON.stringify([view.getState(), room.getState(), experiment.getState().spec, cancels()]);
  return { stores, told };
}

describe("the keymap", () => {
  it("gives every command one line of the help, and every key to one command", () => {
    const told = HELP.flatMap(({ commands }) => commands);
    expect([...told].sort()).toEqual([...COMMANDS].sort());
    expect(new Set(KEYS.map(({ key }) => key)).size).toBe(KEYS.length);
    expect(new Set(SHOWN).size).toBe(KEYS.length);
  });

  it.each(KEYS)("$key does something: $command", ({ key, command }) => {
    const { stores, told } = benchInUse(layoutOf(command));
    const before = told();
    expect(handleKey(strokeOf(key), stores, PRESETS)).toBe(true);
    expect(told()).not.toBe(before);
  });

  it("has no key that the help does not tell", () => {
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const named = ["Escape", "Enter", "Tab", "Home", "End", "F1", "F5", "Delete", "PageDown"];
    const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
    const shown = new Set(SHOWN);
    for (const key of [...characters, ...named, ...arrows]) {
      for (const [ctrl, shift] of [
        [false, false],
        [true, false],
        [true, true],
      ] as const) {
        const stroke = { key, ctrl, shift };
        if (!commandOf(stroke, "film") && !commandOf(stroke, "pair")) continue;
        const held = ctrl ? `ctrl+${shift ? "shift+" : ""}` : "";
        expect(shown).toContain(keyName(`${held}${key.toLowerCase()}`));
      }
    }
  });

  it("is where titles have their keys from", () => {
    expect(titleOf("invert")).toBe("Invert (I)");
    expect(titleOf("reset")).toBe("Reset view (Space)");
    expect(titleOf("redo")).toBe("Redo (Ctrl+Y)");
    const folder = path.join(import.meta.dirname, "..");
    const spelt = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
      .filter((file) => !file.endsWith("keymap.ts"))
      .filter((file) =>
        /\((?:Ctrl[ +])?(?:[A-Z]|Space|Esc|\?)\)["'`<]/.test(
          readFileSync(path.join(folder, file), "utf8"),
        ),
      );
    expect(spelt).toEqual([]);
  });

  it("leaves keys of the whole film alone where it is not on screen", () => {
    const { stores, told } = benchInUse("pair");
    const before = told();
    expect(handleKey(strokeOf("h"), stores, PRESETS)).toBe(false);
    expect(told()).toBe(before);
  });

  it("moves and zooms what is on screen", () => {
    const { stores } = benchInUse("film");
    for (const key of ["+", "arrowleft"]) handleKey(strokeOf(key), stores, PRESETS);
    const { camera, film } = stores.view.getState();
    expect(camera).toEqual({ zoom: 4, x: 0.4, y: 0.6 });
    expect(film.zoom).toBeCloseTo(1.25, 9);
    expect(film.x).toBeLessThan(0.5);
  });

  it("takes up each tool by the command the tool names", () => {
    for (const [name, { command }] of Object.entries<ToolFace>(FACES)) {
      if (!command) continue;
      const { stores } = testBench();
      stores.view.getState().set({ tool: "pan", layout: layoutOf(command) });
      handleKey(strokeOf(KEYMAP[command].keys[0]), stores, []);
      expect(stores.view.getState().tool).toBe(name);
    }
  });
});

describe("a reader’s own keys", () => {
  it("stand in the place of the bench’s, in titles, in the help and under the finger", () => {
    const result = rebound({ command: "invert", from: "i" }, "X", {});
    expect(result).toEqual({ own: ["x"] });
    const own = { invert: ["x"] };
    expect(titleOf("invert", own)).toBe("Invert (X)");
    expect(commandOf(strokeOf("x"), "pair", own)).toBe("invert");
    expect(commandOf(strokeOf("i"), "pair", own)).toBeUndefined();
    const { stores } = testBench();
    stores.keys.getState().setKeys("invert", own.invert);
    expect(handleKey(strokeOf("x"), stores, [])).toBe(true);
    expect(stores.view.getState().invert).toBe(true);
    stores.keys.getState().reset();
    expect(handleKey(strokeOf("x"), stores, [])).toBe(false);
  });

  it("keep a command’s other keys", () => {
    expect(rebound({ command: "zoomIn", from: "=" }, "z", {})).toEqual({ own: ["+", "z"] });
  });

  it("are refused where they have another meaning, in words", () => {
    const refusal = (to: string) => {
      const result = rebound({ command: "invert", from: "i" }, to, { truth: ["o"] });
      return "refusal" in result ? result.refusal : "";
    };
    expect(refusal("m")).toBe("M is “Magnifier” already.");
    expect(refusal("o")).toContain("Outline of findings");
    expect(refusal("g")).toBe("");
    for (const key of [" ", "Escape", "Tab", "Enter", "F5", "ctrl+c"]) {
      expect(refusal(key)).toContain("can’t be given away");
    }
  });

  it("are kept over visits, and what was kept in another shape is left", () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
    try {
      createKeyStore().getState().setKeys("invert", ["x"]);
      createKeyStore().getState().setButton("right", "window");
      createKeyStore().getState().setTextSize(130);
      expect(createKeyStore().getState()).toMatchObject({
        textSize: 130,
        keys: { invert: ["x"] },
        buttons: { middle: "pan", right: "window" },
      });
      const [name] = kept.keys();
      kept.set(name!, '{"keys":{"invert":7},"buttons":{"right":"explode"}}');
      expect(createKeyStore().getState()).toMatchObject(GIVEN);
      kept.set(name!, "{");
      expect(createKeyStore().getState()).toMatchObject(GIVEN);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
