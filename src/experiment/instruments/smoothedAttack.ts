/**
 * An attack on what the guarantee is about, the certified feature averaged over noise, inside and beyond the guaranteed size: gradients
 * are averaged over noisy copies (EOT), the verdict is read on other copies.
 */
import { toLattice } from "../../attacks/lattice.ts";
import { bestCosineBound } from "../../certificates/featureCosine.ts";
import { COSINE_SLACK, noisyDraws, sampleCertificate } from "../../certificates/sampler.ts";
import type { System } from "../../system/system.ts";
import { cosine, l2Norm } from "../../tensor/norms.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { OF_FEATURE } from "../certifiedFeature.ts";
import { certifiedSide, cosineAndSine } from "../certify.ts";
import type { CertifiedSide } from "../certify.ts";
import { PARAMS } from "../params.ts";
import type { EmbedImages, LabContext } from "../labContext.ts";
import type { CertifiedFeature } from "../spec.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Sizes that are attacked, as multiples of the one asked about. */
const SIZES = [0.5, 1, 2];
/** Noisy copies that each gradient step averages over. */
const DRAWS_PER_STEP = 2;
const BATCH = 2;
const CURVE_POINTS = 41;

export const smoothedAttack = defineInstrument({
  id: "smoothedAttack",
  label: "Attack on the guarantee",
  group: "certainty",
  help: "Tries to turn the features that the guarantee is about, averaged over noise, by more than the guarantee allows: a gradient attack of the same l2 size that averages over noisy copies. Where it fails the guarantee has withstood one attack and is not thereby proved; where it turned them further, something would be wrong with the guarantee.",
  source:
    "Expectation over transformation (Athalye et al. 2018) on the smoothed features (Salman et al. 2019); bound: docs and src/certificates/featureCosine.ts",
  params: {
    radius: {
      label: "Size of the change",
      unit: "l2",
      min: 0.02,
      max: 1,
      step: 0.02,
      default: 0.1,
      help: "The attack is made with half, once and twice this size: the root of the sum of all squared pixel changes, with black 0 and white 1.",
    },
    sigma: PARAMS["certificate.sigma"],
    steps: {
      label: "Steps",
      unit: "",
      min: 2,
      max: 40,
      step: 1,
      default: 8,
      integer: true,
      help: `Gradient steps at each size, each averaged over ${DRAWS_PER_STEP} noisy copies.`,
    },
    copies: {
      label: "Noisy copies",
      unit: "",
      min: 20,
      max: 1000,
      step: 10,
      default: 60,
      integer: true,
      help: "Counted for the bound, and looked at again around each attacked picture for the verdict.",
    },
  },
  needs: ["system", "input", "clean"],
  async *run({ system, input, clean }, { spec, params, seed, context }) {
    const { radius = 0.1, sigma = 0.1, steps = 8, copies = 60 } = params;
    const { alpha } = spec.certificate;
    const { feature, embed, slopeFrom } = attackable(system, spec.certificate.feature);
    const [cleanFeature] = feature === "tokens" ? await embed([input.image]) : [clean.embedding];
    const noise = { sigma, alpha, maxSamples: copies, batch: BATCH, seed };
    const total = copies + SIZES.length * (steps + copies);
    let done = 0;
    const progress = (label: string, by: number) => ({
      progress: { done: (done += by), total, label },
    });
    let scoreLower = 0;
    const mean = runningMean();
    // Of each copy the two numbers that the bound reads: all its tokens would be too much to keep.
    const sampled = sampleCertificate(
      async (batch) =>
        (await embed(batch)).map((each) => {
          mean.add(each);
          return cosineAndSine(each, cleanFeature!);
        }),
      { clean: input.image, cleanFeature: Float32Array.of(1, 0) },
      noise,
      context,
    );
    for await (const estimate of sampled) {
      ({ scoreLower } = estimate);
      yield progress("Bound: noisy copies", BATCH);
    }
    const smoothed = mean.value();
    if (!smoothed || context.signal.aborted) return undefined;

    const slope = slopeFrom(unit(smoothed));
    if (!slope) return obstructed("This system gives no gradient to attack along.");
    const found: Attacked[] = [];
    const pictures: Float32Array[] = [];
    const averages: Float32Array[] = [smoothed];
    for (const size of SIZES) {
      const ball = { norm: "l2" as const, epsilon: size * radius };
      const walk = walkOf(slope, input.image, { ...ball, sigma, seed, steps });
      let attacked: Float32Array;
      for (;;) {
        await context.yieldToHost();
        if (context.signal.aborted) return undefined;
        const step = await walk.next();
        if (step.done) {
          attacked = toLattice(step.value, input.image, ball);
          break;
        }
        yield progress("Attack: steps", 1);
      }
      const turned = await smoothedAt(embed, attacked, { sigma, seed, copies }, context);
      if (!turned) return undefined;
      yield progress("Verdict: noisy copies", copies);
      pictures.push(attacked);
      averages.push(turned);
      const change = attacked.map((v, i) => v - input.image[i]!);
      found.push({ asked: ball.epsilon, l2: l2Norm(change), cosine: cosine(turned, smoothed) });
    }
    recordRows(context, "instrument.smoothedAttack.pictures", pictures);
    recordRows(context, "instrument.smoothedAttack.averages", averages);
    return resultOf(found, { feature, scoreLower, sigma, alpha, copies });
  },
});

