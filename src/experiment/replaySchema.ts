/** What a link or a manifest may say of a run, as it is read from outside. */
import { z } from "zod";
import { graphPartSchema } from "../model/graphPartSchema.ts";
import { PRECISIONS } from "../model/precisions.ts";

/** The numbers a replay must reproduce, and where they were made. Margins are in logits; featureCosine is that of the clean and the disturbed image embedding. */
export const replayNumbersSchema = z.strictObject({
  answerClean: z.string().max(60),
  answerDisturbed: z.string().max(60),
  marginClean: z.number(),
  marginDisturbed: z.number(),
  featureCosine: z.number().min(-1.001).max(1.001),
  backend: z.enum(["webgpu", "wasm", "native"]),
  precision: z.enum(PRECISIONS),
  modelSha256: z.string().regex(/^[0-9a-f:+-]{8,160}$/),
  /** Every other graph that decided them; absent where labs before link version 2 and run version 2 named none. */
  graphs: z.array(graphPartSchema).max(60).readonly().exactOptional(),
});
export type ReplayNumbers = Readonly<z.infer<typeof replayNumbersSchema>>;
