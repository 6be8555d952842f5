/** A whole radiograph as a small picture: what the model's part was cut from. */
import { isPadding } from "../../image/radiograph.ts";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import type { Box } from "../../image/resize.ts";
import { brightness } from "../../image/voi.ts";

export interface FilmMap {
  readonly rows: number;
  readonly cols: number;
  /** [rows * cols] in [0, 1], bright is dense; padding is black. */
  readonly image: Float32Array;
}

/** Samples a side of what becomes one pixel: enough for a map, and a film of 20 megapixels takes a few milliseconds. */
const SAMPLES = 3;

/** @param side pixels of the map's longer side. Pixels of the map are square whatever the film's are. */
export function filmMap(radiograph: Radiograph, voi: Voi, side: number): FilmMap {
  const { rows, cols, pixelAspect, photometric, values } = radiograph;
  const height = rows * pixelAspect;
  const scale = side / Math.max(height, cols);
  const size = {
    rows: Math.max(1, Math.round(height * scale)),
    cols: Math.max(1, Math.round(cols * scale)),
  };
  const image = new Float32Array(size.rows * size.cols);
  const at = (pixel: number, sample: number, of: number, among: number) =>
    Math.min(among - 1, Math.floor(((pixel + (sample + 0.5) / SAMPLES) / of) * among));
  for (let i = 0; i < image.length; i++) {
    const [row, col] = [Math.floor(i / size.cols), i % size.cols];
    let sum = 0;
    for (let k = 0; k < SAMPLES * SAMPLES; k++) {
      const y = at(row, Math.floor(k / SAMPLES), size.rows, rows);
      const x = at(col, k % SAMPLES, size.cols, cols);
      const value = values[y * cols + x]!;
      if (!isPadding(value, radiograph)) sum += brightness(value, voi, photometric);
    }
    image[i] = sum / SAMPLES ** 2;
  }
  return { ...size, image };
}

/** Of a box in the film's pixels, what lies on the film, as shares (0 to 1) of its height and width. */
export function sharesOf({ rows, cols }: Pick<Radiograph, "rows" | "cols">, box: Box): Box {
  const within = (value: number, most: number) => Math.max(0, Math.min(most, value)) / most;
  const [top, left] = [within(box.top, rows), within(box.left, cols)];
  return {
    top,
    left,
    height: within(box.top + box.height, rows) - top,
    width: within(box.left + box.width, cols) - left,
  };
}
