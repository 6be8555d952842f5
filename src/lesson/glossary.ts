/** The glossary: every term of the bench in two plain sentences and a formula, as data (public/glossary.json). */
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { describeIssue } from "../experiment/specFields.ts";
import { spokenSchema } from "./spoken.ts";

const entrySchema = z.strictObject({
  /** As the term stands on screen, in English. */
  labels: z.array(z.string().min(1)).min(1),
  /** Plain characters, as one would write it on a board. */
  formula: z.string().min(1).max(80),
  text: spokenSchema,
});
export type GlossaryEntry = z.infer<typeof entrySchema>;

const glossarySchema = z.strictObject({
  format: z.literal("penumbra-glossary"),
  version: z.literal(1),
  terms: z.array(entrySchema),
});

/** @returns entries by label. @throws LabError "spec-invalid" */
export function parseGlossary(json: unknown): ReadonlyMap<string, GlossaryEntry> {
  const parsed = glossarySchema.safeParse(json);
  if (!parsed.success) {
    throw new LabError(
      "spec-invalid",
      `The glossary can't be read: ${describeIssue(parsed.error, "It")}.`,
    );
  }
  return new Map(parsed.data.terms.flatMap((entry) => entry.labels.map((label) => [label, entry])));
}
