/** What of the open film the model is given, in the film's pixels. */
import { useMemo } from "react";
import { squareOf } from "../../image/filmSquare.ts";
import type { Box } from "../../image/resize.ts";
import { useCases, useExperiment, useResults } from "../context/stores.ts";

/**
 * As the reader placed it; else as the engine says that the model takes films, and until it says so the square in the middle.
 * Null without a film.
 */
export function useModelBox(): Box | null {
  const source = useExperiment((s) => s.spec.case);
  const sha256 = source.kind === "file" ? source.sha256 : undefined;
  const square = source.kind === "file" ? source.square : undefined;
  const film = useCases((s) => (sha256 === undefined ? undefined : s.radiographs[sha256]));
  const told = useResults(({ stages: { input } }) => {
    const of = input?.spec.case;
    const isThis = of?.kind === "file" && of.sha256 === sha256 && !of.square;
    return isThis ? input?.payload.crop : undefined;
  });
  return useMemo(
    () => (film ? ((square ?? !told) ? squareOf(film, square) : told) : null),
    [film, square, told],
  );
}
