/** The film itself: one canvas, redrawn when what is shown of it changes. */
import { memo, useEffect, useRef } from "react";
import type { Tone } from "../../image/display.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import type { PyramidLevel } from "../picture/pyramid.ts";
import { filmRenderer } from "./filmRenderer.ts";
import type { FilmRenderer, FilmScene } from "./filmScene.ts";
import styles from "./film.module.css";

/** Drawn when a property changes, and not while the pointer only moves over it. */
export const FilmCanvas = memo(function FilmCanvas(props: {
  readonly levels: readonly PyramidLevel[];
  /** From film pixels to CSS pixels of the viewer. */
  readonly matrix: Affine;
  readonly tone: Tone;
  readonly extent: Extent;
  /** The graphics processor has forgotten the film: give this component another key. */
  readonly onLost: () => void;
}) {
  const { levels, matrix, tone, extent, onLost } = props;
  const host = useRef<HTMLDivElement>(null);
  const renderer = useRef<FilmRenderer>(undefined);

  useEffect(() => {
    const made = filmRenderer(levels, onLost);
    made.canvas.dataset["testid"] = "film-canvas";
    made.canvas.dataset["renderer"] = made.kind;
    host.current?.replaceChildren(made.canvas);
    renderer.current = made;
    return () => made.dispose();
  }, [levels, onLost]);

  useEffect(() => {
    if (extent.width === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    renderer.current?.draw({ ...sceneOf(matrix, ratio), tone, extent, ratio });
  });

  return <div ref={host} className={styles.canvas} />;
});

function sceneOf({ a, b, c, d, e, f }: Affine, ratio: number): Pick<FilmScene, "matrix" | "step"> {
  return {
    matrix: {
      a: a * ratio,
      b: b * ratio,
      c: c * ratio,
      d: d * ratio,
      e: e * ratio,
      f: f * ratio,
    },
    step: 1 / (Math.hypot(a, b) * ratio),
  };
}
