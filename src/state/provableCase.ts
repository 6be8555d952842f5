/**
 * A setting in which the certificate proves something about the change on screen: the noise-trained model under the noise
 * it was trained for, attacked with less l2 than the guarantee reaches. On the opening case 200 noisy copies certify a cosine of
 * about .50 at this epsilon (src/cli/examples.test.ts).
 */
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import { PARAMS } from "../experiment/params.ts";
import { freshId } from "./specEdits.ts";

const SIGMA = 0.25;
const EPSILON = 0.3;

/** The same case and question; other disturbances are kept, switched off. */
export function provableCase(spec: ExperimentSpec): ExperimentSpec {
  const attack: AttackItem = {
    id: freshId("small", spec.stack),
    type: "attack",
    attack: "pgd",
    enabled: true,
    seed: 1,
    norm: "l2",
    epsilon: EPSILON,
    steps: PARAMS["attack.steps"].default,
    relativeStep: PARAMS["attack.relativeStep"].default,
    restarts: 1,
    goal: { kind: "untargeted" },
  };
  // The model beside it is now the one on the bench.
  const { beside: _, ...certificate } = spec.certificate;
  return {
    ...spec,
    model: { id: "noise", precision: "int8" },
    stack: [...spec.stack.map((item) => ({ ...item, enabled: false })), attack],
    certificate: { ...certificate, enabled: true, sigma: SIGMA },
  };
}
