/** Logistic regression of an event on one number, by Newton's method. */

export interface LogisticFit {
  /** Chance of the event at this number. */
  probability(x: number): number;
  readonly slope: number;
}

/** Keeps the fit finite where the number separates the two groups: a standard normal prior of this weight on the scaled slope. */
const RIDGE = 0.01;
const STEPS = 60;

/** @param cases at least one with and one without the event. */
export function logisticFit(
  cases: readonly { readonly x: number; readonly event: boolean }[],
): LogisticFit {
  const n = cases.length;
  const center = cases.reduce((sum, { x }) => sum + x, 0) / n;
  const spread = Math.sqrt(cases.reduce((sum, { x }) => sum + (x - center) ** 2, 0) / n) || 1;
  let [a, b] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    // Gradient and Hessian of the penalised log-likelihood.
    let [ga, gb, haa, hab, hbb] = [0, -RIDGE * b, 0, 0, RIDGE];
    for (const { x, event } of cases) {
      const z = (x - center) / spread;
      const p = 1 / (1 + Math.exp(-(a + b * z)));
      const w = Math.max(1e-9, p * (1 - p));
      ga += Number(event) - p;
      gb += (Number(event) - p) * z;
      haa += w;
      hab += w * z;
      hbb += w * z * z;
    }
    const det = haa * hbb - hab * hab;
    const [da, db] = [(hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det];
    // Far from the optimum a whole step overshoots.
    const scale = Math.min(1, 2 / Math.max(Math.abs(da), Math.abs(db), 1e-12));
    a += scale * da;
    b += scale * db;
    if (Math.abs(da) + Math.abs(db) < 1e-10) break;
  }
  return {
    slope: b / spread,
    probability: (x) => 1 / (1 + Math.exp(-(a + (b * (x - center)) / spread))),
  };
}
