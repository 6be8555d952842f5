import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { HELP, KEYMAP, commandOf, keyName, shownKeys, titleOf } from "../context/keymap.ts";
import type { Command, KeyStroke } from "../context/keymap.ts";
import type { Layout } from "../../state/viewStore.ts";
import { testBench } from "../../testing/testBench.ts";
import { FACES } from "../viewer/tools/toolFaces.ts";
import type { ToolFace } from "../viewer/tools/toolFaces.ts";
import { handleKey } from "./shortcuts.ts";

const COMMANDS = Object.keys(KEYMAP) as Command[];
const KEYS = COMMANDS.flatMap((command) =>
  KEYMAP[command].keys.map((key: string) => ({ key, command })),
);

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
  const { experiment, view } = stores;
  for (const question of ["first", "second"]) {
    experiment.getState().edit((spec) => ({ ...spec, question }));
  }
  experiment.temporal.getState().undo();
  view.getState().set({
    camera: { zoom: 4, x: 0.4, y: 0.6 },
    layout,
    tool: "pan",
    window: { center: 90, width: 120 },
  });
  const told = () => JSON.stringify([view.getState(), experiment.getState().spec, cancels()]);
  return { stores, told };
}

describe("the keymap", () => {
  it("gives every command one line of the help, and every key to one command", () => {
    const told = HELP.flatMap(({ commands }) => commands);
    expect([...told].sort()).toEqual([...COMMANDS].sort());
    expect(new Set(KEYS.map(({ key }) => key)).size).toBe(KEYS.length);
    const shown = HELP.flatMap(shownKeys);
    expect(new Set(shown).size).toBe(KEYS.length);
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
    const shown = new Set(HELP.flatMap(shownKeys));
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
