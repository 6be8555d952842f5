import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LabError } from "../errors/labError.ts";
import { arbitrarySpec } from "../testing/arbitrarySpec.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { SPEC_LIMITS } from "./params.ts";
import { validateSpec } from "./validateSpec.ts";

/** The opening experiment with one field replaced. */
function withField(path: string, value: unknown): unknown {
  const spec: unknown = structuredClone(defaultSpec());
  const keys = path.split(".");
  let at = spec as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1)!] = value;
  return spec;
}

function refusal(json: unknown): LabError {
  try {
    validateSpec(json);
  } catch (error) {
    if (error instanceof LabError) return error;
  }
  throw new Error("not refused");
}

test("every experiment the page can make passes unchanged", () => {
  fc.assert(
    fc.property(arbitrarySpec, (spec) => {
      expect(validateSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    }),
    { numRuns: 200 },
  );
});

test("the opening experiment is valid", () => {
  expect(validateSpec(defaultSpec())).toEqual(defaultSpec());
});

test.each([
  ["version", 4, "version is 4, but must be 3, or 1 or 2 as older labs wrote it."],
  ["version", 1.5, "version is 1.5, but must be 3"],
  ["case.kind", "url", "case.kind must have a kind: phantom or file."],
  [
    "case.phantom.seed",
    -1,
    "case.phantom.seed is -1, but must be a whole number from 0 to 4294967295.",
  ],
  [
    "case.phantom.findings.0.amount",
    9e9,
    "case.phantom.findings[0].amount is 9000000000, but must be",
  ],
  [
    "case.phantom.findings.0.kind",
    "gout",
    'case.phantom.findings[0].kind is "gout", but must be one of',
  ],
  ["model.id", "../etc", 'model.id is "../etc", but must be a model id'],
  [
    "model.precision",
    "int2",
    'model.precision is "int2", but must be one of fp32, fp16, int8, int4.',
  ],
  ["question", "   ", 'question is "   ", but must be a text that is not blank'],
  ["question", "x".repeat(301), "at most 300 characters"],
  ["stack", {}, "stack is an object, but must be a list."],
  ["stack.0.type", "virus", "stack[0].type must have a type: perturbation or attack."],
  [
    "stack.0.perturbation",
    "constructor",
    'stack[0].perturbation is "constructor", but must be one of',
  ],
  [
    "stack.0.params",
    { severity: 99 },
    "stack[0].params.severity is 99, but must be a number from 0 to",
  ],
  ["stack.0.params", { severity: "1" }, 'stack[0].params.severity is "1", but must be'],
  ["stack.0.params", { sigma: 0.1 }, "stack[0].params.sigma is no setting of quantumNoise"],
  ["stack.1.epsilon", 16.5, "stack[1].epsilon is 16.5, but must be a number from 0 to 16 (/255)."],
  ["stack.1.epsilon", Number.NaN, "stack[1].epsilon is NaN"],
  ["stack.1.epsilon", null, "stack[1].epsilon is null"],
  ["stack.1.steps", 2.5, "stack[1].steps is 2.5, but must be a whole number from 1 to 100."],
  ["stack.1.steps", 1e6, "stack[1].steps is 1000000"],
  ["stack.1.steps", undefined, "stack[1].steps is missing"],
  [
    "stack.1.queries",
    100,
    "stack[1].queries is no setting of PGD, which has norm, epsilon, steps, relativeStep, restarts.",
  ],
  ["stack.1.attack", "apgd", "stack[1].relativeStep is no setting of APGD"],
  ["stack.1.attack", "fgsm", "stack[1].steps is no setting of FGSM"],
  ["stack.1.attack", "square", "stack[1].steps is no setting of Square"],
  ["stack.1.mask", [1], '"mask" is no field of stack[1].'],
  ["stack.1.strokes", [], '"strokes" is no field of stack[1].'],
  [
    "stack.0.strokes",
    [],
    "stack[0].strokes is no setting of quantumNoise: only paintedPatch has strokes.",
  ],
  ["stack.1.norm", "l0", 'stack[1].norm is "l0", but must be one of linf, l2.'],
  ["stack.1.goal", { kind: "targeted" }, "stack[1].goal.answer is missing"],
  ["stack.1.id", "quantum-1", "stack has two items with the same id."],
  ["certificate.alpha", 0.5, "certificate.alpha is 0.5, but must be one of 0.05, 0.01, 0.001."],
  ["certificate.maxSamples", 1e9, "certificate.maxSamples is 1000000000"],
  ["certificate.sigma", undefined, "certificate.sigma is missing"],
  ["certificate.extra", 1, '"extra" is no field of certificate.'],
  ["pixels", [1, 2, 3], '"pixels" is no field of the experiment.'],
])("%s = %j is refused by name", (path, value, sentence) => {
  const { code, message } = refusal(withField(path, value));
  expect(code).toBe("spec-invalid");
  expect(message).toContain(sentence);
  expect(message.length).toBeLessThan(300);
});

test.each([null, undefined, 3, "text", [], [[]], true])("%j is no experiment", (json) => {
  expect(refusal(json).message).toContain("The experiment is");
});

test("brush strokes are bounded one by one and together", () => {
  const stroke = (points: number) => ({
    points: Array.from({ length: points }, () => [0.5, 0.5]),
    radius: 0.05,
    intensity: 1,
    erase: false,
  });
  const painted = (strokes: unknown) =>
    withField("stack.0", {
      id: "paint-1",
      type: "perturbation",
      perturbation: "paintedPatch",
      enabled: true,
      seed: 0,
      params: {},
      strokes,
    });
  expect(() => validateSpec(painted([stroke(SPEC_LIMITS.pointsPerStroke)]))).not.toThrow();
  expect(refusal(painted([stroke(SPEC_LIMITS.pointsPerStroke + 1)])).message).toContain(
    "stack[0].strokes[0].points has more than 1000 points",
  );
  expect(refusal(painted(Array.from({ length: 101 }, () => stroke(1)))).message).toContain(
    "stack[0].strokes has more than 100 strokes",
  );
  expect(refusal(painted(Array.from({ length: 9 }, () => stroke(1000)))).message).toContain(
    "stack has more than 8000 brush points",
  );
  expect(refusal(painted([{ ...stroke(1), points: [[0.5, 9]] }])).message).toContain(
    "stack[0].strokes[0].points[0][1] is 9",
  );
});

test("an l2 epsilon has the l2 range", () => {
  const l2 = { ...defaultSpec().stack[1]!, norm: "l2", epsilon: 11 };
  expect(refusal(withField("stack.1", l2)).message).toContain("from 0 to 10 (l2)");
});

test("a hostile prototype key changes nothing", () => {
  const json: unknown = JSON.parse('{"__proto__":{"polluted":true},"version":1}');
  expect(refusal(json).code).toBe("spec-invalid");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("an experiment of version 1 is read as what it was", () => {
  const attack = (id: string, fields: object) => ({
    id,
    type: "attack",
    attack: id,
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon: 2,
    restarts: 1,
    goal: { kind: "untargeted" },
    ...fields,
  });
  const old = { steps: 60, relativeStep: 0.5 };
  const upgraded = validateSpec({
    ...defaultSpec(),
    version: 1,
    stack: ["square", "fgsm", "apgd", "pgd"].map((id) => attack(id, old)),
  });
  expect(upgraded).toEqual({
    ...defaultSpec(),
    stack: [
      attack("square", { queries: 60 }),
      attack("fgsm", {}),
      attack("apgd", { steps: 60 }),
      attack("pgd", old),
    ],
  });
  // Version 1 had no queries, and its own mistakes are still named.
  const wrongField = {
    ...defaultSpec(),
    version: 1,
    stack: [attack("pgd", { ...old, queries: 1 })],
  };
  expect(refusal(wrongField).message).toContain("stack[0].queries is no setting of PGD");
  const wrongSteps = { ...defaultSpec(), version: 1, stack: [attack("pgd", { steps: 0.5 })] };
  expect(refusal(wrongSteps).message).toContain("stack[0].steps is 0.5");
});
