/** What is gained by answering only when confident: risk against coverage (Geifman & El-Yaniv 2017). */

export interface SelectivePrediction {
  /** Entry k: error rate among the k + 1 most confident cases. */
  readonly risk: readonly number[];
  /** Mean of `risk`: area under the risk-coverage curve. */
  readonly aurc: number;
  /** `aurc` minus that of the best possible order of the same answers; 0 for a perfect confidence. */
  readonly excessAurc: number;
}

/** Ties keep the order given. @returns null for no cases. */
export function selectivePrediction(
  cases: readonly { readonly confidence: number; readonly correct: boolean }[],
): SelectivePrediction | null {
  if (cases.length === 0) return null;
  const risk = riskCurve(
    cases.toSorted((a, b) => b.confidence - a.confidence).map((c) => c.correct),
  );
  const ideal = riskCurve(cases.map((c) => c.correct).toSorted((a, b) => Number(b) - Number(a)));
  const area = (curve: readonly number[]) => curve.reduce((a, b) => a + b, 0) / curve.length;
  const aurc = area(risk);
  return { risk, aurc, excessAurc: aurc - area(ideal) };
}

function riskCurve(correct: readonly boolean[]): number[] {
  let errors = 0;
  return correct.map((isCorrect, k) => {
    if (!isCorrect) errors++;
    return errors / (k + 1);
  });
}
