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
  truth: {
    keys: ["g"],
    does: "Outline of findings: those the phantom has, or what is marked on a film",
  },
  ruler: { keys: ["d"], does: "Ruler", layout: "film" },
  angle: { keys: ["n"], does: "Angle", layout: "film" },
  heartRatio: { keys: ["c"], does: "Cardiothoracic ratio", layout: "film" },
  rectangle: { keys: ["q"], does: "Values in a rectangle", layout: "film" },
  ellipse: { keys: ["o"], does: "Values in an ellipse", layout: "film" },
  square: { keys: ["s"], does: "Move the model’s square", layout: "film" },
  turnLeft: { keys: ["l"], does: "Turn left", layout: "film" },
  turnRight: { keys: ["k"], does: "Turn right", layout: "film" },
  mirror: { keys: ["h"], does: "Mirror, left to right", layout: "film" },
  upend: { keys: ["v"], does: "Mirror, top to bottom", layout: "film" },
  layoutBefore: { keys: [","], does: "Layout before" },
  layoutAfter: { keys: ["."], does: "Layout after" },
  maximize: { keys: ["f"], does: "Maximize the viewer, and back" },
  cornerText: { keys: ["t"], does: "Corner texts" },
  projector: { keys: ["j"], does: "Projector mode" },
  undo: { keys: ["ctrl+z"], does: "Undo" },
  redo: { keys: ["ctrl+y", "ctrl+shift+z"], does: "Redo" },
  escape: { keys: ["escape"], does: "Cancel" },
  help: { keys: ["?"], does: "Keys and mouse" },
  cine: { keys: ["p"], does: "Replay the attack as a cine" },
  palette: { keys: ["ctrl+k"], does: "All commands" },
  ask: { keys: ["/"], does: "Type a question" },
} as const satisfies Readonly<Record<string, Binding>>;

export type Command = keyof typeof KEYMAP;

/** Other keys than these, by command: `state/keyStore.ts`. */
export type OwnKeys = Readonly<Record<string, Keys>>;
const NONE: OwnKeys = {};

/** What a pointer does on a viewer; the middle and the right button are the reader's choice. */
export const POINTER = [
  { press: ["left drag"], does: "display window (the model’s stays), or paint, or measure" },
  { press: ["Shift drag", "Ctrl drag"], does: "display window in coarse, in fine steps" },
  { press: ["space drag"], does: "pan" },
  { press: ["wheel"], does: "zoom at the cursor" },
  { press: ["double click"], does: "maximize the viewer, and back" },
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
  {
    commands: ["rectangle", "ellipse"],
    does: "mean, standard deviation, least and most of the values in a rectangle, in an ellipse, on the whole film",
  },
  {
    commands: ["square"],
    does: "move what the model is given of the film; with the arrows, [ and ] change its size, Delete puts it back in the middle",
  },
  { commands: ["turnLeft", "turnRight"], does: "turn the whole film left, right" },
  { commands: ["mirror", "upend"], does: "mirror the whole film left to right, top to bottom" },
  { commands: ["layoutBefore", "layoutAfter"], does: "previous, next layout" },
  {
    commands: ["maximize"],
    does: "one viewer in the place of all others and of both rails, and back",
  },
  { commands: ["cornerText"], does: "corner texts on or off" },
  { commands: ["projector"], does: "projector mode: large words, two films" },
  { commands: ["ask"], does: "to the question, to type another" },
  { commands: ["undo", "redo"], does: "undo, redo" },
  { commands: ["escape"], does: "cancel the run, put the brush down" },
  { commands: ["help"], does: "this list" },
  { commands: ["cine"], does: "the attack, replayed step by step" },
  { commands: ["palette"], does: "all commands, by name" },
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

export function keysOf(command: Command, own: OwnKeys = NONE): Keys {
  return own[command] ?? KEYMAP[command].keys;
}

/** "Invert (I)": the name of a button whose command has a key. */
export function titleOf(command: Command, own: OwnKeys = NONE): string {
  return `${KEYMAP[command].does} (${keyName(keysOf(command, own)[0]!)})`;
}

/** Space pans while it is held, Escape leaves, and what is held with Ctrl is the same in every program. */
export function isFixed(key: string): boolean {
  return key === " " || key === "escape" || key.startsWith("ctrl+");
}

/** Keys that move the focus or press what has it. */
const TAKEN: readonly string[] = ["enter", "tab", "delete", "backspace", "home", "end"];

export type Rebinding = { readonly own: Keys } | { readonly refusal: string };

/** Another key in the place of one: the command's keys then, or why not. */
export function rebound(
  { command, from }: { readonly command: Command; readonly from: string },
  to: string,
  own: OwnKeys,
): Rebinding {
  const key = to.toLowerCase();
  const keys = keysOf(command, own);
  if (key === from) return { own: keys };
  if (isFixed(key) || TAKEN.includes(key) || (key.length > 1 && !key.startsWith("arrow"))) {
    return { refusal: `${keyName(key)} can’t be given away: take a letter, a digit or a sign.` };
  }
  const owner = commandsByKey(own).get(key);
  if (owner) return { refusal: `${keyName(key)} is “${KEYMAP[owner].does}” already.` };
  return { own: keys.map((each) => (each === from ? key : each)) };
}

/** The reader's own keys stand over those the bench gives. */
function commandsByKey(own: OwnKeys): ReadonlyMap<string, Command> {
  const found = new Map<string, Command>();
  const commands = Object.keys(KEYMAP) as Command[];
  for (const isOwn of [false, true]) {
    for (const command of commands) {
      if (command in own !== isOwn) continue;
      for (const key of keysOf(command, own)) found.set(key, command);
    }
  }
  return found;
}

export interface KeyStroke {
  readonly key: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
}

/** What a keystroke asks for; undefined leaves it to the browser. Shift matters only where Ctrl is held. */
export function commandOf(
  { key, ctrl, shift }: KeyStroke,
  layout: Layout,
  own: OwnKeys = NONE,
): Command | undefined {
  const name = key.toLowerCase();
  const command = commandsByKey(own).get(ctrl ? `ctrl+${shift ? "shift+" : ""}${name}` : name);
  const binding: Binding | undefined = command && KEYMAP[command];
  return binding?.layout === undefined || binding.layout === layout ? command : undefined;
}
