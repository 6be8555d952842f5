/** How alike the clean picture's features stay under noise: the lower bound as it tightens with the samples. */
import type { CertificateResult } from "../../experiment/results.ts";
import { decimal } from "../kit/formats.ts";
import { FEATURES } from "./certificateSpec.ts";
import type { PlotSpec } from "./plotSpec.ts";

export function scoreSpec({
  feature,
  history,
  score,
  scoreLower,
  n,
  maxSamples,
}: CertificateResult): PlotSpec {
  const lowest = Math.min(history.scoreLower[0] ?? scoreLower, scoreLower);
  const floor = Math.max(0, Math.floor(10 * lowest) / 10);
  const last = Math.max(n, maxSamples);
  return {
    title: "Similarity under noise",
    description: `Similarity of the clean picture's features with and without noise (${FEATURES[feature]}): at least ${decimal(scoreLower, 4)} on average after ${n} of ${maxSamples} noisy samples; mean so far ${decimal(score, 4)}.`,
    series: [
      {
        name: "mean so far",
        x: [0, last],
        y: [score, score],
        ink: "neutral",
        dash: true,
        width: 1,
      },
      { name: "at least", x: history.n, y: history.scoreLower, ink: "clean" },
      { name: "at least, now", x: [n], y: [scoreLower], ink: "clean", width: 0 },
    ],
    x: { title: "noisy samples n", range: [0, last], offersLog: true },
    y: { title: "similarity, 0 to 1", range: [Math.min(floor, 0.9), 1.002] },
  };
}
