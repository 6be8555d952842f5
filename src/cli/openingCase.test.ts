/** The opening case does what the page promises a newcomer: on the shipped weights its answer flips. */
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { StageResults } from "../experiment/results.ts";
import { nodeLab } from "./nodeLab.ts";

test("the opening case is answered rightly, flips under its attack, and its gradient is verified", async () => {
  const spec = defaultSpec();
  const stages: Partial<StageResults> = {};
  const run = nodeLab().run(
    { ...spec, certificate: { ...spec.certificate, enabled: false } },
    "full",
    { aborted: false },
  );
  for await (const event of run) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  expect(stages.clean?.answer?.corrected).toBe("yes");
  expect(stages.readout?.answer?.corrected).toBe("no");
  expect(stages.gradientCheck?.ok).toBe(true);
}, 120_000);
