/** The cases on offer: phantoms chosen so that each finding the model is asked about is there to be seen. */
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";

export interface GalleryCase {
  readonly name: string;
  /** The name as it stands under a thumbnail, which is narrower than some of its words: they may be parted where it says so. */
  readonly caption?: string;
  /** What one would ask of it. */
  readonly question: string;
  readonly phantom: PhantomSpec;
}

export const GALLERY: readonly GalleryCase[] = [
  {
    name: "Left effusion",
    question: "Is there a pleural effusion?",
    phantom: { seed: 7, findings: [{ kind: "effusion", side: "left", amount: 500 }] },
  },
  { name: "No finding", question: "Is there a pneumothorax?", phantom: { seed: 11, findings: [] } },
  {
    name: "Right pneumothorax",
    caption: "Pneumo\u00ADthorax",
    question: "Is there a pneumothorax?",
    phantom: { seed: 21, findings: [{ kind: "pneumothorax", side: "right", amount: 32 }] },
  },
  {
    name: "Cardiomegaly",
    caption: "Cardio\u00ADmegaly",
    question: "Is there cardiomegaly?",
    phantom: { seed: 34, findings: [{ kind: "cardiomegaly", amount: 0.62 }] },
  },
  {
    name: "Consolidation",
    caption: "Consoli\u00ADdation",
    question: "Is there consolidation?",
    phantom: { seed: 45, findings: [{ kind: "consolidation", side: "right", amount: 0.8 }] },
  },
  {
    name: "Nodule",
    question: "Is there a lung nodule?",
    phantom: { seed: 52, findings: [{ kind: "nodule", side: "right", amount: 28 }] },
  },
  {
    name: "Edema, portable",
    question: "Is there pulmonary edema?",
    phantom: {
      seed: 63,
      findings: [
        { kind: "edema", amount: 0.75 },
        { kind: "line", side: "right", amount: 30 },
      ],
      patient: { view: "AP", portable: true },
    },
  },
  {
    name: "Pacemaker",
    question: "Is there a pacemaker?",
    phantom: { seed: 78, findings: [{ kind: "pacemaker", side: "left", amount: 2 }] },
  },
];

/**
 * The spec with a gallery case opened. Its question comes along unless the reader has asked one of their own, which
 * then goes with them from film to film. A question that comes along tells what there is to be seen: none does where
 * the names of the films are hidden.
 */
export function openGalleryCase(
  spec: ExperimentSpec,
  chosen: GalleryCase,
  isUntitled = false,
): ExperimentSpec {
  const isOwn = isUntitled || !GALLERY.some(({ question }) => question === spec.question);
  return {
    ...spec,
    case: { kind: "phantom", phantom: chosen.phantom },
    question: isOwn ? spec.question : chosen.question,
  };
}

/** A film of the gallery where the names of films are hidden. */
export function untitled(index: number): string {
  return `Film ${index + 1}`;
}
