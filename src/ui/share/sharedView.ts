/** The part of the view that travels in a link: what lies over the pictures and how they are windowed. */
import type { SystemChange } from "../../experiment/systemChange.ts";
import type { Precision } from "../../model/manifest.ts";
import type { SharedView } from "../../experiment/shareLink/format.ts";
import {
  DEFAULT_VIEW,
  DISPLAY_LIMITS,
  FILM_ZOOM,
  FIT,
  LAYOUTS,
  ZOOM_RANGE,
} from "../../state/viewStore.ts";
import type {
  AttentionChoice,
  Camera,
  FilmView,
  LayerChoice,
  Layout,
  ViewValues,
} from "../../state/viewStore.ts";

export function sharedView(view: ViewValues): SharedView {
  const { attention, window } = view;
  return {
    layout: view.layout,
    attention:
      attention === null
        ? "none"
        : attention.source === "layer"
          ? `${attention.kind}-${attention.layer}`
          : attention.source === "map"
            ? `map.${attention.instrument}.${attention.map}`
            : attention.source,
    ...(attention?.source === "layer" ? { head: attention.head } : {}),
    opacity: view.overlayOpacity,
    masks: view.showMasks,
    invert: view.invert,
    center: window.center,
    width: window.width,
    ...(isFit(view.camera) ? {} : { camera: cameraText(view.camera) }),
    ...(isFit(view.film) && view.film.turns === 0 && !view.film.isMirrored
      ? {}
      : { film: filmText(view.film) }),
    ...(view.comparedWith ? { compare: compareText(view.comparedWith) } : {}),
  };
}

/** Values of a link's view, each checked; what is missing or out of range keeps its default. */
export function viewFromLink(shared: SharedView): Partial<ViewValues> {
  const { layout, opacity, masks, invert, center, width, camera, film, compare } = shared;
  return {
    ...(LAYOUTS.includes(layout as Layout) ? { layout: layout as Layout } : {}),
    attention: attentionOf(shared),
    overlayOpacity: inRange(opacity, 0, 1) ? opacity : DEFAULT_VIEW.overlayOpacity,
    ...comparedWithOf(compare),
    camera: cameraOf(camera, ZOOM_RANGE) ?? DEFAULT_VIEW.camera,
    film: filmOf(film) ?? DEFAULT_VIEW.film,
    showMasks: masks === true,
    invert: invert === true,
    window:
      inRange(center, DISPLAY_LIMITS.least, DISPLAY_LIMITS.most) &&
      inRange(width, 1, DISPLAY_LIMITS.widest)
        ? { center, width }
        : DEFAULT_VIEW.window,
  };
}

function attentionOf({ attention, head }: SharedView): AttentionChoice | null {
  if (attention === "none") return null;
  if (attention === "rollout" || attention === "relevance") return { source: attention };
  const map = /^map\.(\w{1,36})\.([\w-]{1,36})$/.exec(
    typeof attention === "string" ? attention : "",
  );
  if (map) return { source: "map", instrument: map[1]!, map: map[2]! };
  const layer = /^(self|pool|cross)-(\d{1,3}|last)$/.exec(
    typeof attention === "string" ? attention : "",
  );
  if (!layer) return DEFAULT_VIEW.attention;
  const isHead = typeof head === "number" && Number.isInteger(head) && head >= 0;
  return {
    source: "layer",
    kind: layer[1] as LayerChoice["kind"],
    layer: layer[2] === "last" ? "last" : Number(layer[2]),
    head: isHead ? head : "mean",
  };
}

function isFit({ zoom, x, y }: Camera): boolean {
  return zoom === FIT.zoom && x === FIT.x && y === FIT.y;
}

/** "2.5 0.4 0.62": zoom and the point in the viewer's middle, to a quarter of a pixel of a film of 2500. */
function cameraText({ zoom, x, y }: Camera): string {
  return [zoom, x, y].map((value) => String(Number(value.toFixed(4)))).join(" ");
}

function cameraOf(text: unknown, zooms: { readonly min: number; readonly max: number }) {
  const numbers = /^(\d+(?:\.\d+)?) ([01](?:\.\d+)?) ([01](?:\.\d+)?)$/.exec(String(text));
  if (!numbers) return undefined;
  const [zoom, x, y] = numbers.slice(1).map(Number) as [number, number, number];
  const isKnown = inRange(zoom, zooms.min, zooms.max) && inRange(x, 0, 1) && inRange(y, 0, 1);
  return isKnown ? { zoom, x, y } : undefined;
}

/** The same with quarter turns clockwise, and "m" where it is mirrored. */
function filmText(film: FilmView): string {
  return `${cameraText(film)} ${film.turns}${film.isMirrored ? "m" : ""}`;
}

function filmOf(text: unknown): FilmView | undefined {
  const parts = /^(.+) ([0-3])(m?)$/.exec(String(text));
  const camera = parts && cameraOf(parts[1], FILM_ZOOM);
  if (!camera) return undefined;
  return { ...camera, turns: Number(parts[2]) as FilmView["turns"], isMirrored: parts[3] === "m" };
}

function inRange(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

function compareText({ model, precision, defenses }: SystemChange): string {
  return `${model} ${precision} ${defenses}`;
}

/** The second system is named here and checked where it is run (systemChange.ts), so that few first minutes load that. */
function comparedWithOf(text: unknown): Partial<ViewValues> {
  const found = /^([a-z0-9-]{1,80}) (fp32|fp16|int8|int4) (\w{1,40})$/.exec(
    typeof text === "string" ? text : "",
  );
  if (!found) return {};
  const [, model, precision, defenses] = found as unknown as [string, string, Precision, string];
  return { comparedWith: { model, precision, defenses }, dialog: "compare" };
}
