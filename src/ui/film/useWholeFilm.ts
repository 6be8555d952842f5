/** The open case as a whole film: all of a reader's file, or a phantom drawn finer than the model is given it. */
import { useMemo } from "react";
import { UNIT_SCALE } from "../../image/display.ts";
import type { GrayScale } from "../../image/display.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { Box } from "../../image/resize.ts";
import { FIELD_MM } from "../../phantom/projection.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { useCases, useExperiment } from "../context/stores.ts";
import { pictures } from "../picture/pictureClient.ts";
import type { PyramidLevel } from "../picture/pyramid.ts";
import { PHANTOM_SIZE, useFilmScale } from "../picture/useDetail.ts";
import { useDrawn } from "../picture/useDrawn.ts";
import type { Drawing } from "../picture/useDrawn.ts";
import { useModelBox } from "../picture/useModelBox.ts";

export interface WholeFilm {
  /** Names the case, so that what was measured on it is shown on no other. */
  readonly key: string;
  readonly radiograph: Pick<
    Radiograph,
    "cols" | "rows" | "values" | "rescale" | "padding" | "pixelSpacingMm" | "pixelAspect"
  >;
  readonly levels: readonly PyramidLevel[];
  readonly scale: GrayScale;
  /** What the model is given of it, in film pixels. */
  readonly square: Box;
  readonly isPhantom: boolean;
}

type Drawn = Pick<WholeFilm, "key" | "radiograph" | "levels" | "isPhantom">;

/** Null while it is being read, where that was refused, and where a link waits for its file. */
export function useWholeFilm(): {
  readonly film: WholeFilm | null;
  readonly isUnderWay: boolean;
} {
  const source = useExperiment((s) => s.spec.case);
  const phantom = source.kind === "phantom" ? source.phantom : undefined;
  const sha256 = source.kind === "file" ? source.sha256 : undefined;
  const radiograph = useCases((s) => (sha256 === undefined ? undefined : s.radiographs[sha256]));
  const box = useModelBox();
  const fileScale = useFilmScale();
  const wanted = useMemo(
    () => {
      if (phantom) return phantomFilm(phantom);
      return radiograph && sha256 !== undefined ? fileFilm(sha256, radiograph) : null;
    },
    // Not of the whole case: the film is the same when another part of it is given.
    [phantom, sha256, radiograph],
  );
  const { picture: film, isUnderWay } = useDrawn(wanted);
  const whole = useMemo(() => {
    if (!film) return null;
    const scale = film.isPhantom ? UNIT_SCALE : fileScale;
    const { cols, rows } = film.radiograph;
    const square = box ?? { left: 0, top: 0, width: cols, height: rows };
    return scale && { ...film, scale, square };
  }, [film, fileScale, box]);
  const isOpening = useCases((s) => s.opening);
  return { film: whole, isUnderWay: isUnderWay || isOpening };
}

function fileFilm(key: string, radiograph: Radiograph): Drawing<Drawn> {
  return {
    draw: async () => ({
      key,
      radiograph,
      levels: await pictures.whole(radiograph),
      isPhantom: false,
    }),
  };
}

function phantomFilm(phantom: PhantomSpec): Drawing<Drawn> {
  return {
    draw: async () => {
      const { size, image } = await pictures.phantom(phantom, PHANTOM_SIZE, "detail");
      const mm = FIELD_MM / size;
      return {
        key: JSON.stringify(phantom),
        radiograph: {
          cols: size,
          rows: size,
          values: image,
          pixelAspect: 1,
          // Rays are parallel: what lies in the patient is as large as its shadow.
          pixelSpacingMm: { row: mm, col: mm, plane: "patient" },
        },
        levels: [{ cols: size, rows: size, values: image }],
        isPhantom: true,
      };
    },
  };
}
