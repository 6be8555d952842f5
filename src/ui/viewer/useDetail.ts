/** The open case at full resolution, drawn when the reader asks for it. */
import { useEffect, useMemo, useState } from "react";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import { automaticWindow, fileVoi, fullRangeWindow } from "../../image/voi.ts";
import type { WindowSpec } from "../../experiment/spec.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useCases, useExperiment, useStores, useView } from "../app/stores.ts";
import type { Picture } from "./picture.worker.ts";
import { distributionOnce } from "./distributionOnce.ts";
import { drawDetail, drawPhantom } from "./pictureClient.ts";

/** Sharp on a large screen, light enough to window at sixty frames a second. */
const DETAIL_SIZE = 1024;
const PHANTOM_SIZE = 768;

export interface Detail extends Picture {
  /** The window the values went through; absent for phantoms, which are display values already. */
  readonly voi?: Voi;
}

export function useDetail(isShown: boolean): Detail | null {
  const { results } = useStores();
  const isWanted = useView((s) => s.fullResolution) && isShown;
  const source = useExperiment((s) => s.spec.case);
  const window = useExperiment((s) => s.spec.window);
  const radiograph = useCases((s) =>
    source.kind === "file" ? s.radiographs[source.sha256] : undefined,
  );
  const [detail, setDetail] = useState<{ of: object; picture: Detail } | null>(null);
  const wanted = useMemo(() => {
    if (!isWanted) return null;
    if (source.kind === "phantom") return { draw: () => drawPhantom(source.phantom, PHANTOM_SIZE) };
    if (!radiograph) return null;
    const voi = modelVoi(radiograph, window);
    return { voi, draw: () => drawDetail(radiograph, voi, DETAIL_SIZE) };
  }, [isWanted, source, window, radiograph]);

  useEffect(() => {
    if (!wanted) return;
    let isOver = false;
    wanted.draw().then(
      (picture) => {
        if (isOver) return;
        setDetail({
          of: wanted,
          picture: { ...picture, ...(wanted.voi ? { voi: wanted.voi } : {}) },
        });
      },
      (error: unknown) => {
        if (!isOver) results.getState().refuse(toErrorData(error));
      },
    );
    return () => {
      isOver = true;
    };
  }, [wanted, results]);

  return wanted && detail?.of === wanted ? detail.picture : null;
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
