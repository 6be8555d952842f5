/** What a reader would dictate: sizes in words and one sentence per finding. */
import type { ResolvedFinding } from "./patient.ts";

export type FindingSize = "small" | "moderate" | "large";

/** Where sizes in words begin, in the finding's own unit: [moderate from, large from]. */
export const SIZE_BORDERS: Readonly<
  Partial<Record<ResolvedFinding["kind"], readonly [number, number]>>
> = {
  effusion: [350, 850],
  pneumothorax: [20, 38],
  nodule: [16, 30],
};

export function sizeOf({ kind, amount }: ResolvedFinding): FindingSize | undefined {
  const borders = SIZE_BORDERS[kind];
  if (!borders) return undefined;
  return amount < borders[0] ? "small" : amount < borders[1] ? "moderate" : "large";
}

export function sentenceOf(finding: ResolvedFinding): string {
  const { kind, side, amount } = finding;
  const size = sizeOf(finding);
  switch (kind) {
    case "cardiomegaly":
      return "The heart is enlarged.";
    case "effusion":
      return `There is a ${size} ${side} pleural effusion.`;
    case "pneumothorax":
      return `There is a ${size} ${side} pneumothorax.`;
    case "consolidation":
      return `There is consolidation in the ${side} lung.`;
    case "nodule":
      return `There is a ${size} nodule in the ${side} lung.`;
    case "edema":
      return "There is interstitial edema.";
    case "atelectasis":
      return `There is atelectasis at the ${side} base.`;
    case "fracture":
      return `There is a ${side} rib fracture.`;
    case "hernia":
      return "There is a hiatal hernia behind the heart.";
    case "pacemaker":
      return `There is a ${side} pacemaker.`;
    case "tube":
      return amount < 20
        ? "The endotracheal tube is too low."
        : "There is an endotracheal tube above the carina.";
    case "line":
      return `There is a ${side} central venous line.`;
  }
}

/** The whole report: positive findings, then the negatives a reader would state. */
export function reportOf(findings: readonly ResolvedFinding[]): string[] {
  const has = (kind: ResolvedFinding["kind"]) => findings.some((f) => f.kind === kind);
  const sentences = findings.map(sentenceOf);
  if (!has("cardiomegaly")) sentences.push("The heart is normal in size.");
  if (!has("effusion")) sentences.push("No pleural effusion.");
  if (!has("pneumothorax")) sentences.push("No pneumothorax.");
  if (
    !["consolidation", "edema", "nodule", "atelectasis"].some((kind) =>
      has(kind as ResolvedFinding["kind"]),
    )
  ) {
    sentences.push("The lungs are clear.");
  }
  return sentences;
}
