/** The patient a seed stands for, and the hidden shape parameters that have no slider. */
import { LabError } from "../errors/labError.ts";
import { randomStream } from "../numerics/random.ts";
import { FINDINGS, PATIENT_PARAMS } from "./spec.ts";
import type { FindingSpec, PatientParams, PhantomSpec, Side } from "./spec.ts";

export function drawPatient(seed: number): PatientParams {
  const random = randomStream(seed, "phantom", "patient");
  const portable = random.chance(0.25);
  const ap = portable || random.chance(0.08);
  return {
    sex: random.chance(0.5) ? "female" : "male",
    age: Math.round(random.between(22, 90)),
    habitus: Math.round(100 * Math.min(1, Math.max(0, 0.4 + 0.22 * random.normal()))) / 100,
    rotationDeg: Math.round(2 * Math.max(-10, Math.min(10, 2.5 * random.normal()))) / 2,
    inspiration:
      Math.round(
        100 * Math.min(1, Math.max(0, (portable ? 0.45 : 0.65) + 0.17 * random.normal())),
      ) / 100,
    view: ap ? "AP" : "PA",
    portable,
    exposure: Math.round(20 * random.between(portable ? 0.25 : 0.6, portable ? 0.8 : 1.4)) / 20,
    collimation: random.chance(0.3) ? Math.round(random.between(3, 18)) : 0,
    marker: random.chance(0.85),
  };
}

/** The complete patient: sliders over the seed's draw. @throws LabError "spec-invalid" */
export function patientOf(spec: PhantomSpec): PatientParams {
  if (!Number.isSafeInteger(spec.seed)) {
    throw new LabError("spec-invalid", `The phantom's seed is ${spec.seed}, not a whole number.`);
  }
  const patient = { ...drawPatient(spec.seed), ...spec.patient };
  for (const [name, meta] of Object.entries(PATIENT_PARAMS)) {
    const value = patient[name as keyof typeof PATIENT_PARAMS];
    if (!(value >= meta.min && value <= meta.max)) {
      throw new LabError(
        "spec-invalid",
        `${meta.label} is ${value}, outside ${meta.min} to ${meta.max} ${meta.unit}.`.replace(
          " .",
          ".",
        ),
        { hint: "Choose a value inside the slider's range." },
      );
    }
  }
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value: unknown = patient[name as keyof typeof CHOICES];
    if (!allowed.includes(value)) {
      throw new LabError(
        "spec-invalid",
        `The patient's ${name} is "${String(value)}", not ${allowed.join(" or ")}.`,
      );
    }
  }
  return patient;
}

/** Parameters without a range. */
const CHOICES: Readonly<Record<"sex" | "view" | "portable" | "marker", readonly unknown[]>> = {
  sex: ["female", "male"],
  view: ["PA", "AP"],
  portable: [false, true],
  marker: [false, true],
};

/** A finding with everything decided. */
export interface ResolvedFinding {
  readonly kind: FindingSpec["kind"];
  readonly side: Side | undefined;
  readonly amount: number;
}

/** @throws LabError "spec-invalid" for an unknown kind, an amount out of range, or a side where there is none. */
export function resolveFindings(spec: PhantomSpec): ResolvedFinding[] {
  return spec.findings.map(({ kind, side, amount }) => {
    const meta = FINDINGS[kind];
    if (!meta) {
      throw new LabError("spec-invalid", `"${String(kind)}" is not a finding of the phantom.`, {
        hint: `Choose one of ${Object.keys(FINDINGS).join(", ")}.`,
      });
    }
    if (side !== undefined && (!meta.sided || (side !== "left" && side !== "right"))) {
      throw new LabError("spec-invalid", `${meta.label} can't have the side "${side}".`);
    }
    const value = amount ?? meta.default;
    if (!(value >= meta.min && value <= meta.max)) {
      throw new LabError(
        "spec-invalid",
        `${meta.label} is ${value} ${meta.unit}, outside ${meta.min} to ${meta.max}.`,
        { hint: "Choose an amount inside the range." },
      );
    }
    const drawn = randomStream(spec.seed, "phantom", "side", kind).chance(0.5) ? "left" : "right";
    return { kind, side: meta.sided ? (side ?? drawn) : undefined, amount: value };
  });
}
