/** Which part of a film is worth drawing pixel by pixel: the visible one, once the screen shows more than the preview has. */
import type { Camera } from "../../state/viewStore.ts";
import type { PixelBox } from "./detail.ts";
import { imageSide, toImage } from "./viewGeometry.ts";
import type { Extent } from "../kit/useExtent.ts";

/** A part of this many pixels is windowed in one frame or two. */
const MOST_PIXELS = 3e6;

/**
 * @param sizes pixels a side of the film and of its preview, and device pixels per CSS pixel
 * @returns whole pixels of the film; null where the preview is as sharp as the screen or the part would be too large to drag
 */
export function nativePart(
  camera: Camera,
  viewer: Extent,
  sizes: { readonly native: number; readonly preview: number; readonly ratio: number },
): PixelBox | null {
  const { native, preview, ratio } = sizes;
  if (native <= preview || imageSide(viewer, camera) * ratio <= preview) return null;
  const from = toImage({ x: 0, y: 0 }, viewer, camera);
  const to = toImage({ x: viewer.width, y: viewer.height }, viewer, camera);
  const inside = (value: number) => Math.max(0, Math.min(native, value));
  const left = inside(Math.floor(from.x * native));
  const top = inside(Math.floor(from.y * native));
  const width = inside(Math.ceil(to.x * native)) - left;
  const height = inside(Math.ceil(to.y * native)) - top;
  if (width <= 0 || height <= 0 || width * height > MOST_PIXELS) return null;
  return { left, top, width, height };
}
