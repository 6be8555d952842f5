/** What a phantom is asked to be: a patient drawn from a seed, sliders that override it, and findings with amounts. */

export const FINDING_KINDS = [
  "cardiomegaly",
  "effusion",
  "pneumothorax",
  "consolidation",
  "nodule",
  "edema",
  "atelectasis",
  "fracture",
  "hernia",
  "pacemaker",
  "tube",
  "line",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** The PATIENT's side; the patient's right is on the image's left. */
export type Side = "left" | "right";

export interface FindingSpec {
  readonly kind: FindingKind;
  /** For sided kinds; drawn from the seed when absent. */
  readonly side?: Side;
  /** In the kind's own unit (see FINDINGS); its default when absent. */
  readonly amount?: number;
}

export interface FindingMeta {
  readonly label: string;
  /** What the amount is an amount of. */
  readonly measure: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly sided: boolean;
  readonly help: string;
}

const finding = (
  [label, measure]: readonly [string, string],
  unit: string,
  [min, max, step]: readonly [number, number, number],
  rest: Pick<FindingMeta, "default" | "sided" | "help">,
): FindingMeta => ({ label, measure, unit, min, max, step, ...rest });

export const FINDINGS: Readonly<Record<FindingKind, FindingMeta>> = {
  cardiomegaly: finding(["Cardiomegaly", "Width"], "CTR", [0.52, 0.7, 0.01], {
    default: 0.6,
    sided: false,
    help: "Widest heart over widest inner thorax; above 0.5 is enlarged on a PA film.",
  }),
  effusion: finding(["Pleural effusion", "Volume"], "mL", [100, 1500, 10], {
    default: 500,
    sided: true,
    help: "Free fluid in the pleural space; it collects above the diaphragm.",
  }),
  pneumothorax: finding(["Pneumothorax", "Gap at the apex"], "mm", [8, 60, 1], {
    default: 25,
    sided: true,
    help: "Distance from the chest wall to the edge of the collapsed lung, at the apex.",
  }),
  consolidation: finding(["Consolidation", "Air replaced"], "fraction", [0.35, 1, 0.05], {
    default: 0.7,
    sided: true,
    help: "Share of the air in the patch that fluid or pus has replaced.",
  }),
  nodule: finding(["Nodule", "Diameter"], "mm", [10, 45, 1], {
    default: 20,
    sided: true,
    help: "Diameter of a round soft-tissue mass in the lung.",
  }),
  edema: finding(["Interstitial edema", "Amount"], "severity", [0.3, 1, 0.05], {
    default: 0.6,
    sided: false,
    help: "Fluid in both lungs, densest around the hila, with septal lines at the bases.",
  }),
  atelectasis: finding(["Atelectasis", "Dome raised"], "mm", [8, 35, 1], {
    default: 18,
    sided: true,
    help: "How far the collapsed base has pulled up the diaphragm.",
  }),
  fracture: finding(["Rib fracture", "Displacement"], "mm", [3, 12, 0.5], {
    default: 6,
    sided: true,
    help: "How far the ends of the broken rib have moved apart.",
  }),
  hernia: finding(["Hiatal hernia", "Diameter"], "mm", [35, 90, 1], {
    default: 60,
    sided: false,
    help: "Diameter of the stomach behind the heart; its gas lies above a fluid level.",
  }),
  pacemaker: finding(["Pacemaker", "Number"], "leads", [1, 2, 1], {
    default: 2,
    sided: true,
    help: "Leads from the pulse generator under the collarbone to the heart.",
  }),
  tube: finding(["Endotracheal tube", "Tip above the carina"], "mm", [-15, 80, 1], {
    default: 40,
    sided: false,
    help: "Height of the tip above the carina; 30 to 70 mm is the usual target.",
  }),
  line: finding(["Central venous line", "Tip in the vena cava"], "mm", [0, 70, 1], {
    default: 30,
    sided: true,
    help: "Distance of the tip from the upper end of the superior vena cava.",
  }),
};

/** Every slider of the patient. */
export interface PatientParams {
  readonly sex: "female" | "male";
  /** Years. */
  readonly age: number;
  /** 0 slender to 1 heavy. */
  readonly habitus: number;
  /** Degrees about the long axis; positive turns the patient's left side forward. */
  readonly rotationDeg: number;
  /** 0 shallow to 1 deep. */
  readonly inspiration: number;
  readonly view: "PA" | "AP";
  readonly portable: boolean;
  /** Detector dose relative to a standard film. */
  readonly exposure: number;
  /** Millimetres of the field covered at each border. */
  readonly collimation: number;
  readonly marker: boolean;
}

export interface PatientParamMeta {
  readonly label: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly help: string;
}

export const PATIENT_PARAMS = {
  age: {
    label: "Age",
    unit: "years",
    min: 20,
    max: 95,
    step: 1,
    help: "Older bones are fainter and the aortic knob is larger.",
  },
  habitus: {
    label: "Habitus",
    unit: "",
    min: 0,
    max: 1,
    step: 0.01,
    help: "Slender to heavy: thickness of soft tissue.",
  },
  rotationDeg: {
    label: "Rotation",
    unit: "deg",
    min: -12,
    max: 12,
    step: 0.5,
    help: "Rotation about the long axis shifts heart, trachea and clavicles.",
  },
  inspiration: {
    label: "Inspiration",
    unit: "",
    min: 0,
    max: 1,
    step: 0.01,
    help: "Deeper breath, lower diaphragm.",
  },
  exposure: {
    label: "Dose",
    unit: "x standard",
    min: 0.1,
    max: 2,
    step: 0.05,
    help: "Less dose, more quantum noise.",
  },
  collimation: {
    label: "Collimation",
    unit: "mm",
    min: 0,
    max: 30,
    step: 1,
    help: "Width of the covered border.",
  },
} as const satisfies Partial<Record<keyof PatientParams, PatientParamMeta>>;

export interface PhantomSpec {
  readonly seed: number;
  readonly findings: readonly FindingSpec[];
  /** What is absent here is drawn from the seed. */
  readonly patient?: Partial<PatientParams>;
}
