/** What each command of the keymap does to the bench. */
import { PARAMS } from "../../experiment/params.ts";
import { DEFAULT_ATTENTION, LAYOUTS } from "../../state/viewStore.ts";
import type { FilmView } from "../../state/viewStore.ts";
import { commandOf } from "../context/keymap.ts";
import type { Command, KeyStroke } from "../context/keymap.ts";
import type { Stores } from "../context/stores.ts";
import { mirrored, panFilm, turned, upended, zoomFilm } from "../picture/filmGeometry.ts";
import { panBy, zoomAt } from "../picture/viewGeometry.ts";
import { toggleMaximized } from "../viewer/maximize.ts";
import { isFilmTool } from "../viewer/tools/toolFaces.ts";
import type { DisplayPreset } from "../picture/windowDrag.ts";

/** Keyboard pans and zooms act as on a viewer of this size. */
const NOMINAL = { width: 400, height: 400 };
const MIDDLE = { x: 200, y: 200 };
const ON_FILM = { film: { cols: 1, rows: 1, pixelAspect: 1 }, viewer: NOMINAL };
const PAN_STEP = 30;

interface Bench {
  readonly stores: Stores;
  readonly presets: readonly DisplayPreset[];
}

const viewOf = ({ stores }: Bench) => stores.view.getState();

const preset = (key: string) => (bench: Bench) => {
  const chosen = bench.presets.find((each) => each.key === key);
  if (chosen) viewOf(bench).set({ window: chosen.window });
};
const zoom = (factor: number) => (bench: Bench) => {
  const { camera, film, layout, set } = viewOf(bench);
  if (layout === "film") set({ film: zoomFilm(film, factor, MIDDLE, ON_FILM) });
  else set({ camera: zoomAt(camera, factor, MIDDLE, NOMINAL) });
};
const pan = (right: number, down: number) => (bench: Bench) => {
  const { camera, film, layout, set } = viewOf(bench);
  const by = { x: right * PAN_STEP, y: down * PAN_STEP };
  if (layout === "film") set({ film: panFilm(film, by, ON_FILM) });
  else set({ camera: panBy(camera, by.x, by.y, NOMINAL) });
};
const turn = (change: (view: FilmView) => FilmView) => (bench: Bench) =>
  viewOf(bench).set({ film: change(viewOf(bench).film) });
const layout = (by: number) => (bench: Bench) => {
  const view = viewOf(bench);
  const next = LAYOUTS[LAYOUTS.indexOf(view.layout) + by];
  if (next) view.set({ layout: next });
};

const ACTIONS: Readonly<Record<Command, (bench: Bench) => void>> = {
  preset1: preset("1"),
  preset2: preset("2"),
  preset3: preset("3"),
  preset4: preset("4"),
  preset5: preset("5"),
  invert: (bench) => viewOf(bench).set({ invert: !viewOf(bench).invert }),
  reset: (bench) => viewOf(bench).resetView(),
  zoomIn: zoom(1.25),
  zoomOut: zoom(0.8),
  panLeft: pan(1, 0),
  panRight: pan(-1, 0),
  panUp: pan(0, 1),
  panDown: pan(0, -1),
  brush: (bench) => viewOf(bench).set({ tool: "brush" }),
  eraser: (bench) => viewOf(bench).set({ tool: "eraser" }),
  window: (bench) => viewOf(bench).set({ tool: "window" }),
  brushSmaller: (bench) => viewOf(bench).resizeBrush(-PARAMS["stroke.radius"].step),
  brushLarger: (bench) => viewOf(bench).resizeBrush(PARAMS["stroke.radius"].step),
  magnifier: (bench) => viewOf(bench).set({ magnifier: !viewOf(bench).magnifier }),
  attention: (bench) =>
    viewOf(bench).set({ attention: viewOf(bench).attention ? null : DEFAULT_ATTENTION }),
  projector: ({ stores: { room } }) =>
    room.getState().set({ isProjector: !room.getState().isProjector }),
  truth: (bench) => viewOf(bench).set({ showMasks: !viewOf(bench).showMasks }),
  ruler: (bench) => viewOf(bench).set({ tool: "ruler" }),
  angle: (bench) => viewOf(bench).set({ tool: "angle" }),
  heartRatio: (bench) => viewOf(bench).set({ tool: "heartRatio" }),
  rectangle: (bench) => viewOf(bench).set({ tool: "rectangle" }),
  ellipse: (bench) => viewOf(bench).set({ tool: "ellipse" }),
  square: (bench) => viewOf(bench).set({ tool: "square" }),
  turnLeft: turn((view) => turned(view, -1)),
  turnRight: turn((view) => turned(view, 1)),
  mirror: turn(mirrored),
  upend: turn(upended),
  layoutBefore: layout(-1),
  layoutAfter: layout(1),
  maximize: ({ stores }) => toggleMaximized(stores.view),
  cornerText: (bench) => viewOf(bench).set({ cornerText: !viewOf(bench).cornerText }),
  ask: (bench) =>
    viewOf(bench).set({ maximized: null, questionCalls: viewOf(bench).questionCalls + 1 }),
  undo: ({ stores }) => stores.history.getState().undo(),
  redo: ({ stores }) => stores.history.getState().redo(),
  escape: ({ stores }) => {
    const { tool, guideStep, maximized, set } = stores.view.getState();
    if (tool === "brush" || tool === "eraser" || isFilmTool(tool)) set({ tool: "window" });
    else if (guideStep !== null) set({ guideStep: null });
    else if (maximized) set({ maximized: null });
    else stores.link.cancel();
  },
  cine: (bench) => viewOf(bench).set({ dialog: "replay" }),
  palette: (bench) => viewOf(bench).set({ dialog: "palette" }),
  help: (bench) => viewOf(bench).set({ helpOpen: !viewOf(bench).helpOpen }),
};

/** Does what a command does, as its key would. */
export function perform(command: Command, stores: Stores, presets: readonly DisplayPreset[]): void {
  ACTIONS[command]({ stores, presets });
}

/** @returns whether the key meant something, so that the browser need not act on it. */
export function handleKey(
  stroke: KeyStroke,
  stores: Stores,
  presets: readonly DisplayPreset[],
): boolean {
  const command = commandOf(stroke, stores.view.getState().layout, stores.keys.getState().keys);
  if (command) perform(command, stores, presets);
  return command !== undefined;
}
