/** Without a graphics processor: the level that is about as fine as the screen is windowed here and drawn as a picture. */
import { shownLevel } from "../../image/display.ts";
import type { Tone } from "../../image/display.ts";
import { levelFor } from "../picture/pyramid.ts";
import type { PyramidLevel } from "../picture/pyramid.ts";
import { INSPECTION_STEP, fit } from "./filmScene.ts";
import type { FilmRenderer } from "./filmScene.ts";

export function canvasRenderer(
  canvas: HTMLCanvasElement,
  levels: readonly PyramidLevel[],
): FilmRenderer {
  const context = canvas.getContext("2d");
  let drawn:
    { readonly index: number; readonly tone: Tone; readonly bitmap: HTMLCanvasElement } | undefined;
  return {
    kind: "canvas",
    canvas,
    draw(scene) {
      const { matrix, step, tone } = scene;
      if (!context) return;
      fit(canvas, scene);
      const index = levelFor(step, levels.length);
      if (drawn?.index !== index || drawn.tone !== tone) {
        drawn = { index, tone, bitmap: bitmapOf(levels[index]!, tone) };
      }
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = "#000";
      context.fillRect(0, 0, canvas.width, canvas.height);
      const size = 2 ** index;
      const { a, b, c, d, e, f } = matrix;
      context.setTransform(a * size, b * size, c * size, d * size, e, f);
      context.imageSmoothingEnabled = step > INSPECTION_STEP;
      context.drawImage(drawn.bitmap, 0, 0);
    },
    dispose: () => {},
  };
}

function bitmapOf({ cols, rows, values }: PyramidLevel, tone: Tone): HTMLCanvasElement {
  const bitmap = document.createElement("canvas");
  bitmap.width = cols;
  bitmap.height = rows;
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    pixels[4 * i] = pixels[4 * i + 1] = pixels[4 * i + 2] = shownLevel(values[i]!, tone);
    pixels[4 * i + 3] = 255;
  }
  bitmap.getContext("2d")?.putImageData(new ImageData(pixels, cols, rows), 0, 0);
  return bitmap;
}
