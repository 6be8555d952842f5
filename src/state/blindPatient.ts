/** The films of a reader who reads blindly. */
import type { ExperimentSpec } from "../experiment/spec.ts";
import { interpretQuestion } from "../language/recognize.ts";
import { randomStream } from "../numerics/random.ts";
import { FINDINGS, FINDING_KINDS } from "../phantom/spec.ts";
import type { FindingSpec, Side } from "../phantom/spec.ts";
import { nextSeed } from "./specEdits.ts";

/**
 * Another phantom for a reader who is not told what it has: with an even chance the finding that is asked about, else none. The seed
 * walks on from the open one, so that a room with one link sees the same films.
 */
export function blindPatient(): (spec: ExperimentSpec) => ExperimentSpec {
  return (spec) => {
    const before = spec.case.kind === "phantom" ? spec.case.phantom.seed : 0;
    const seed = nextSeed(before);
    const draw = randomStream(seed, "blind");
    const asked = interpretQuestion(spec.question).understood?.findingId;
    const kind = FINDING_KINDS.find((each) => each === asked) ?? "effusion";
    const { min, max, step, sided } = FINDINGS[kind];
    const amount = min + step * Math.round(draw.uniform() * ((max - min) / step) * 0.5);
    const side: Side = draw.chance(0.5) ? "left" : "right";
    const finding: FindingSpec = {
      kind,
      amount: Number(amount.toPrecision(6)),
      ...(sided ? { side } : {}),
    };
    const findings = draw.chance(0.5) ? [finding] : [];
    return { ...spec, case: { kind: "phantom", phantom: { seed, findings } } };
  };
}
