/**
 * The keys and pointer habits of the bench, once: what the shortcuts listen to, what the help lists and what titles say in
 * brackets are all read from here.
 */

import type { Layout } from "../../state/viewStore.ts";

/** A key as the browser names it, in lower case; "ctrl+" stands before it where Ctrl (or the command key) is held. */
export type Keys = readonly string[];

interface Binding {
  readonly keys: Keys;
  /** As a title says it. */
  readonly does: string;
  /** Means something in this layout only. */
  readonly layout?: Layout;
}

export const KEYMAP = {
  preset1: { keys: ["1"], does: "Display window as the model sees it" },
  preset2: { keys: ["2"], does: "Automatic display window" },
  preset3: { keys: ["3"], does: "Display the full range" },
  preset4: { keys: ["4"], does: "Lung display window" },
  preset5: { keys: ["5"], does: "Bone and mediastinum display window" },
  invert: { keys: ["i"], does: "Invert" },
  reset: { keys: [" ", "r"], does: "Reset view" },
  zoomIn: { keys: ["+", "="], does: "Zoom in" },
  zoomOut: { keys: ["-"], does: "Zoom out" },
  panLeft: { keys: ["arrowleft"], does: "Pan left" },
  panRight: { keys: ["arrowright"], does: "Pan right" },
  panUp: { keys: ["arrowup"], does: "Pan up" },
  panDown: { keys: ["arrowdown"], does: "Pan down" },
  brush: { keys: ["b"], does: "Brush" },
  eraser: { keys: ["e"], does: "Eraser" },
  window: { keys: ["w"], does: "Display window" },
  brushSmaller: { keys: ["["], does: "Smaller brush" },
  brushLarger: { keys: ["]"], does: "Larger brush" },
  magnifier: { keys: ["m"], does: "Magnifier" },
  attention: { keys: ["a"], does: "Attention" },
  truth: { keys: ["g"], does: "Outline of the findings the phantom really has" },
  ruler: { keys: ["d"], does: "Ruler", layout: "film" },
  angle: { keys: ["n"], does: "Angle", layout: "film" },
  heartRatio: { keys: ["c"], does: "Cardiothoracic ratio", layout: "film" },
  turnLeft: { keys: ["l"], does: "Turn left", layout: "film" },
  turnRight: { keys: ["k"], does: "Turn right", layout: "film" },
  mirror: { keys: ["h"], does: "Mirror, left to right", layout: "film" },
  upend: { keys: ["v"], does: "Mirror, top to bottom", layout: "film" },
  layoutBefore: { keys: [","], does: "Layout before" },
  layoutAfter: { keys: ["."], does: "Layout after" },
  cornerText: { keys: ["t"], does: "Corner texts" },
  undo: { keys: ["ctrl+z"], does: "Undo" },
  redo: { keys: ["ctrl+y", "ctrl+shift+z"], does: "Redo" },
  escape: { keys: ["escape"], does: "Cancel" },
  help: { keys: ["?"], does: "Keys and mouse" },
} as const satisfies Readonly<Record<string, Binding>>;

export type Command = keyof typeof KEYMAP;

/** What a pointer does on a viewer. */
export const POINTER = [
  { press: ["left drag"], does: "display window (the model’s stays), or paint, or measure" },
  { press: ["Shift drag", "Ctrl drag"], does: "display window in coarse, in fine steps" },
  { press: ["middle drag", "space drag"], does: "pan" },
  { press: ["wheel", "right drag"], does: "zoom at the cursor" },
] as const;

/** One line of the help. */
export interface HelpRow {
  readonly commands: readonly Command[];
  readonly does: string;
}

export const HELP: readonly HelpRow[] = [
  {
    commands: ["preset1", "preset2", "preset3", "preset4", "preset5"],
    does: "display windows",
  },
  { commands: ["invert"], does: "invert" },
  { commands: ["reset"], does: "reset the view" },
  { commands: ["zoomIn", "zoomOut"], does: "zoom in, out" },
  {
    commands: ["panLeft", "panRight", "panUp", "panDown"],
    does: "pan; on a viewer with the brush, move the brush",
  },
  { commands: ["brush", "eraser"], does: "brush, eraser; Enter sets a dab" },
  { commands: ["window"], does: "back to window and level" },
  { commands: ["brushSmaller", "brushLarger"], does: "brush smaller, larger" },
  { commands: ["magnifier"], does: "magnifier" },
  { commands: ["attention", "truth"], does: "attention, ground truth on or off" },
  {
    commands: ["ruler", "angle", "heartRatio"],
    does: "ruler, angle, cardiothoracic ratio, on the whole film; with the arrows, Enter sets a point, Delete takes the last one away",
  },
  { commands: ["turnLeft", "turnRight"], does: "turn the whole film left, right" },
  { commands: ["mirror", "upend"], does: "mirror the whole film left to right, top to bottom" },
  { commands: ["layoutBefore", "layoutAfter"], does: "previous, next layout" },
  { commands: ["cornerText"], does: "corner texts on or off" },
  { commands: ["undo", "redo"], does: "undo, redo" },
  { commands: ["escape"], does: "cancel the run, put the brush down" },
  { commands: ["help"], does: "this list" },
];

const NAMES: Readonly<Record<string, string>> = {
  " ": "Space",
  "-": "−",
  escape: "Esc",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
};

/** A key as it is printed: "ctrl+z" is "Ctrl+Z". */
export function keyName(key: string): string {
  return key
    .split(/(?<=.)\+(?=.)/)
    .map((part) => NAMES[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
    .join("+");
}

/** "Invert (I)": the name of a button whose command has a key. */
export function titleOf(command: Command): string {
  const { does, keys } = KEYMAP[command];
  return `${does} (${keyName(keys[0])})`;
}

/** The keys of a line of the help, as they are printed. */
export function shownKeys({ commands }: HelpRow): readonly string[] {
  return commands.flatMap((command) => KEYMAP[command].keys.map(keyName));
}

const COMMANDS = new Map<string, Command>(
  Object.entries(KEYMAP).flatMap(([command, { keys }]) =>
    keys.map((key): [string, Command] => [key, command as Command]),
  ),
);

export interface KeyStroke {
  readonly key: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
}

/** What a keystroke asks for; undefined leaves it to the browser. Shift matters only where Ctrl is held. */
export function commandOf({ key, ctrl, shift }: KeyStroke, layout: Layout): Command | undefined {
  const name = key.toLowerCase();
  const command = COMMANDS.get(ctrl ? `ctrl+${shift ? "shift+" : ""}${name}` : name);
  const binding: Binding | undefined = command && KEYMAP[command];
  return binding?.layout === undefined || binding.layout === layout ? command : undefined;
}
