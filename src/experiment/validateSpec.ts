/**
 * The door for experiments that come from outside: a link, a file, a command line. Unknown JSON becomes an
 * ExperimentSpec with every number in the range of its slider, or one sentence that names the first wrong field.
 */
import { LabError } from "../errors/labError.ts";
import type { ExperimentSpec } from "./spec.ts";
import { describeIssue } from "./specFields.ts";
import { specSchema } from "./specSchema.ts";
import { upgradedSpec } from "./specVersions.ts";

/** @throws LabError "spec-invalid" naming the first wrong field and what it may be. */
export function validateSpec(json: unknown): ExperimentSpec {
  const result = specSchema.safeParse(upgradedSpec(json));
  if (result.success) return result.data;
  throw new LabError("spec-invalid", `${describeIssue(result.error, "The experiment")}.`, {
    hint: "Correct the field; `lab --help` shows a whole experiment.",
  });
}
