/** The open case at full resolution, and the grey scale it is shown along. */
import { useMemo } from "react";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import type { Box } from "../../image/resize.ts";
import { automaticWindow, fileVoi, fullRangeWindow } from "../../image/voi.ts";
import type { WindowSpec } from "../../experiment/spec.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { useCases, useExperiment, useView } from "../context/stores.ts";
import { grayScale } from "../../image/display.ts";
import type { GrayScale } from "../../image/display.ts";
import type { SquarePicture } from "./detail.ts";
import { distributionOnce } from "./distributionOnce.ts";
import { pictures } from "./pictureClient.ts";
import type { Picture } from "./pictureClient.ts";
import { useDrawn } from "./useDrawn.ts";
import type { Drawing } from "./useDrawn.ts";
import { useModelBox } from "./useModelBox.ts";

/** A film of 16 megapixels is kept whole; what is larger is shown at this many pixels a side, and said to be. */
export const DETAIL_LIMIT = 4096;
export const PHANTOM_SIZE = 768;

export interface Detail {
  readonly native: SquarePicture;
  /** Drawn while the screen has no use for more. */
  readonly preview: SquarePicture;
  /** How the film's values are shown; null for phantoms, which are display values already. */
  readonly scale: GrayScale | null;
}

/** The open case at full resolution, drawn when the reader asks for it. */
export function useDetail(isShown: boolean): {
  readonly detail: Detail | null;
  readonly isUnderWay: boolean;
} {
  const isWanted = useView((s) => s.fullResolution) && isShown;
  const source = useExperiment((s) => s.spec.case);
  const radiograph = useCases((s) =>
    source.kind === "file" ? s.radiographs[source.sha256] : undefined,
  );
  const box = useModelBox();
  const scale = useFilmScale();
  const wanted = useMemo(() => {
    if (!isWanted) return null;
    if (source.kind === "phantom") return phantomDetail(source.phantom);
    return radiograph && box ? filmDetail(radiograph, box) : null;
  }, [isWanted, source, radiograph, box]);
  const { picture: native, isUnderWay } = useDrawn(wanted);
  const detail = useMemo(
    () => native && { native, preview: native.preview ?? native, scale },
    [native, scale],
  );
  return { detail, isUnderWay };
}

function phantomDetail(phantom: PhantomSpec): Drawing<Picture> {
  return { draw: () => pictures.phantom(phantom, PHANTOM_SIZE, "detail") };
}

function filmDetail(radiograph: Radiograph, box: Box): Drawing<Picture> {
  return { draw: () => pictures.detail(radiograph, box, DETAIL_LIMIT) };
}

/** The scale of the open film; null for a phantom. */
export function useFilmScale(): GrayScale | null {
  const source = useExperiment((s) => s.spec.case);
  const window = useExperiment((s) => s.spec.window);
  const radiograph = useCases((s) =>
    source.kind === "file" ? s.radiographs[source.sha256] : undefined,
  );
  return useMemo(
    () =>
      radiograph
        ? grayScale(modelVoi(radiograph, window), radiograph.photometric, () =>
            fullRangeWindow(distributionOnce(radiograph)),
          )
        : null,
    [radiograph, window],
  );
}

/** The window the model is given, as experiment/source.ts decides it. */
export function modelVoi(radiograph: Radiograph, window: WindowSpec): Voi {
  switch (window.kind) {
    case "file":
      return fileVoi(radiograph, window.index ?? 0);
    case "automatic":
      return automaticWindow(distributionOnce(radiograph));
    case "full":
      return fullRangeWindow(distributionOnce(radiograph));
    case "manual":
      return { kind: "linear_exact", center: window.center, width: window.width };
  }
}
