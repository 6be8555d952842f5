import { describe, expect, it } from "vitest";
import { FIT } from "../../state/viewStore.ts";
import { imageSide, panBy, toImage, toViewer, zoomAt } from "./viewGeometry.ts";

const viewer = { width: 400, height: 300 };

describe("coordinates of a viewer", () => {
  it("fits the image into the shorter side, centred", () => {
    expect(imageSide(viewer, FIT)).toBe(300);
    expect(toViewer({ x: 0, y: 0 }, viewer, FIT)).toEqual({ x: 50, y: 0 });
    expect(toViewer({ x: 1, y: 1 }, viewer, FIT)).toEqual({ x: 350, y: 300 });
  });

  it("maps there and back", () => {
    const camera = { zoom: 3.7, x: 0.31, y: 0.72 };
    const image = toImage({ x: 123, y: 45 }, viewer, camera);
    const back = toViewer(image, viewer, camera);
    expect(back.x).toBeCloseTo(123, 9);
    expect(back.y).toBeCloseTo(45, 9);
  });

  it("keeps the point under the cursor where it is while zooming", () => {
    const at = { x: 260, y: 110 };
    const before = toImage(at, viewer, FIT);
    const camera = zoomAt(zoomAt(FIT, 2, at, viewer), 1.3, at, viewer);
    const after = toViewer(before, viewer, camera);
    expect(camera.zoom).toBeCloseTo(2.6, 9);
    expect(after.x).toBeCloseTo(at.x, 6);
    expect(after.y).toBeCloseTo(at.y, 6);
  });

  it("returns to the fitted image when zoomed all the way out", () => {
    const camera = zoomAt({ zoom: 2, x: 0.2, y: 0.9 }, 0.1, { x: 10, y: 10 }, viewer);
    expect(camera).toEqual(FIT);
  });

  it("pans with the pointer and never loses the image", () => {
    const camera = { zoom: 2, x: 0.5, y: 0.5 };
    expect(panBy(camera, 60, 0, viewer).x).toBeCloseTo(0.4, 9);
    expect(panBy(camera, 1e6, -1e6, viewer)).toMatchObject({ x: 0, y: 1 });
  });
});
