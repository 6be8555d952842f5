/** Which picture of a file, and which part of it, as the command line names them. */
import type { CaseSpec } from "../experiment/spec.ts";
import { LEAST_SIDE } from "../image/filmSquare.ts";
import type { FilmSquare } from "../image/filmSquare.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { openRadiograph } from "./files.ts";
import { UsageError, wholeNumber } from "./usageError.ts";

export const FILM_OPTIONS = {
  frame: { type: "string" },
  square: { type: "string" },
} as const;

export interface FilmPart {
  /** From 1. */
  readonly frame?: number;
  readonly square?: FilmSquare;
}

/** @throws UsageError */
export function partOf({
  frame,
  square,
}: {
  readonly frame?: string | undefined;
  readonly square?: string | undefined;
}): FilmPart {
  return {
    ...(frame === undefined ? {} : { frame: wholeNumber("frame", frame, 1, 100_000) }),
    ...(square === undefined ? {} : { square: squareNamed(square) }),
  };
}

/** "whole", or the left column, the top row and the columns of a side: "120,40,2000". @throws UsageError */
function squareNamed(text: string): FilmSquare {
  if (text === "whole") return { kind: "whole" };
  const numbers = /^(\d+),(\d+),(\d+)$/.exec(text)?.slice(1).map(Number);
  if (numbers && numbers[2]! >= LEAST_SIDE) {
    const [left, top, side] = numbers as [number, number, number];
    return { kind: "placed", left, top, side };
  }
  throw new UsageError(
    `--square is "${text}", but must be whole, or LEFT,TOP,SIDE in the film's pixels with a side of at least ${LEAST_SIDE}.`,
  );
}

/** A film with the case of an experiment about it. @throws LabError as openRadiograph does */
export async function openPart(
  file: string,
  { frame, square }: FilmPart,
): Promise<{
  readonly radiograph: Radiograph;
  readonly source: Extract<CaseSpec, { kind: "file" }>;
}> {
  const radiograph = await openRadiograph(file, { frame: (frame ?? 1) - 1 });
  return {
    radiograph,
    source: {
      kind: "file",
      sha256: radiograph.rawSha256,
      ...(frame === undefined ? {} : { frame }),
      ...(square === undefined ? {} : { square }),
    },
  };
}
