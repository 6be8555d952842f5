/** The certified cosine against l2 radius as a plot, and as the sentence above it. */
import type { BesideResult, CertificateResult, CosineBounds } from "../../experiment/results.ts";
import { radiusRange } from "../../experiment/radiusRange.ts";
import type { CertifiedFeature } from "../../experiment/spec.ts";
import { BUNDLED_MODELS } from "../../model/catalog.ts";
import { decimal, percent } from "../kit/formats.ts";
import type { PlotSpec } from "./plotSpec.ts";

/** Between which two features a bound holds. The two are different numbers, so one is shown at a time. */
export type Between = keyof CosineBounds<unknown>;

export const BETWEEN: Readonly<Record<Between, { readonly label: string; readonly what: string }>> =
  {
    toSmoothedClean: {
      label: "both pictures averaged",
      what: "the features of the changed and of the clean picture, both averaged over noise",
    },
    toClean: {
      label: "changed one averaged",
      what: "the features of the changed picture averaged over noise, and those of the clean picture as it is",
    },
  };

/** The vectors whose cosine is bounded, as a reader who reads answers should take them. */
export const FEATURES: Readonly<Record<CertifiedFeature, string>> = {
  embedding: "the pooled image embedding",
  tokens: "all image tokens as one vector, which the answer is read from",
};

/** The same inside a sentence. */
const OF: Readonly<Record<CertifiedFeature, string>> = {
  embedding: "pooled embedding",
  tokens: "image tokens",
};

export interface Guarantee {
  readonly kind: "proved" | "vacuous";
  readonly sentence: string;
}

/** @param beside where it proves something, it stands for the smaller change that would be named otherwise. */
export function guaranteeOf(
  certificate: CertificateResult,
  between: Between,
  beside?: BesideResult,
): Guarantee {
  const { stackL2, alpha } = certificate;
  const what = OF[certificate.feature];
  const radius = certificate.reach[between];
  const bound = certificate.atStack[between];
  if (radius <= 0)
    return { kind: "vacuous", sentence: "Nothing is guaranteed so far, at any distance." };
  if (stackL2 === 0) {
    return {
      kind: "proved",
      sentence: `Something is guaranteed of the ${what} for every change of the picture up to a total size (l2) of ${decimal(radius, 3)}. Yours changes nothing.`,
    };
  }
  if (Number.isNaN(bound)) {
    return {
      kind: "vacuous",
      sentence: `Your change, of total size (l2) ${decimal(stackL2, 2)}, is larger than what can be guaranteed of the ${what} (${decimal(radius, 3)}). Nothing is proved about it.${provesBeside(beside, between) ? "" : smallerSentence(certificate, between)}`,
    };
  }
  return {
    kind: "proved",
    sentence: `No change as small as yours, of total size (l2) ${decimal(stackL2, 2)}, can push the cosine of the ${what} below ${decimal(bound, 3)}, with ${percent(1 - alpha)} confidence.`,
  };
}

export function provesBeside(beside: BesideResult | undefined, between: Between): boolean {
  return beside !== undefined && "certificate" in beside && beside.certificate.atStack[between] > 0;
}

/** What is proved beside a change that is too large: the curve's own value nearest half of its reach. */
function smallerSentence({ curve, reach, feature }: CertificateResult, between: Between): string {
  const half = curve.radius.findLastIndex((radius) => radius <= reach[between] / 2);
  const bound = curve[between][half] ?? NaN;
  return half > 0 && bound > 0
    ? ` Proved: no change up to a total size of ${decimal(curve.radius[half]!, 3)} can push the cosine of the ${OF[feature]} below ${decimal(bound, 2)}.`
    : "";
}

/** The other model's guarantee in words: for which size of change, how much, from how many copies. */
export function besideSentence(beside: BesideResult, between: Between): string {
  if ("obstacle" in beside) return `No comparison: ${beside.obstacle}`;
  const { certificate } = beside;
  const { sigma, stackL2, alpha, n, feature } = certificate;
  const bound = certificate.atStack[between];
  const who = `For comparison, the ${besideName(beside)} under noise ${sigma}`;
  const copies = `(${n} noisy copies, ${percent(1 - alpha)} confidence)`;
  return Number.isNaN(bound)
    ? `${who}: nothing is proved of a change of size ${stackL2} ${copies}.`
    : `${who}: no change up to a size of ${stackL2} can push the cosine of its ${OF[feature]} below ${decimal(bound, 2)} ${copies}.`;
}

function besideName({ model }: { readonly model: string }): string {
  return (BUNDLED_MODELS.find(({ id }) => id === model)?.label ?? model).toLowerCase();
}

/** Its curve and, where something is proved there, the point at the size of change it was asked about. */
function besideSeries(beside: BesideResult | undefined, between: Between): PlotSpec["series"] {
  if (!beside || "obstacle" in beside) return [];
  const { curve, stackL2, atStack } = beside.certificate;
  const name = besideName(beside);
  const line = { name, x: curve.radius, y: curve[between], ink: "neutral", dash: true } as const;
  const bound = atStack[between];
  if (Number.isNaN(bound)) return [line];
  const point = {
    name: `l2 ${stackL2}`,
    x: [stackL2],
    y: [bound],
    ink: "neutral",
    width: 0,
  } as const;
  return [line, point];
}

export function certificateSpec(
  certificate: CertificateResult,
  between: Between,
  beside?: BesideResult,
): PlotSpec {
  const { curve, stackL2, atStack, sigma, feature } = certificate;
  const radius = certificate.reach[between];
  const other = beside && "certificate" in beside ? beside.certificate : undefined;
  const reach = Math.max(radius, other?.reach[between] ?? 0);
  const [start, end] = radiusRange({ radius: reach, stackL2, sigma });
  const bound = atStack[between];
  const isBeyond = stackL2 > end;
  const at = Math.min(stackL2, end);
  return {
    title: "What is guaranteed",
    description: `Lowest possible cosine between ${BETWEEN[between].what} (of ${FEATURES[feature]}), against the l2 size of the change. The guarantee reaches to l2 ${decimal(radius, 3)}. ${guaranteeOf(certificate, between, beside).sentence}${beside ? ` ${besideSentence(beside, between)}` : ""}`,
    series: [
      ...besideSeries(beside, between),
      { name: "guaranteed", x: curve.radius, y: curve[between], ink: "clean" },
      ...(Number.isFinite(bound) && !isBeyond && stackL2 > 0
        ? [
            {
              name: "your change",
              x: [stackL2],
              y: [bound],
              ink: "changed" as const,
              width: 0,
            },
          ]
        : []),
    ],
    x: { title: "size of the change, l2 (grey 0 to 1)", range: [start, end] },
    y: { title: "cosine, at least", range: [0, 1.02] },
    marks:
      stackL2 > 0
        ? [
            {
              at,
              label: `yours ${decimal(stackL2, 2)}${isBeyond ? ", off the axis →" : ""}`,
              ink: "changed",
            },
          ]
        : [],
    band: { from: Math.max(0, reach), to: end, label: "nothing is\nproved here" },
  };
}
