/**
 * Attention and ground truth, which the model's square is the frame of, laid onto the film where they belong. Each is drawn once and then
 * moved with the film: while that is dragged nothing is drawn here.
 */
import { useEffect, useMemo, useRef } from "react";
import type { Box } from "../../image/resize.ts";
import { mapped } from "../picture/filmGeometry.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import type { Layer } from "../viewer/panePainter.ts";
import { useHeatLayer, useMaskLayer } from "../viewer/usePaneLayers.ts";
import styles from "./film.module.css";

/** Pixels a side that a map of few cells is blended to, so that it looks as on the model's square. */
const SMOOTH_SIDE = 512;

export function FilmLayers({
  square,
  matrix,
}: {
  /** In film pixels. */
  readonly square: Box;
  readonly matrix: Affine;
}) {
  const heat = useHeatLayer("clean");
  const masks = useMaskLayer("clean");
  return (
    <div className={styles.overlay} data-testid="film-layers">
      {heat && <FilmLayer layer={heat} square={square} matrix={matrix} />}
      {masks && <FilmLayer layer={masks} square={square} matrix={matrix} />}
    </div>
  );
}

function FilmLayer(props: {
  readonly layer: Layer;
  readonly square: Box;
  readonly matrix: Affine;
}) {
  const { layer, square, matrix } = props;
  const host = useRef<HTMLDivElement>(null);
  const bitmap = useMemo(() => (layer.smooth ? blended(layer.bitmap) : layer.bitmap), [layer]);
  useEffect(() => host.current?.replaceChildren(bitmap), [bitmap]);
  const { a, b, c, d } = matrix;
  const [across, down] = [square.width / bitmap.width, square.height / bitmap.height];
  const { x, y } = mapped({ x: square.left, y: square.top }, matrix);
  const placed = [a * across, b * across, c * down, d * down, x, y];
  return (
    <div
      ref={host}
      className={styles.layer}
      data-smooth={layer.smooth}
      style={{ opacity: layer.opacity, transform: `matrix(${placed.join(", ")})` }}
    />
  );
}

/** The same picture at more pixels: a browser that enlarges an element blends it less well than its canvas does. */
function blended(bitmap: HTMLCanvasElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(SMOOTH_SIDE, bitmap.width);
  canvas.height = Math.max(SMOOTH_SIDE, bitmap.height);
  const context = canvas.getContext("2d");
  if (context) context.imageSmoothingQuality = "high";
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
