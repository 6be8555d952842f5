/** Paints one viewer: the picture, what lies over it and the brush, in device pixels. */
import type { Camera } from "../../state/viewStore.ts";
import { imageSide, toViewer } from "../picture/viewGeometry.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Point } from "../kit/pointers.ts";

/** A picture ready to be drawn at any zoom, over the whole image or a part of it. */
export interface Layer {
  readonly bitmap: HTMLCanvasElement;
  /** The part it covers, as fractions of the image; all of it when absent. */
  readonly part?: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  readonly opacity: number;
  /** Always blend neighbours (maps of few cells); otherwise only until single pixels are large enough to inspect. */
  readonly smooth: boolean;
}

export interface BrushCursor {
  readonly at: Point;
  /** Fraction of the image's width. */
  readonly radius: number;
  readonly erase: boolean;
}

export interface Scene {
  readonly layers: readonly Layer[];
  readonly cursor: BrushCursor | null;
  readonly magnifier: Point | null;
}

/** A canvas of side x side holding RGBA `pixels`. */
export function bitmapOf(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** From this many CSS pixels per image pixel on, pixels are drawn as squares: they are being inspected. */
const INSPECTION_SCALE = 6;
const LENS_RADIUS = 80;
const LENS_FACTOR = 2.5;

export function paintPane(
  canvas: HTMLCanvasElement,
  viewer: Extent,
  camera: Camera,
  scene: Scene,
): void {
  const context = canvas.getContext("2d");
  if (!context || viewer.width === 0) return;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.round(viewer.width * ratio);
  const height = Math.round(viewer.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, viewer.width, viewer.height);
  paintLayers(context, viewer, camera, scene.layers);
  if (scene.magnifier) paintLens(context, { viewer, camera }, scene.layers, scene.magnifier);
  if (scene.cursor) paintCursor(context, viewer, camera, scene.cursor);
}

function paintLayers(
  context: CanvasRenderingContext2D,
  viewer: Extent,
  camera: Camera,
  layers: readonly Layer[],
): void {
  const side = imageSide(viewer, camera);
  const origin = toViewer({ x: 0, y: 0 }, viewer, camera);
  for (const { bitmap, opacity, smooth, part } of layers) {
    const { x, y, width, height } = part ?? { x: 0, y: 0, width: 1, height: 1 };
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = smooth || (side * width) / bitmap.width < INSPECTION_SCALE;
    context.imageSmoothingQuality = "high";
    context.drawImage(
      bitmap,
      origin.x + x * side,
      origin.y + y * side,
      width * side,
      height * side,
    );
  }
  context.globalAlpha = 1;
}

function paintLens(
  context: CanvasRenderingContext2D,
  { viewer, camera }: { readonly viewer: Extent; readonly camera: Camera },
  layers: readonly Layer[],
  at: Point,
): void {
  const middle = toViewer(at, viewer, camera);
  const zoom = camera.zoom * LENS_FACTOR;
  const side = imageSide(viewer, { ...camera, zoom });
  // The camera that puts the point under the pointer exactly where it already is.
  const lens: Camera = {
    zoom,
    x: at.x - (middle.x - viewer.width / 2) / side,
    y: at.y - (middle.y - viewer.height / 2) / side,
  };
  context.save();
  context.beginPath();
  context.arc(middle.x, middle.y, LENS_RADIUS, 0, 2 * Math.PI);
  context.clip();
  context.fillStyle = "#000";
  context.fill();
  paintLayers(context, viewer, lens, layers);
  context.restore();
  context.strokeStyle = "rgba(232, 235, 236, 0.55)";
  context.lineWidth = 1;
  context.beginPath();
  context.arc(middle.x, middle.y, LENS_RADIUS, 0, 2 * Math.PI);
  context.stroke();
}

function paintCursor(
  context: CanvasRenderingContext2D,
  viewer: Extent,
  camera: Camera,
  { at, radius, erase }: BrushCursor,
): void {
  const middle = toViewer(at, viewer, camera);
  const r = Math.max(2, radius * imageSide(viewer, camera));
  for (const [color, width] of [
    ["rgba(0, 0, 0, 0.75)", 3],
    [erase ? "#e8ebec" : "#f0ab66", 1.25],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(erase && width < 2 ? [4, 3] : []);
    context.beginPath();
    context.arc(middle.x, middle.y, r, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}