type Slope = (image: Float32Array) => Promise<Float32Array>;

interface Attackable extends CertifiedSide {
  /** Of 1 - cosine to a reference of length 1; undefined where no gradient is to be had. */
  readonly slopeFrom: (reference: Float32Array) => Slope | undefined;
}

/** The certified feature; the embedding where no gradient leads to the tokens. */

function attackable(system: System, asked: CertifiedFeature | undefined): Attackable {
  const { halves } = system;
  const slopes = halves?.slopes;
  if (asked !== "tokens" || !slopes) {
    return {
      ...certifiedSide(system),
      slopeFrom: (reference) => {
        const { lossAndGradient } = system.evaluator({
          kind: "feature",
          aim: "away",
          reference,
          loss: "cosine",
        });
        return lossAndGradient && (async (image) => (await lossAndGradient(image)).gradient);
      },
    };
  }
  return {
    ...certifiedSide(system, asked),
    slopeFrom: (reference) => async (image) => {
      const { tokens } = await halves.encode(image, { maps: false });
      const { data, shape } = tokens;
      const length = l2Norm(data);
      const along = cosine(data, reference);
      const cotangent = data.map((v, i) => ((along * v) / length - reference[i]!) / length);
      return slopes.pullback(image, floatTensor(cotangent, shape));
    },
  };
}

interface Attacked {
  readonly asked: number;
  /** Of the 8-bit picture that was judged. */
  readonly l2: number;
  /** Of the two features averaged over the same noise. */
  readonly cosine: number;
}

function unit(vector: Float32Array): Float32Array {
  const length = l2Norm(vector);
  return vector.map((v) => v / length);
}

interface Walk {
  readonly epsilon: number;
  readonly sigma: number;
  readonly seed: number;
  readonly steps: number;
}

/** PGD in the l2 ball; each step's gradient is the mean over copies of its own. Yields after each step. */
async function* walkOf(
  slope: Slope,
  origin: Float32Array,
  { epsilon, sigma, seed, steps }: Walk,
): AsyncGenerator<undefined, Float32Array> {
  const change = new Float32Array(origin.length);
  const moved = () => origin.map((v, i) => Math.min(1, Math.max(0, v + change[i]!)));
  const draws = noisyDraws(origin, { sigma, seed }, "pilot");
  for (let step = 0; step < steps; step++) {
    const gradient = new Float32Array(origin.length);
    for (const noisy of draws(step * DRAWS_PER_STEP, DRAWS_PER_STEP)) {
      // The same noise around the picture as it is now; copies stay inside black and white.
      const copy = noisy.map((v, i) => Math.min(1, Math.max(0, v + change[i]!)));
      const one = await slope(copy);
      for (let i = 0; i < one.length; i++) gradient[i]! += one[i]!;
    }
    const length = l2Norm(gradient) || 1;
    const pace = (2.5 * epsilon) / steps / length;
    for (let i = 0; i < change.length; i++) change[i]! += pace * gradient[i]!;
    const size = l2Norm(change);
    if (size > epsilon) for (let i = 0; i < change.length; i++) change[i]! *= epsilon / size;
    yield undefined;
  }
  return moved();
}

