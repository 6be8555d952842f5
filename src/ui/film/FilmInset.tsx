/**
 * What the model was given, or its disturbed picture, laid onto the film where it belongs: over the whole square, on one side of a divider
 * (swipe), or in turn with the film (flicker). Window, zoom and position are the film's own.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import { UNIT_SCALE, grayPixels } from "../../image/display.ts";
import type { FilmInset as Inset } from "../../state/viewStore.ts";
import { useResults, useView } from "../context/stores.ts";
import type { Extent } from "../kit/useExtent.ts";
import { differenceScale } from "../picture/differenceScale.ts";
import { differencePixels } from "../picture/drawRadiograph.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import { bitmapOf } from "../viewer/panePainter.ts";
import { usePanePicture } from "../viewer/usePaneLayers.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

/** Half a second each: slower than the three flashes a second of WCAG 2.2, 2.3.1. */
const FLICKER_MS = 500;

export function FilmInset(props: {
  readonly inset: Inset;
  readonly film: WholeFilm;
  readonly matrix: Affine;
  readonly extent: Extent;
}) {
  const { inset, film, matrix, extent } = props;
  // The picture lies where it was cut from, also while the square is being moved away from there.
  const given = useResults((s) => s.stages.input?.payload.crop);
  const square = (film.isPhantom ? undefined : given) ?? film.square;
  const canvas = useRef<HTMLCanvasElement>(null);
  const bitmap = useInsetBitmap(inset.picture);
  const isOut = useFlicker(inset.how === "flicker");
  const [share, setShare] = useState(0.5);
  const from = inset.how === "swipe" ? share : 0;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context) return;
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.current.width = Math.round(extent.width * ratio);
    canvas.current.height = Math.round(extent.height * ratio);
    if (!bitmap || isOut) return;
    context.scale(ratio, ratio);
    context.beginPath();
    context.rect(from * extent.width, 0, extent.width, extent.height);
    context.clip();
    const { a, b, c, d, e, f } = matrix;
    context.transform(a, b, c, d, e, f);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, square.left, square.top, square.width, square.height);
  }, [bitmap, isOut, from, square, matrix, extent]);
  return (
    <>
      <canvas
        ref={canvas}
        className={styles.overlay}
        data-testid="film-inset"
        data-out={isOut}
        data-empty={bitmap === null}
      />
      {inset.how === "swipe" && (
        <>
          <span className={styles.divider} style={{ left: `${100 * share}%` }} />
          <input
            type="range"
            className={styles.swipe}
            aria-label="Where the film ends and the model’s picture begins"
            min={0}
            max={1}
            step={0.01}
            value={share}
            onChange={(event) => setShare(Number(event.currentTarget.value))}
            // The viewer around it takes drags for itself.
            onPointerDown={(event) => event.stopPropagation()}
          />
        </>
      )}
    </>
  );
}

function useInsetBitmap(picture: Inset["picture"]): HTMLCanvasElement | null {
  const { size, clean, disturbed } = usePanePicture();
  const window = useView((s) => s.window);
  const invert = useView((s) => s.invert);
  return useMemo(() => {
    const image = picture === "given" ? clean : disturbed;
    if (!image || !clean || size === 0) return null;
    const pixels =
      picture === "difference"
        ? differencePixels(clean, image, differenceScale(clean, image) / 255)
        : grayPixels(image, UNIT_SCALE, { window, invert });
    return bitmapOf(pixels, size, size);
  }, [picture, size, clean, disturbed, window, invert]);
}

function useFlicker(isOn: boolean): boolean {
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => setOut((now) => !now), FLICKER_MS);
    return () => {
      clearInterval(timer);
      setOut(false);
    };
  }, [isOn]);
  return isOn && isOut;
}
