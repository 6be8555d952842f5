/** The whole of a reader's film with the square that the model sees: what lies outside it the model knows nothing of. */
import { useEffect, useMemo, useRef } from "react";
import { AS_GIVEN, UNIT_SCALE, grayPixels } from "../../image/display.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { useExperiment } from "../context/stores.ts";
import { modelVoi } from "../picture/useDetail.ts";
import styles from "./case.module.css";
import { useModelBox } from "../picture/useModelBox.ts";
import { filmMap, sharesOf } from "./filmMap.ts";

const SIDE = 150;

export function FilmMap({ radiograph }: { readonly radiograph: Radiograph }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const window = useExperiment((s) => s.spec.window);
  const map = useMemo(
    () => filmMap(radiograph, modelVoi(radiograph, window), SIDE),
    [radiograph, window],
  );
  useEffect(() => {
    const pixels = grayPixels(map.image, UNIT_SCALE, AS_GIVEN);
    canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, map.cols, map.rows), 0, 0);
  }, [map]);
  const box = useModelBox();
  const square = box && sharesOf(radiograph, box);
  if (!square || (square.height === 1 && square.width === 1)) return null;
  const percent = (share: number) => `${100 * share}%`;
  return (
    <figure className={styles.film}>
      <div className={styles.filmMap}>
        <canvas
          ref={canvas}
          width={map.cols}
          height={map.rows}
          role="img"
          aria-label="The whole film"
        />
        <span
          className={styles.filmSquare}
          style={{
            top: percent(square.top),
            left: percent(square.left),
            height: percent(square.height),
            width: percent(square.width),
          }}
        />
      </div>
      <figcaption>The whole film. Model and viewers get what is inside the frame.</figcaption>
    </figure>
  );
}
