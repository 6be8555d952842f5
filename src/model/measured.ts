/**
 * What was measured of the bundled models' answers, for the page to say beside a percentage: how often answers of the same kind and
 * confidence are right on phantoms, and how well pneumonia is told on real films. The numbers are made by bench/measured.ts.
 */
import measured from "./measured.json" with { type: "json" };

/** Lower ends of the bands of stated confidence, the surest first. */
export const BANDS = [0.999, 0.99, 0.9, 0] as const;

export interface MeasuredModel {
  /** The weights that were measured: the vision and the answer graph of this precision. */
  readonly visionSha256: string;
  readonly answerSha256: string;
  readonly precision: string;
  readonly phantoms: number;
  /** By finding, "normal" or "ap": how well the question was told on adult films. What is not named was not measured. */
  readonly adults: Readonly<Record<string, MeasuredAuc>>;
  /** The same on children of the hospital whose films trained the model. */
  readonly children: Readonly<Record<string, MeasuredAuc>>;
  /** By population: how far stated percentages were from the truth on its test films. */
  readonly calibration: Readonly<Record<"adult" | "child", Calibration>>;
  /** Right answers and answers by kind of wording (see wordingKinds) and band. */
  readonly wordings: Readonly<
    Record<string, { readonly right: readonly number[]; readonly n: readonly number[] }>
  >;
}

/** Area under the ROC curve, with its 95 % interval and the number of films. 0.5 is guessing. */
export interface MeasuredAuc {
  readonly auc: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** Expected calibration errors in [0, 1] over n answers, as stated and divided by a temperature that was fitted on other films. */
export interface Calibration {
  readonly n: number;
  readonly ece: number;
  readonly temperature: number;
  readonly eceCalibrated: number;
}

export interface AskedWording {
  readonly type: string;
  /** A presence question limited to a side or size. */
  readonly isScoped: boolean;
  readonly trained: boolean;
  /** Paraphrase strategy, as in the question bank. */
  readonly strategy: string;
}

/** Undefined for a reader's own model, of which nothing was measured. */
export function measuredModel(id: string): MeasuredModel | undefined {
  return (measured as Readonly<Record<string, MeasuredModel>>)[id];
}

/** Index into BANDS. */
export function bandOf(confidence: number): number {
  return BANDS.findIndex((from) => confidence >= from);
}

/** Keys a wording is counted under, the most special first: paraphrase strategies only where wordings were kept out of training. */
export function wordingKinds({ type, isScoped, trained, strategy }: AskedWording): string[] {
  const question = isScoped ? `${type} limited` : type;
  const kind = `${question}, ${trained ? "trained" : "held out"}`;
  return !trained && type === "presence" && !isScoped ? [`${kind}, ${strategy}`, kind] : [kind];
}

export interface Reliability {
  readonly right: number;
  readonly n: number;
  /** The band that was counted; null where it held too few answers and all bands were taken. */
  readonly from: number | null;
  /** Upper end of the band; null for the surest and for all. */
  readonly below: number | null;
}

/** Fewer answers than this say too little of a band or a strategy. */
const ENOUGH = 50;

/** How often answers of this kind and confidence are right on phantoms; undefined where nothing like it was measured. */
export function reliabilityOf(
  { wordings }: MeasuredModel,
  asked: AskedWording,
  confidence: number,
): Reliability | undefined {
  const band = bandOf(confidence);
  const rows = wordingKinds(asked).flatMap((kind) => wordings[kind] ?? []);
  for (const { right, n } of rows) {
    if (n[band]! >= ENOUGH) {
      return {
        right: right[band]!,
        n: n[band]!,
        from: BANDS[band]!,
        below: band === 0 ? null : BANDS[band - 1]!,
      };
    }
  }
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const row = rows.find(({ n }) => sum(n) >= ENOUGH);
  return row && { right: sum(row.right), n: sum(row.n), from: null, below: null };
}
