/** Pure edits of the open phantom; on another case they change nothing. */
import type { ExperimentSpec } from "../experiment/spec.ts";
import type {
  FindingKind,
  FindingSpec,
  PatientParams,
  PhantomSpec,
  Side,
} from "../phantom/spec.ts";
import { FINDINGS } from "../phantom/spec.ts";

type Edit = (spec: ExperimentSpec) => ExperimentSpec;

export function withPhantom(change: (phantom: PhantomSpec) => PhantomSpec): Edit {
  return (spec) => {
    if (spec.case.kind !== "phantom") return spec;
    const phantom = change(spec.case.phantom);
    return phantom === spec.case.phantom ? spec : { ...spec, case: { kind: "phantom", phantom } };
  };
}

export function setFinding(index: number, change: Partial<FindingSpec>): Edit {
  return withPhantom((phantom) => ({
    ...phantom,
    findings: phantom.findings.map((finding, i) =>
      i === index ? { ...finding, ...change } : finding,
    ),
  }));
}

export function removeFinding(index: number): Edit {
  return withPhantom((phantom) => ({
    ...phantom,
    findings: phantom.findings.filter((_, i) => i !== index),
  }));
}

/** Adds a finding of the kind at its default amount, on the side that is still free. */
export function addFinding(kind: FindingKind): Edit {
  return withPhantom((phantom) => {
    const meta = FINDINGS[kind];
    const taken = phantom.findings.filter((finding) => finding.kind === kind);
    const side: Side = taken.some((finding) => finding.side === "left") ? "right" : "left";
    const finding: FindingSpec = { kind, amount: meta.default, ...(meta.sided ? { side } : {}) };
    return { ...phantom, findings: [...phantom.findings, finding] };
  });
}

/** Whether one more finding of this kind is possible: one, or one on each side. */
export function canAddFinding(phantom: PhantomSpec, kind: FindingKind): boolean {
  const taken = phantom.findings.filter((finding) => finding.kind === kind).length;
  return taken < (FINDINGS[kind].sided ? 2 : 1);
}

export function setPatient(change: Partial<PatientParams>): Edit {
  return withPhantom((phantom) => ({ ...phantom, patient: { ...phantom.patient, ...change } }));
}

/** The same patient without any finding: what each finding is to be compared with. */
export function withoutFindings(): Edit {
  return withPhantom((phantom) =>
    phantom.findings.length === 0 ? phantom : { ...phantom, findings: [] },
  );
}

/** Another patient with the same findings: the sliders go back to what the new seed draws. */
export function nextPatient(): Edit {
  return withPhantom(({ seed, findings }) => ({ seed: seed + 1, findings }));
}
