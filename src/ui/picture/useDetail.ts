/** The open case at full resolution, and the grey scale it is shown along. */
import { useEffect, useMemo, useState } from "react";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import { automaticWindow, fileVoi, fullRangeWindow } from "../../image/voi.ts";
import type { WindowSpec } from "../../experiment/spec.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useCases, useExperiment, useStores, useView } from "../context/stores.ts";
import { greyScale } from "../../image/display.ts";
import type { GreyScale } from "../../image/display.ts";
import type { SquarePicture } from "./detail.ts";
import { distributionOnce } from "./distributionOnce.ts";
import { pictures } from "./pictureClient.ts";
import type { Picture } from "./pictureClient.ts";
import { useModelBox } from "./useModelBox.ts";

/** A film of 16 megapixels is kept whole; what is larger is shown at this many pixels a side, and said to be. */
export const DETAIL_LIMIT = 4096;
export const PHANTOM_SIZE = 768;

export interface Detail {
  readonly native: SquarePicture;
  /** Drawn while the screen has no use for more. */
  readonly preview: SquarePicture;
  /** How the film's values are shown; null for phantoms, which are display values already. */
  readonly scale: GreyScale | null;
}

/** The open case at full resolution, drawn when the reader asks for it. */
export function useDetail(isShown: boolean): Detail | null {
  const { results } = useStores();
  const isWanted = useView((s) => s.fullResolution) && isShown;
  const source = useExperiment((s) => s.spec.case);
  const radiograph = useCases((s) =>
    source.kind === "file" ? s.radiographs[source.sha256] : undefined,
  );
  const box = useModelBox();
  const scale = useFilmScale();
  const [drawn, setDrawn] = useState<{ of: object; native: Picture } | null>(null);
  const wanted = useMemo(() => {
    if (!isWanted) return null;
    if (source.kind === "phantom") {
      return { draw: () => pictures.phantom(source.phantom, PHANTOM_SIZE, "detail") };
    }
    return radiograph && box
      ? { draw: () => pictures.detail(radiograph, box, DETAIL_LIMIT) }
      : null;
  }, [isWanted, source, radiograph, box]);

  useEffect(() => {
    if (!wanted) return;
    let isOver = false;
    wanted.draw().then(
      (native) => {
        if (!isOver) setDrawn({ of: wanted, native });
      },
      (error: unknown) => {
        if (!isOver) results.getState().refuse(toErrorData(error));
      },
    );
    return () => {
      isOver = true;
    };
  }, [wanted, results]);

  return useMemo(
    () =>
      wanted && drawn?.of === wanted
        ? { native: drawn.native, preview: drawn.native.preview ?? drawn.native, scale }
        : null,
    [wanted, drawn, scale],
  );
}

/** The scale of the open film; null for a phantom. */
export function useFilmScale(): GreyScale | null {
  const source = useExperiment((s) => s.spec.case);
  const window = useExperiment((s) => s.spec.window);
  const radiograph = useCases((s) =>
    source.kind === "file" ? s.radiographs[source.sha256] : undefined,
  );
  return useMemo(
    () =>
      radiograph
        ? greyScale(modelVoi(radiograph, window), radiograph.photometric, () =>
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
