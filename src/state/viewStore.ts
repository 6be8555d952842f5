/** How the bench looks: window, zoom, overlays, tools and open panels. None of it changes a result. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { OpenedExperiment } from "../experiment/openExperiment.ts";
import { PARAMS } from "../experiment/params.ts";
import type { ReplayNumbers } from "../experiment/replaySchema.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { SystemChange } from "../experiment/systemChange.ts";
import type { ColorMapName } from "../image/colorMaps.ts";
import { IDENTITY_WINDOW } from "../image/display.ts";
import type { DisplayWindow } from "../image/display.ts";
import type { Study } from "../study/schema.ts";

/** In the order in which the keys go through them. */
export const LAYOUTS = ["film", "single", "pair", "triple", "quad"] as const;
export type Layout = (typeof LAYOUTS)[number];
export type PaneName = "clean" | "disturbed" | "difference";
export type ToolName = "window" | "pan" | "brush" | "eraser" | FilmToolName;
/** Tools of the whole film only. */
export type FilmToolName = MeasureTool | "square";
/** Those that measure. */
export type MeasureTool = "ruler" | "angle" | "heartRatio" | RegionTool;
/** Those that tell the values inside an area. */
export type RegionTool = "rectangle" | "ellipse";
/** Dialogs that lie over the bench, one at a time. */
export type DialogName =
  | "archive"
  | "export"
  | "sessions"
  | "compare"
  | "agreement"
  | "kept"
  | "replay"
  | "palette"
  | "header";

/** One layer of the encoder ("self", "pool") or of the answering head ("cross"). `head` "mean" averages the layer's heads. */
export interface LayerChoice {
  readonly source: "layer";
  readonly kind: "self" | "pool" | "cross";
  readonly layer: number | "last";
  readonly head: number | "mean";
}

/** A map that an instrument made. */
export interface MapChoice {
  readonly source: "map";
  readonly instrument: string;
  readonly map: string;
}

/** Which map lies over the radiographs. */
export type AttentionChoice =
  { readonly source: "rollout" } | { readonly source: "relevance" } | LayerChoice | MapChoice;

/** Where the model looks when it answers. */
export const DEFAULT_ATTENTION: AttentionChoice = {
  source: "layer",
  kind: "cross",
  layer: "last",
  head: "mean",
};

/** Pan and zoom shared by all viewers. */
export interface Camera {
  /** 1 fits the image into the viewer. */
  readonly zoom: number;
  /** Image point at the viewer's middle, as fractions of width and height. */
  readonly x: number;
  readonly y: number;
}

/** How the whole film is looked at. */
export interface FilmView extends Camera {
  /** Quarter turns clockwise. */
  readonly turns: 0 | 1 | 2 | 3;
  /** Left and right exchanged, before any turn. */
  readonly isMirrored: boolean;
}

/** One of the model's pictures laid onto the film where it belongs. */
export interface FilmInset {
  readonly picture: "given" | "disturbed" | "difference";
  readonly how: "whole" | "swipe" | "flicker";
}

/** What was measured, or begun, on the film: its points in film pixels, in the order they were set. */
export interface FilmMeasure {
  readonly tool: MeasureTool;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** The last point still moves with the keys. */
  readonly isHeld?: boolean;
}

export interface BrushSettings {
  /** Radius as a fraction of the image's width. */
  readonly radius: number;
  readonly intensity: number;
}

export const FIT: Camera = { zoom: 1, x: 0.5, y: 0.5 };
export const WHOLE_FILM: FilmView = { ...FIT, turns: 0, isMirrored: false };
/** Of the display window: wide enough for a film of 16 bits whose model window is a hundredth of its range. */
export const DISPLAY_LIMITS = { least: -255 * 128, most: 255 * 129, widest: 255 * 128 } as const;
export const ZOOM_RANGE = { min: 1, max: 24 } as const;
/** A film may be looked at to half its fit and to where one of its pixels is a tile. */
export const FILM_ZOOM = { min: 0.5, max: 400 } as const;

