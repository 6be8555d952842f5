/** A phantom's parameters from outside, with the ranges of its own tables. */
import { z } from "zod";
import { FINDINGS, FINDING_KINDS, PATIENT_PARAMS } from "../phantom/spec.ts";
import type { PatientParams, PhantomSpec } from "../phantom/spec.ts";
import { complaint } from "./memberSettings.ts";
import { PARAMS, SPEC_LIMITS } from "./params.ts";
import { anyNumber, flag, numberIn, oneOf, wrong } from "./specFields.ts";

const findingSchema = z
  .strictObject({
    kind: oneOf(FINDING_KINDS),
    side: oneOf(["left", "right"]).exactOptional(),
    amount: anyNumber.exactOptional(),
  })
  .check(({ value: { kind, side, amount }, issues }) => {
    const { sided, label } = FINDINGS[kind];
    if (side !== undefined && !sided) {
      const message = `is ${side}, but ${label.toLowerCase()} has no side`;
      issues.push({ code: "custom", input: side, path: ["side"], message });
    }
    if (amount === undefined) return;
    const message = complaint(FINDINGS[kind], amount);
    if (message === undefined) return;
    issues.push({ code: "custom", input: amount, path: ["amount"], message });
  });

const patientSchema = z.strictObject({
  sex: oneOf(["female", "male"]).exactOptional(),
  age: numberIn(PATIENT_PARAMS.age).exactOptional(),
  habitus: numberIn(PATIENT_PARAMS.habitus).exactOptional(),
  rotationDeg: numberIn(PATIENT_PARAMS.rotationDeg).exactOptional(),
  inspiration: numberIn(PATIENT_PARAMS.inspiration).exactOptional(),
  view: oneOf(["PA", "AP"]).exactOptional(),
  portable: flag.exactOptional(),
  exposure: numberIn(PATIENT_PARAMS.exposure).exactOptional(),
  collimation: numberIn(PATIENT_PARAMS.collimation).exactOptional(),
  marker: flag.exactOptional(),
} satisfies Record<keyof PatientParams, z.ZodType>);

export const phantomSchema = z.strictObject({
  seed: numberIn(PARAMS["perturbation.seed"]),
  findings: z
    .array(findingSchema, { error: (issue) => wrong(issue.input, "a list") })
    .max(SPEC_LIMITS.phantomFindings, `has more than ${SPEC_LIMITS.phantomFindings} findings`),
  patient: patientSchema.exactOptional(),
}) satisfies z.ZodType<PhantomSpec>;
