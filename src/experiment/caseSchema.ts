/** Which picture, and which of its grey levels the model is given. */
import { z } from "zod";
import { LEAST_SIDE } from "../image/filmSquare.ts";
import { PARAMS, SPEC_LIMITS } from "./params.ts";
import { phantomSchema } from "./phantomSchema.ts";
import { numberIn, text, wrong } from "./specFields.ts";

/** A side of the largest film that is read. */
const MOST_PIXELS = 65_535;
const MOST_FRAMES = 100_000;

/** Part of a film that the model is given, in the film's pixels; whether it lies on the film is known once that is open. */
const squareSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("placed"),
      left: numberIn({ unit: "columns", min: 0, max: MOST_PIXELS }),
      top: numberIn({ unit: "rows", min: 0, max: MOST_PIXELS }),
      side: numberIn({ unit: "columns", min: LEAST_SIDE, max: MOST_PIXELS }),
    }),
    z.strictObject({ kind: z.literal("whole") }),
  ],
  { error: "must have a kind: placed or whole" },
);

const pixels = numberIn({ unit: "pixels", min: 0, max: 1e6 });
const extent = numberIn({ unit: "pixels", min: 1e-3, max: 1e6 });

/** Where a reader saw findings on a film: rectangles in pixels of the film as it is seen, from its top left corner. */
export const boxesSchema = z
  .array(
    z.strictObject({
      /** A finding that questions ask about, or another name. */
      finding: text(40),
      x: pixels,
      y: pixels,
      width: extent,
      height: extent,
    }),
  )
  .min(1, "is an empty list")
  .max(SPEC_LIMITS.boxes, `has more than ${SPEC_LIMITS.boxes} entries`);

/** Which radiograph: a phantom by its parameters, or a reader's own file by the hash of its stored pixel values. */
export const caseSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("phantom"), phantom: phantomSchema }),
    z.strictObject({
      kind: z.literal("file"),
      sha256: text(64, /^[0-9a-f]{64}$/, "a SHA-256 as 64 hex digits"),
      /** Where it lies in a file that holds several, from 1. The hash says which it is: without this, it is looked for. */
      frame: z
        .int({ error: (issue) => wrong(issue.input, "a picture of the file, from 1") })
        .min(1, { error: (issue) => wrong(issue.input, "a picture of the file, from 1") })
        .max(MOST_FRAMES, { error: (issue) => wrong(issue.input, `at most ${MOST_FRAMES}`) })
        .exactOptional(),
      /** Absent: the largest square in the middle, or all of it for a model that takes films stretched. */
      square: squareSchema.exactOptional(),
      boxes: boxesSchema.exactOptional(),
    }),
  ],
  { error: "must have a kind: phantom or file" },
);

/** The window the model sees (not the one on screen): the file's own, automatic percentiles, or stated. */
export const windowSchema = z.discriminatedUnion(
  "kind",
  [
    /** The file's own; `index` says which, if it has several (default 0, the first). */
    z.strictObject({ kind: z.literal("file"), index: z.int().min(0).max(99).exactOptional() }),
    z.strictObject({ kind: z.literal("automatic") }),
    z.strictObject({ kind: z.literal("full") }),
    z.strictObject({
      kind: z.literal("manual"),
      center: numberIn(PARAMS["window.center"]),
      width: numberIn(PARAMS["window.width"]),
    }),
  ],
  { error: "must have a kind: file, automatic, full or manual" },
);
