/** `lab phantom`: a synthetic radiograph as PNG, and the mask of its findings. */
import { validateSpec } from "../experiment/validateSpec.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { FINDINGS, FINDING_KINDS } from "../phantom/spec.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { FindingSpec, PhantomSpec } from "../phantom/spec.ts";
import type { Phantom } from "../phantom/phantom.ts";
import { writePng } from "./png.ts";
import { UsageError, parseCommandLine, wholeNumber } from "./usageError.ts";

const OPTIONS = {
  seed: { type: "string" },
  finding: { type: "string", multiple: true, default: [] as string[] },
  size: { type: "string", default: "512" },
  out: { type: "string" },
  mask: { type: "string" },
} as const;

export async function phantomVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values } = parseCommandLine({ args: [...args], options: OPTIONS });
  if (values.seed === undefined || values.out === undefined) {
    throw new UsageError("phantom needs --seed N and --out F.png.");
  }
  const phantom = phantomOf({
    seed: wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
    findings: values.finding.map(parseFinding),
  });
  const size = wholeNumber("size", values.size, 64, 1024);
  const rendered = renderPhantom(phantom, size);
  await writePng(values.out, rendered.image, size);
  if (values.mask !== undefined) await writePng(values.mask, findingMask(rendered), size);
  print({
    out: values.out,
    ...(values.mask === undefined ? {} : { mask: values.mask }),
    size,
    pixelSpacingMm: rendered.pixelSpacingMm,
    phantom,
    findings: rendered.findings,
    measurements: rendered.measurements,
    patient: rendered.patient,
    report: rendered.report,
  });
}

/** "effusion:left:500", "cardiomegaly::0.6" or "cardiomegaly:0.6" (no side), "edema". @throws UsageError */
export function parseFinding(text: string): FindingSpec {
  const [name, ...rest] = text.split(":");
  const kind = FINDING_KINDS.find((known) => known === name);
  if (!kind) {
    throw new UsageError(`--finding: there is no "${name}"; use ${FINDING_KINDS.join(", ")}.`);
  }
  const [side = "", amount = ""] =
    !FINDINGS[kind].sided && rest.length === 1 ? ["", ...rest] : rest;
  if (rest.length > 2 || (side !== "" && side !== "left" && side !== "right")) {
    throw new UsageError(
      `--finding is "${text}", but must be KIND, KIND:side or KIND:side:amount.`,
    );
  }
  if (amount !== "" && !Number.isFinite(Number(amount))) {
    throw new UsageError(`--finding is "${text}", but "${amount}" is no number.`);
  }
  return {
    kind,
    ...(side === "" ? {} : { side }),
    ...(amount === "" ? {} : { amount: Number(amount) }),
  };
}

/** The phantom, with every amount in its range. @throws LabError "spec-invalid" */
function phantomOf(phantom: PhantomSpec): PhantomSpec {
  const checked = validateSpec({ ...defaultSpec(), case: { kind: "phantom", phantom } });
  return checked.case.kind === "phantom" ? checked.case.phantom : phantom;
}

/** Largest coverage of any finding, organs left out. [size * size] */
function findingMask({ masks, size }: Phantom): Float32Array {
  const union = new Float32Array(size * size);
  for (const kind of FINDING_KINDS) {
    masks.get(kind)?.forEach((coverage, i) => (union[i] = Math.max(union[i]!, coverage)));
  }
  return union;
}
