/** Which picture, and which of its grey levels the model is given. */
import { z } from "zod";
import { PARAMS } from "./params.ts";
import { phantomSchema } from "./phantomSchema.ts";
import { numberIn, text } from "./specFields.ts";

/** Which radiograph: a phantom by its parameters, or a reader's own file by the hash of its stored pixel values. */
export const caseSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("phantom"), phantom: phantomSchema }),
    z.strictObject({
      kind: z.literal("file"),
      sha256: text(64, /^[0-9a-f]{64}$/, "a SHA-256 as 64 hex digits"),
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