/** The share link or file this experiment came from, with the numbers it promises. */
export interface OpenedLink {
  readonly spec: ExperimentSpec;
  readonly origin: OpenedExperiment["origin"];
  readonly expected?: ReplayNumbers;
}

export interface ViewValues {
  readonly layout: Layout;
  readonly singlePane: PaneName;
  /** The viewer that has the bench to itself; another layout gives the rest back. */
  readonly maximized: PaneName | "film" | null;
  readonly camera: Camera;
  readonly film: FilmView;
  readonly filmInset: FilmInset | null;
  readonly histogram: boolean;
  /** What was measured on the film of this key. */
  readonly measures: { readonly of: string; readonly items: readonly FilmMeasure[] };
  readonly window: DisplayWindow;
  readonly invert: boolean;
  readonly attention: AttentionChoice | null;
  readonly overlayOpacity: number;
  readonly colorMap: Extract<ColorMapName, "lagoon" | "ember">;
  readonly showMasks: boolean;
  readonly tool: ToolName;
  readonly brush: BrushSettings;
  /** Show the clean radiograph at full resolution instead of what the model was given. */
  readonly fullResolution: boolean;
  readonly cornerText: boolean;
  readonly magnifier: boolean;
  /** How often the question was called for: each call takes the focus there. */
  readonly questionCalls: number;
  readonly helpOpen: boolean;
  readonly studiesOpen: boolean;
  readonly dialog: DialogName | null;
  /** The second system that the bench is compared with, where one was chosen. */
  readonly comparedWith: SystemChange | null;
  /** A study that came in a link, until it is begun or put aside. */
  readonly linkedStudy: Study | null;
  /** What the next study is to be, where it is one of those that are made ready: the honesty card, right and wrong by finding. */
  readonly wishedStudy: "honesty" | "findings" | null;
  /** Step of the first-minute guide, or null when it is closed. */
  readonly guideStep: number | null;
  readonly openedLink: OpenedLink | null;
}

export interface ViewState extends ViewValues {
  set(values: Partial<ViewValues>): void;
  resetView(): void;
  resizeBrush(by: number): void;
}

export type ViewStore = StoreApi<ViewState>;

export const DEFAULT_VIEW: ViewValues = {
  layout: "triple",
  singlePane: "disturbed",
  maximized: null,
  camera: FIT,
  film: WHOLE_FILM,
  filmInset: null,
  histogram: false,
  measures: { of: "", items: [] },
  window: IDENTITY_WINDOW,
  invert: false,
  attention: DEFAULT_ATTENTION,
  overlayOpacity: 0.45,
  colorMap: "lagoon",
  showMasks: false,
  tool: "window",
  brush: {
    radius: PARAMS["stroke.radius"].default,
    intensity: PARAMS["stroke.intensity"].default,
  },
  fullResolution: false,
  cornerText: true,
  magnifier: false,
  questionCalls: 0,
  helpOpen: false,
  studiesOpen: false,
  dialog: null,
  comparedWith: null,
  linkedStudy: null,
  wishedStudy: null,
  guideStep: null,
  openedLink: null,
};

export function createViewStore(initial: Partial<ViewValues> = {}): ViewStore {
  return createStore<ViewState>()((set) => ({
    ...DEFAULT_VIEW,
    ...initial,
    // Another layout, and a guide that points at the rails, need them back.
    set: (values) =>
      set(values.layout || values.guideStep != null ? { maximized: null, ...values } : values),
    resetView: () => set({ camera: FIT, film: WHOLE_FILM, window: IDENTITY_WINDOW, invert: false }),
    resizeBrush: (by) =>
      set(({ brush }) => {
        const { min, max } = PARAMS["stroke.radius"];
        const radius = Math.max(min, Math.min(max, brush.radius + by));
        return { brush: { ...brush, radius: Number(radius.toFixed(4)) } };
      }),
  }));
}
