/** What a renderer of films is given and gives. */
import type { Tone } from "../../image/display.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Affine } from "../picture/filmGeometry.ts";

export interface FilmScene {
  /** From film pixels to device pixels of the canvas. */
  readonly matrix: Affine;
  /** Film pixels that one device pixel covers. */
  readonly step: number;
  readonly tone: Tone;
  /** Of the viewer, in CSS pixels, of which each is this many device pixels. */
  readonly extent: Extent;
  readonly ratio: number;
}

export interface FilmRenderer {
  readonly kind: "gpu" | "canvas";
  readonly canvas: HTMLCanvasElement;
  draw(scene: FilmScene): void;
  dispose(): void;
}

/** From this many device pixels per film pixel on, pixels are drawn as squares: they are being inspected. */
export const INSPECTION_STEP = 1 / 6;

/** Gives a canvas the viewer's size in device pixels. */
export function fit(canvas: HTMLCanvasElement, { extent, ratio }: FilmScene): void {
  const [width, height] = [Math.round(extent.width * ratio), Math.round(extent.height * ratio)];
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
}
