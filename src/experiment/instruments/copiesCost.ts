/** What averaging over n0 noisy copies costs and gives: the average that is deployed is not the ideal smoothed encoder. */
import { gridBet } from "../../certificates/gridBet.ts";
import { COSINE_SLACK, alphaForBound, noisyDraws } from "../../certificates/sampler.ts";
import { cosine, l2Norm } from "../../tensor/norms.ts";
import { OF_FEATURE } from "../certifiedFeature.ts";
import { certifiedSide } from "../certify.ts";
import { PARAMS } from "../params.ts";
import type { CertifiedFeature } from "../spec.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Chance that the stated distance to the ideal average is wrong. */
const DELTA = 0.001;

export const copiesCost = defineInstrument({
  id: "copiesCost",
  label: "What n0 copies cost and give",
  group: "certainty",
  help: "Averages the features of the clean picture over more and more noisy copies and shows the time it takes, how far that average still is from the one over all copies, and how wide the interval of the Gaussian score is. A guarantee holds for the ideal average over endlessly many copies; a deployed average of n0 copies may lie as far from it as stated, and with few copies that is no guarantee at all.",
  source:
    "n0 of feature-space smoothing (arXiv:2601.16200); distance to the ideal average by McDiarmid's inequality; width by the anytime-valid bound of src/certificates/gridBet.ts on both sides",
  params: {
    sigma: PARAMS["certificate.sigma"],
    copies: {
      label: "Most copies",
      unit: "",
      min: 16,
      max: 512,
      step: 16,
      default: 64,
      integer: true,
      help: "The curve has a point at 1, 2, 4 and so on up to this; the average over all of them stands for the ideal one.",
    },
  },
  needs: ["model", "system", "input", "clean"],
  async *run({ model, system, input, clean }, { spec, params, seed, context }) {
    const { sigma = 0.1, copies = 64 } = params;
    const { alpha } = spec.certificate;
    // Half of alpha for each side of the interval.
    const left = alphaForBound(
      { sigma, alpha, maxSamples: copies, batch: 1, seed },
      input.image.length,
    );
    const draw = noisyDraws(input.image, { sigma, seed });
    const [lower, upper] = [gridBet(), gridBet()];
    const { feature: certified, embed } = certifiedSide(system, spec.certificate.feature);
    const [cleanFeature = clean.embedding] =
      certified === "tokens" ? await embed([input.image]) : [];
    const sum = new Float64Array(cleanFeature.length);
    const points: Point[] = [];
    const means: Float32Array[] = [];
    const features: Float32Array[] = [];
    let milliseconds = 0;
    for (let n = 1; n <= copies; n++) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const noisy = draw(n - 1, 1);
      const from = Date.now();
      const [feature] = await embed(noisy);
      milliseconds += Date.now() - from;
      // All tokens of hundreds of copies are large: kept only for whoever recomputes.
      if (context.record) features.push(feature!);
      const score = (1 + cosine(feature!, cleanFeature)) / 2;
      lower.add(Math.max(0, score - COSINE_SLACK));
      upper.add(Math.max(0, 1 - score - COSINE_SLACK));
      const length = l2Norm(feature!);
      for (let i = 0; i < sum.length; i++) sum[i]! += feature![i]! / length;
      yield { progress: { done: n, total: copies, label: "Noisy copies" } };
      if (!Number.isInteger(Math.log2(n)) && n !== copies) continue;
      means.push(Float32Array.from(sum, (v) => v / n));
      const width = 1 - upper.lowerBound(left / 2) - lower.lowerBound(left / 2);
      points.push({ n, milliseconds, width: Math.min(1, Math.max(0, width)) });
    }
    recordRows(context, "instrument.copiesCost.draws", features);
    return resultOf(points, means, { sigma, certified, isDefended: system !== model });
  },
});

interface Point {
  readonly n: number;
  readonly milliseconds: number;
  /** Of the interval of the Gaussian robustness score. */
  readonly width: number;
}