/** The mean feature over the copies that the bound was counted on: common noise, so that the two differ by the change alone. */
async function smoothedAt(
  embed: EmbedImages,
  image: Float32Array,
  {
    sigma,
    seed,
    copies,
  }: { readonly sigma: number; readonly seed: number; readonly copies: number },
  context: LabContext,
): Promise<Float32Array | undefined> {
  const draw = noisyDraws(image, { sigma, seed });
  const mean = runningMean();
  for (let n = 0; n < copies; n += BATCH) {
    await context.yieldToHost();
    if (context.signal.aborted) return undefined;
    for (const feature of await embed(draw(n, Math.min(BATCH, copies - n)))) mean.add(feature);
  }
  return mean.value();
}

/** Of features, each first made of length 1; undefined without any. */
function runningMean() {
  let sum: Float64Array | undefined;
  let count = 0;
  return {
    add(feature: Float32Array): void {
      const length = l2Norm(feature);
      sum ??= new Float64Array(feature.length);
      for (let i = 0; i < sum.length; i++) sum[i]! += feature[i]! / length;
      count++;
    },
    value: () => sum && Float32Array.from(sum, (v) => v / count),
  };
}

function resultOf(
  found: readonly Attacked[],
  about: {
    readonly feature: CertifiedFeature;
    readonly scoreLower: number;
    readonly sigma: number;
    readonly alpha: number;
    readonly copies: number;
  },
): InstrumentResult {
  const { feature, scoreLower, sigma, alpha, copies } = about;
  const boundAt = (l2: number) => bestCosineBound(scoreLower, l2 / sigma, "smoothedClean");
  const rows = found.map((each) => ({ ...each, bound: boundAt(each.l2) }));
  const judged = rows.filter(({ bound }) => Number.isFinite(bound));
  const broken = judged.filter((each) => each.cosine < each.bound - COSINE_SLACK);
  const asked = rows[1]!;
  const furthest = Math.max(...rows.map(({ l2 }) => l2), ...found.map((each) => each.asked));
  const x = Float64Array.from(
    { length: CURVE_POINTS },
    (_, k) => (furthest * k) / (CURVE_POINTS - 1),
  );
  const confidence = `${Number((100 * (1 - alpha)).toFixed(2))} %`;
  return {
    statement: `${
      broken.length > 0
        ? `At l2 ${decimal(broken[0]!.l2, 2)} the attack turned the averaged features to a cosine of ${decimal(broken[0]!.cosine, 3)}, below the guaranteed ${decimal(broken[0]!.bound, 3)}: with ${confidence} confidence that should not happen, and more copies will tell.`
        : judged.length === 0
          ? `Nothing is guaranteed at these sizes (${copies} copies), so that there is nothing to break; the attack turned the averaged features to a cosine of ${decimal(asked.cosine, 3)} at l2 ${decimal(asked.l2, 2)}.`
          : `The attack did not break the guarantee: at l2 ${decimal(judged.at(-1)!.l2, 2)} it turned the averaged features to a cosine of ${decimal(judged.at(-1)!.cosine, 3)}, and at least ${decimal(judged.at(-1)!.bound, 3)} is guaranteed. Between the two nothing is known.`
    } ${OF_FEATURE[feature]}`,
    quantities: rows.flatMap((each, k) => [
      {
        id: `attacked.${k}`,
        label: `Cosine of the averaged features, attacked at l2 ${decimal(each.l2, 2)}`,
        value: each.cosine,
        unit: "",
        n: copies,
      },
      {
        id: `guaranteed.${k}`,
        label: "Guaranteed there",
        value: each.bound,
        unit: "",
        n: copies,
        ...(Number.isFinite(each.bound) ? {} : { note: "nothing is guaranteed at this size" }),
      },
    ]),
    plots: [
      {
        kind: "lines",
        id: "curve",
        title: "Attacked and guaranteed, by size of the change",
        x: { label: "l2 of the change", unit: "" },
        y: { label: "Cosine of the averaged features", unit: "" },
        series: [
          { name: "guaranteed, at least", x, y: x.map((l2) => boundAt(l2)) },
          {
            name: "attacked",
            x: Float64Array.of(0, ...rows.map(({ l2 }) => l2)),
            y: Float64Array.of(1, ...rows.map((each) => each.cosine)),
            mode: "points",
          },
        ],
      },
    ],
  };
}
