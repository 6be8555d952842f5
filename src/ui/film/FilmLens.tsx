/** The magnifier on the whole film, at two and a half times the viewer's zoom. */
import { useEffect, useRef } from "react";
import type { Tone } from "../../image/display.ts";
import type { Point } from "../kit/pointers.ts";
import { inverse } from "../picture/filmGeometry.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import { lensPixels } from "../picture/lens.ts";
import type { PyramidLevel } from "../picture/pyramid.ts";
import styles from "./film.module.css";

/** CSS pixels across, and how much larger than around it. */
const SIDE = 176;
const FACTOR = 2.5;

export function FilmLens(props: {
  readonly level: PyramidLevel;
  readonly matrix: Affine;
  readonly tone: Tone;
  /** Under the pointer, in CSS pixels of the viewer. */
  readonly at: Point;
}) {
  const { level, matrix, tone, at } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const ratio = globalThis.devicePixelRatio || 1;
  const side = Math.round(SIDE * ratio);
  useEffect(() => {
    const { a, b, c, d, e, f } = inverse(matrix);
    // A lens pixel is this many CSS pixels of the viewer, from the point under the pointer.
    const step = 1 / (ratio * FACTOR);
    const toFilm = {
      a: a * step,
      b: b * step,
      c: c * step,
      d: d * step,
      e: a * at.x + c * at.y + e,
      f: b * at.x + d * at.y + f,
    };
    const pixels = new ImageData(lensPixels(level, toFilm, side, tone), side, side);
    canvas.current?.getContext("2d")?.putImageData(pixels, 0, 0);
  }, [level, matrix, tone, at, side, ratio]);
  return (
    <canvas
      ref={canvas}
      className={styles.lens}
      data-testid="film-lens"
      width={side}
      height={side}
      style={{ left: at.x - SIDE / 2, top: at.y - SIDE / 2, width: SIDE, height: SIDE }}
    />
  );
}
