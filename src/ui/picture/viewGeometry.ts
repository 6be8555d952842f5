/**
 * Coordinates of a viewer. The image is square-fitted: at zoom 1 it touches the nearer pair of the viewer's edges.
 * Viewer points are CSS pixels from its top left; image points are fractions of width and height.
 */
import type { Extent } from "../kit/useExtent.ts";
import type { Point } from "../kit/pointers.ts";
import { FIT, ZOOM_RANGE } from "../../state/viewStore.ts";
import type { Camera } from "../../state/viewStore.ts";

/** CSS pixels per image width at this zoom (images here are square). */
export function imageSide(viewer: Extent, camera: Camera): number {
  return Math.min(viewer.width, viewer.height) * camera.zoom;
}

export function toImage(point: Point, viewer: Extent, camera: Camera): Point {
  const side = imageSide(viewer, camera);
  return {
    x: camera.x + (point.x - viewer.width / 2) / side,
    y: camera.y + (point.y - viewer.height / 2) / side,
  };
}

export function toViewer(point: Point, viewer: Extent, camera: Camera): Point {
  const side = imageSide(viewer, camera);
  return {
    x: viewer.width / 2 + (point.x - camera.x) * side,
    y: viewer.height / 2 + (point.y - camera.y) * side,
  };
}

/** The camera after a zoom by `factor` that keeps the image point under `at` where it is. */
export function zoomAt(camera: Camera, factor: number, at: Point, viewer: Extent): Camera {
  const zoom = Math.max(ZOOM_RANGE.min, Math.min(ZOOM_RANGE.max, camera.zoom * factor));
  if (zoom === ZOOM_RANGE.min) return FIT;
  const anchor = toImage(at, viewer, camera);
  const side = imageSide(viewer, { ...camera, zoom });
  return keepInside({
    zoom,
    x: anchor.x - (at.x - viewer.width / 2) / side,
    y: anchor.y - (at.y - viewer.height / 2) / side,
  });
}

/** The camera after dragging the image by (dx, dy) CSS pixels. */
export function panBy(camera: Camera, dx: number, dy: number, viewer: Extent): Camera {
  const side = imageSide(viewer, camera);
  return keepInside({ ...camera, x: camera.x - dx / side, y: camera.y - dy / side });
}

/** Half the visible part always lies on the image, so that it cannot be lost. */
function keepInside(camera: Camera): Camera {
  const clamp = (value: number) => Math.max(0, Math.min(1, value));
  return { ...camera, x: clamp(camera.x), y: clamp(camera.y) };
}
