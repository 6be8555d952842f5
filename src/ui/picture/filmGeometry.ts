/**
 * Where a film lies on a viewer: turned by quarters, mirrored, zoomed and moved. Film points are its pixels, column then row,
 * from the top left of the first pixel; viewer points are CSS pixels from the viewer's top left. Pixels that are higher than
 * wide are drawn so.
 */
import { FILM_ZOOM } from "../../state/viewStore.ts";
import type { FilmView } from "../../state/viewStore.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Point } from "../kit/pointers.ts";

export interface FilmSize {
  readonly cols: number;
  readonly rows: number;
  /** Height of a pixel over its width. */
  readonly pixelAspect: number;
}

export interface FilmOnViewer {
  readonly film: FilmSize;
  readonly viewer: Extent;
}

/** x' = a x + c y + e, y' = b x + d y + f. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** CSS pixels per film column where the whole film just fits, turned as it is. */
export function fitScale(film: FilmSize, viewer: Extent, turns: number): number {
  const [width, height] = [film.cols, film.rows * film.pixelAspect];
  const [across, down] = turns % 2 === 0 ? [width, height] : [height, width];
  return Math.min(viewer.width / across, viewer.height / down);
}

/** From film pixels to the viewer. */
export function filmToViewer(view: FilmView, film: FilmSize, viewer: Extent): Affine {
  const scale = view.zoom * fitScale(film, viewer, view.turns);
  const tall = film.pixelAspect;
  // Mirrored first, then turned clockwise: what is on screen is mirrored left to right before any turn.
  const [cos, sin] = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ][view.turns]! as [number, number];
  const side = view.isMirrored ? -1 : 1;
  const a = scale * cos * side;
  const b = scale * sin * side;
  const c = -scale * sin * tall;
  const d = scale * cos * tall;
  const [x, y] = [view.x * film.cols, view.y * film.rows];
  return { a, b, c, d, e: viewer.width / 2 - a * x - c * y, f: viewer.height / 2 - b * x - d * y };
}

export function mapped({ x, y }: Point, { a, b, c, d, e, f }: Affine): Point {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

export function inverse({ a, b, c, d, e, f }: Affine): Affine {
  const det = a * d - b * c;
  return {
    a: d / det,
    b: -b / det,
    c: -c / det,
    d: a / det,
    e: (c * f - d * e) / det,
    f: (b * e - a * f) / det,
  };
}

/** The view after a zoom by `factor` that keeps what is under `at` where it is. */
export function zoomFilm(view: FilmView, factor: number, at: Point, on: FilmOnViewer): FilmView {
  const { film, viewer } = on;
  const zoom = Math.max(FILM_ZOOM.min, Math.min(FILM_ZOOM.max, view.zoom * factor));
  const anchor = mapped(at, inverse(filmToViewer(view, film, viewer)));
  const zoomed = { ...view, zoom };
  const there = mapped(anchor, filmToViewer(zoomed, film, viewer));
  return panFilm(zoomed, { x: at.x - there.x, y: at.y - there.y }, on);
}

/** The view after the film is dragged by CSS pixels. Its middle stays on the film, so that it cannot be lost. */
export function panFilm(view: FilmView, by: Point, { film, viewer }: FilmOnViewer): FilmView {
  const { a, b, c, d } = inverse(filmToViewer(view, film, viewer));
  const clamp = (value: number) => Math.max(0, Math.min(1, value));
  return {
    ...view,
    x: clamp(view.x - (a * by.x + c * by.y) / film.cols),
    y: clamp(view.y - (b * by.x + d * by.y) / film.rows),
  };
}

/** The zoom at which a column of the film is one pixel of the screen. */
export function trueZoom(film: FilmSize, viewer: Extent, turns: number): number {
  return 1 / (fitScale(film, viewer, turns) * (globalThis.devicePixelRatio || 1));
}

/** A quarter turn clockwise as seen on screen (or back, for -1). */
export function turned(view: FilmView, by: 1 | -1): FilmView {
  return { ...view, turns: ((view.turns + by + 4) % 4) as FilmView["turns"] };
}

/** Left and right exchanged as seen on screen, whatever the film was turned by. */
export function mirrored(view: FilmView): FilmView {
  const turns = ((4 - view.turns) % 4) as FilmView["turns"];
  return { ...view, isMirrored: !view.isMirrored, turns };
}

/** Top and bottom exchanged as seen on screen. */
export function upended(view: FilmView): FilmView {
  return turned(turned(mirrored(view), 1), 1);
}

/** How the film differs from the way it was stored, in words; undefined where it does not. */
export function orientationText({ turns, isMirrored }: FilmView): string | undefined {
  const parts = [
    ...(isMirrored ? ["mirrored"] : []),
    ...(turns > 0 ? [`turned ${[0, 90, 180, 270][turns]!}°`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}