/**
 * How far an average of n0 unit features may lie from its expectation, of length `norm`, but for the chance DELTA
 * (McDiarmid): sqrt((1 - norm^2) / n0) + sqrt(2 ln(1 / delta) / n0).
 */
export function averageDistance(n0: number, norm: number, delta = DELTA): number {
  return Math.sqrt(Math.max(0, 1 - norm * norm) / n0) + Math.sqrt((2 * Math.log(1 / delta)) / n0);
}

interface Averaged {
  readonly sigma: number;
  readonly certified: CertifiedFeature;
  /** Then each copy goes through the defenses. */
  readonly isDefended: boolean;
}

/** A smoothing defense looks at copies of each of these copies: the time is not that of its own n0. */
const THROUGH_DEFENSES =
  " Each copy goes through the defenses here, with all the looks that they take: switch them off for the cost of averaging alone.";

function resultOf(
  points: readonly Point[],
  means: readonly Float32Array[],
  { sigma, certified, isDefended }: Averaged,
): InstrumentResult {
  const whole = means.at(-1)!;
  const norm = Math.min(1, l2Norm(whole));
  const last = points.at(-1)!;
  const each = last.milliseconds / last.n;
  const apart = means.map((mean) => l2Norm(mean.map((v, i) => v - whole[i]!)));
  const x = Float64Array.from(points, ({ n }) => n);
  const eight = points.findIndex(({ n }) => n === 8);
  const allowed = averageDistance(8, norm);
  return {
    statement: `Each copy costs ${decimal(each, 0)} ms here, so that an average over 8 takes ${decimal(8 * each, 0)} ms; it lies ${decimal(apart[eight]!, 3)} from the average over ${last.n}. All that can be promised of 8 copies is a distance of at most ${decimal(allowed, 2)} from the ideal average, whose length is ${decimal(norm, 2)}: ${allowed >= norm ? "no guarantee at all" : "a guarantee, less that distance"}. ${OF_FEATURE[certified]}${isDefended ? THROUGH_DEFENSES : ""}`,
    quantities: [
      {
        id: "perCopy",
        label: "Time of one copy",
        value: each,
        unit: "ms",
        n: last.n,
        note: "on this machine, now",
      },
      {
        id: "apart.8",
        label: "Distance of 8 copies' average to that of all",
        value: apart[eight]!,
        unit: "",
        n: 8,
      },
      {
        id: "promised.8",
        label: "Promised of 8 copies, at most",
        value: allowed,
        unit: "",
        n: 8,
        note: `but for a chance of ${DELTA}`,
      },
      {
        id: "promised.all",
        label: `Promised of ${last.n} copies, at most`,
        value: averageDistance(last.n, norm),
        unit: "",
        n: last.n,
      },
      {
        id: "width",
        label: "Width of the score's interval, all copies",
        value: last.width,
        unit: "",
        n: last.n,
      },
      { id: "norm", label: "Length of the average over all", value: norm, unit: "", n: last.n },
    ],
    plots: [
      {
        kind: "lines",
        id: "time",
        title: "Time by number of copies",
        x: { label: "Copies averaged, n0", unit: "" },
        y: { label: "Time", unit: "ms" },
        series: [
          { name: "measured", x, y: Float64Array.from(points, (point) => point.milliseconds) },
        ],
      },
      {
        kind: "lines",
        id: "width",
        title: `Width by number of copies, noise ${sigma}`,
        x: { label: "Copies averaged, n0", unit: "", log: true },
        y: { label: "Distance, or width of the interval", unit: "" },
        series: [
          { name: "interval of the score", x, y: Float64Array.from(points, ({ width }) => width) },
          {
            name: "average to that of all, measured",
            x: x.slice(0, -1),
            y: Float64Array.from(apart.slice(0, -1)),
          },
          {
            name: "average to the ideal one, promised",
            x,
            y: Float64Array.from(points, ({ n }) => averageDistance(n, norm)),
          },
        ],
      },
    ],
  };
}
