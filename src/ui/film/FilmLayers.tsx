/** Attention and ground truth, which the model's square is the frame of, laid onto the film where they belong. */
import { useEffect, useRef } from "react";
import type { Box } from "../../image/resize.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import { useHeatLayer, useMaskLayer } from "../viewer/usePaneLayers.ts";
import styles from "./film.module.css";

export function FilmLayers(props: {
  /** In film pixels. */
  readonly square: Box;
  readonly matrix: Affine;
  readonly extent: Extent;
}) {
  const { square, matrix, extent } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const heat = useHeatLayer("clean");
  const masks = useMaskLayer("clean");
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context) return;
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.current.width = Math.round(extent.width * ratio);
    canvas.current.height = Math.round(extent.height * ratio);
    const { a, b, c, d, e, f } = matrix;
    context.scale(ratio, ratio);
    context.transform(a, b, c, d, e, f);
    for (const layer of [heat, masks]) {
      if (!layer) continue;
      context.globalAlpha = layer.opacity;
      context.imageSmoothingEnabled = layer.smooth;
      context.imageSmoothingQuality = "high";
      context.drawImage(layer.bitmap, square.left, square.top, square.width, square.height);
    }
  }, [square, matrix, extent, heat, masks]);
  return <canvas ref={canvas} className={styles.overlay} data-testid="film-layers" />;
}
