/** The tools of the film viewer: window, pan and zoom as everywhere, and those that measure. */
import type { Buttons, DragRole } from "../../state/keyStore.ts";
import type { ToolName } from "../../state/viewStore.ts";
import type { Stores } from "../context/stores.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Point, Press } from "../kit/pointers.ts";
import type { Box } from "../../image/resize.ts";
import { panFilm, zoomFilm } from "../picture/filmGeometry.ts";
import type { Affine, FilmSize } from "../picture/filmGeometry.ts";
import { NOTHING } from "../viewer/tools/tool.ts";
import type { Tool } from "../viewer/tools/tool.ts";
import { FACES, isMeasureTool } from "../viewer/tools/toolFaces.ts";
import { windowTool } from "../viewer/tools/windowTool.ts";
import { MEASURE_TOOLS } from "./measureTools.ts";
import { squareTool } from "./squareTool.ts";

export interface FilmSurface {
  readonly stores: Stores;
  readonly film: FilmSize;
  /** Names the film, so that what is measured belongs to it alone. */
  readonly key: string;
  extent(): Extent;
  toFilm(at: Point): Point;
  toViewer(): Affine;
  /** What the model is given, in film pixels; null where that can't be chosen. */
  readonly square: Box | null;
  /** Where the keyboard holds the tool, in film pixels; null until it is moved. */
  readonly tip: { get(): Point | null; set(at: Point): void };
}

const panTool: Tool<FilmSurface> = {
  ...FACES.pan,
  cursor: "grab",
  onDown(from, { stores: { view }, film, extent }) {
    const start = view.getState().film;
    return {
      onMove: (to) => {
        const by = { x: to.x - from.x, y: to.y - from.y };
        view.getState().set({ film: panFilm(start, by, { film, viewer: extent() }) });
      },
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};

/** CSS pixels of drag for a zoom by e. */
const PIXELS_PER_E = 150;

const zoomTool: Tool<FilmSurface> = {
  name: "Zoom (drag)",
  icon: "lens",
  cursor: "default",
  onDown(from, { stores: { view }, film, extent }) {
    const start = view.getState().film;
    return {
      onMove: (to) => {
        const factor = Math.exp((from.y - to.y) / PIXELS_PER_E);
        view.getState().set({ film: zoomFilm(start, factor, from, { film, viewer: extent() }) });
      },
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};

/** What a press takes: as on the other viewers, and where nothing can be painted a brush drags the window. */
export function filmTool(
  { button, isSpaceHeld }: Press,
  inHand: Tool<FilmSurface>,
  buttons: Buttons,
): Tool<FilmSurface> {
  if (isSpaceHeld) return panTool;
  if (button === 1) return DRAGS[buttons.middle];
  return button === 2 ? DRAGS[buttons.right] : inHand;
}

const DRAGS: Readonly<Record<DragRole, Tool<FilmSurface>>> = {
  pan: panTool,
  zoom: zoomTool,
  window: windowTool,
};

export function filmToolInHand(name: ToolName): Tool<FilmSurface> {
  if (isMeasureTool(name)) return MEASURE_TOOLS[name];
  if (name === "square") return squareTool;
  return name === "pan" ? panTool : windowTool;
}
