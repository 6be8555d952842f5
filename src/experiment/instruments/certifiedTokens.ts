/** How far each image token may be pushed, over the picture: a certificate for every token at once. */
import { bestCosineBound, radiusForCosine } from "../../certificates/featureCosine.ts";
import { tokenBounds } from "../../certificates/tokenBounds.ts";
import { certifiedSide } from "../certify.ts";
import { PARAMS } from "../params.ts";
import { BARE } from "../insideOf.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

const BATCH = 2;

export const certifiedTokens = defineInstrument({
  id: "certifiedTokens",
  label: "Guarantee of each image token",
  group: "certainty",
  help: "Adds noise to the clean picture many times and averages every image token over the copies; no change of the picture up to the stated l2 size can turn any of these averages further than the map allows. It bounds what the answer is read from, place by place, and not the answer; the model reads the tokens of one picture and not their average.",
  source:
    "Lipschitz bound of smoothed functions (Salman et al. 2019, arXiv:1906.04584) on every token's direction, by the angular and the strip bound of docs and src/certificates/featureCosine.ts; all tokens at once by the union bound",
  params: {
    radius: {
      label: "Size of the change",
      unit: "l2",
      min: 0.01,
      max: 1,
      step: 0.01,
      default: 0.1,
      help: "For which l2 size of a change the map says how far tokens can turn: the root of the sum of all squared pixel changes, with black 0 and white 1.",
    },
    sigma: PARAMS["certificate.sigma"],
    copies: {
      label: "Noisy copies",
      unit: "",
      min: 50,
      max: 2000,
      step: 50,
      default: 200,
      integer: true,
      help: "Copies that are counted, one pass each. Every token pays for the others: with 256 tokens the bound needs more copies than one does.",
    },
    pilot: {
      label: "Pilot copies",
      unit: "",
      min: 10,
      max: 200,
      step: 10,
      default: 30,
      integer: true,
      help: "Copies that are looked at first and not counted, to learn where noise takes each token.",
    },
  },
  needs: ["model", "input", "clean", "metrics"],
  obstacle: ({ model }) =>
    model.halves ? undefined : "This model's image tokens are not to be had.",
  async *run({ model, input, clean, metrics }, { spec, params, seed, context }) {
    const { radius = 0.1, sigma = 0.1, copies = 200, pilot = 30 } = params;
    const { alpha } = spec.certificate;
    const { halves } = model;
    if (!halves) return undefined;
    const { tokens } = await halves.encode(input.image, { maps: false });
    const run = tokenBounds(
      certifiedSide(model, "tokens").embed,
      { clean: input.image, tokens: tokens.shape[1]! },
      { sigma, alpha, maxSamples: copies, pilot, seed, batch: BATCH },
      context,
    );
    for (;;) {
      const step = await run.next();
      if (!step.done) {
        const { done, total } = step.value;
        yield { progress: { done, total, label: `Tokens under noise: copy ${done} of ${total}` } };
        continue;
      }
      if (!step.value) return undefined;
      // Class and register tokens stand before those of the picture.
      const scores = step.value.slice(-clean.grid[0] * clean.grid[1]);
      recordRows(context, "instrument.certifiedTokens.scoreLower", [scores]);
      const about = { radius, sigma, alpha, copies, stackL2: metrics.l2, grid: clean.grid };
      return resultOf(scores, about);
    }
  },
});

interface About {
  readonly radius: number;
  readonly sigma: number;
  readonly alpha: number;
  readonly copies: number;
  readonly stackL2: number;
  readonly grid: readonly [number, number];
}

function resultOf(
  scores: Float64Array,
  { radius, sigma, alpha, copies, stackL2, grid }: About,
): InstrumentResult {
  const bounds = Float64Array.from(scores, (s) =>
    bestCosineBound(s, radius / sigma, "smoothedClean"),
  );
  const reach = Float64Array.from(scores, (s) => sigma * radiusForCosine(s, 0, "A"));
  const proved = bounds.filter((bound) => bound >= 0).toSorted();
  const all = reach.toSorted();
  const [weakest = 0] = all;
  const median = proved[Math.floor(proved.length / 2)] ?? NaN;
  const covers = all.filter((each) => each >= stackL2).length;
  const confidence = `${decimal(100 * (1 - alpha), 1)} %`;
  return {
    statement: `${
      proved.length === 0
        ? `Nothing is proved of any token for changes of l2 ${radius}.`
        : `For every change of the picture up to l2 ${radius}, ${proved.length} of ${bounds.length} image tokens keep a cosine of at least ${decimal(proved[0]!, 2)} between their averages over noise (${decimal(median, 2)} for half of them), all at once with ${confidence} confidence.`
    } Your change has l2 ${decimal(stackL2, 2)}${
      stackL2 === 0
        ? ""
        : covers === 0
          ? ", which is beyond what is proved of any token"
          : `, within what is proved of ${covers} tokens`
    }. ${BARE}`,
    quantities: [
      {
        id: "proved",
        label: `Tokens with a bound at l2 ${radius}`,
        value: proved.length / bounds.length,
        unit: "share",
        n: copies,
      },
      {
        id: "lowest",
        label: "Lowest proved cosine among them",
        value: proved[0] ?? NaN,
        unit: "",
        n: copies,
        ...(proved.length === 0 ? { note: "nothing is proved at this size" } : {}),
      },
      {
        id: "median",
        label: "Median proved cosine among them",
        value: median,
        unit: "",
        n: copies,
        ...(proved.length === 0 ? { note: "nothing is proved at this size" } : {}),
      },
      {
        id: "reach.weakest",
        label: "Reach of the weakest token",
        value: weakest,
        unit: "l2",
        n: copies,
      },
      {
        id: "reach.median",
        label: "Reach of the median token",
        value: all[Math.floor(all.length / 2)]!,
        unit: "l2",
        n: copies,
      },
    ],
    maps: [
      {
        id: "cosine",
        label: `Proved cosine of each token at l2 ${radius} (0 where nothing is proved)`,
        grid,
        data: Float32Array.from(bounds, (bound) => (bound >= 0 ? bound : 0)),
        unit: "",
      },
      {
        id: "reach",
        label: "Largest change about which something is proved, each token",
        grid,
        data: Float32Array.from(reach),
        unit: "l2",
      },
    ],
  };
}
