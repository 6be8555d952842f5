/** Keys of the bench, as a table from key to action; text fields keep their keys. */
import { PARAMS } from "../../experiment/params.ts";
import { DEFAULT_ATTENTION } from "../../state/viewStore.ts";
import type { Layout } from "../../state/viewStore.ts";
import { panBy, zoomAt } from "../picture/viewGeometry.ts";
import type { DisplayPreset } from "../picture/windowDrag.ts";
import type { Stores } from "../context/stores.ts";

const LAYOUTS: readonly Layout[] = ["single", "pair", "triple"];
/** Keyboard pans and zooms act as on a viewer of this size. */
const NOMINAL = { width: 400, height: 400 };
const PAN_STEP = 30;

export interface KeyStroke {
  readonly key: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
}

/** @returns whether the key meant something, so that the browser need not act on it. */
export function handleKey(
  { key, ctrl, shift }: KeyStroke,
  stores: Stores,
  presets: readonly DisplayPreset[],
): boolean {
  const view = stores.view.getState();
  const { undo, redo } = stores.experiment.temporal.getState();
  if (ctrl) {
    const letter = key.toLowerCase();
    if (letter === "z") (shift ? redo : undo)();
    else if (letter === "y") redo();
    else return false;
    return true;
  }
  const preset = presets.find((candidate) => candidate.key === key);
  if (preset) {
    view.set({ window: preset.window });
    return true;
  }
  const zoom = (factor: number) =>
    view.set({ camera: zoomAt(view.camera, factor, { x: 200, y: 200 }, NOMINAL) });
  const pan = (dx: number, dy: number) => view.set({ camera: panBy(view.camera, dx, dy, NOMINAL) });
  const layout = (by: number) => {
    const next = LAYOUTS[LAYOUTS.indexOf(view.layout) + by];
    if (next) view.set({ layout: next });
  };
  const actions: Readonly<Record<string, () => void>> = {
    i: () => view.set({ invert: !view.invert }),
    " ": () => view.resetView(),
    r: () => view.resetView(),
    b: () => view.set({ tool: "brush" }),
    e: () => view.set({ tool: "eraser" }),
    w: () => view.set({ tool: "window" }),
    m: () => view.set({ magnifier: !view.magnifier }),
    a: () => view.set({ attention: view.attention ? null : DEFAULT_ATTENTION }),
    g: () => view.set({ showMasks: !view.showMasks }),
    t: () => view.set({ cornerText: !view.cornerText }),
    "[": () => view.resizeBrush(-PARAMS["stroke.radius"].step),
    "]": () => view.resizeBrush(PARAMS["stroke.radius"].step),
    ",": () => layout(-1),
    ".": () => layout(1),
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    arrowleft: () => pan(PAN_STEP, 0),
    arrowright: () => pan(-PAN_STEP, 0),
    arrowup: () => pan(0, PAN_STEP),
    arrowdown: () => pan(0, -PAN_STEP),
    "?": () => view.set({ helpOpen: !view.helpOpen }),
    escape: () => {
      if (view.tool === "brush" || view.tool === "eraser") view.set({ tool: "window" });
      else if (view.guideStep !== null) view.set({ guideStep: null });
      else stores.link.cancel();
    },
  };
  const action = actions[key.toLowerCase()];
  action?.();
  return action !== undefined;
}
