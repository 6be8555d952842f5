/** Parts of the bench that few readers open, each fetched when it is first shown. */
import { lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";

export const BlindReading = lazy(() =>
  loadPart(() => import("../panels/BlindReading.tsx")).then(({ BlindReading: panel }) => ({
    default: panel,
  })),
);

export const Projector = lazy(() =>
  loadPart(() => import("./Projector.tsx")).then(({ Projector: part }) => ({ default: part })),
);
