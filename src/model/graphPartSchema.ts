/** A graph that a result rests on, as links, manifests and rows name it. */
import { z } from "zod";
import { PRECISIONS } from "./precisions.ts";

/** A graph of a package, or the table of its words; null for what has one form only. */
export const graphPartSchema = z.strictObject({
  model: z.string().max(60),
  role: z.enum([
    "vision",
    "answer",
    "text",
    "embed",
    "encoder",
    "tokenizer",
    "purifier",
    "mapper",
    "targetedAdapter",
    "earlyAdapter",
    "allAdapter",
    "augmentedEncoder",
    "calmEncoder",
    "contrastEncoder",
    "disturbedBands",
    "pictureBands",
    "contrastBands",
    "calmBands",
  ]),
  precision: z.enum(PRECISIONS).nullable(),
  /** In hex; of a link its first 16 digits. */
  sha256: z.string().regex(/^[0-9a-f]{16,64}$/),
  /** Decides measurements or the certificate beside, and no answer. */
  measuresOnly: z.literal(true).exactOptional(),
});
export type GraphPart = Readonly<z.infer<typeof graphPartSchema>>;
