/**
 * Which expert a picture is for, told by how the film was made: a softmax of a linear map of quality features. The weights
 * were fitted to phantoms as they are, noisy ones and ones with something over them (scripts/fitGate.mjs).
 */
import { FEATURES } from "../quality.ts";
import type { FeatureId, Measured } from "../quality.ts";
import fitted from "./gateWeights.json" with { type: "json" };
import type { Weighing } from "./pooledSystem.ts";

export const EXPERTS = ["normal", "noisy", "overlay"] as const;
export type ExpertId = (typeof EXPERTS)[number];

export interface GateWeights {
  /** Middle and spread of each feature over the phantoms that the gate was fitted to. */
  readonly features: Readonly<Record<FeatureId, { readonly mean: number; readonly sd: number }>>;
  /** Logit of each expert: a constant, and what one spread of each feature adds. "normal" is 0 throughout. */
  readonly experts: Readonly<
    Record<
      Exclude<ExpertId, "normal">,
      { readonly bias: number } & Readonly<Record<FeatureId, number>>
    >
  >;
}

export interface Quality {
  readonly id: FeatureId;
  readonly label: string;
  readonly value: number;
}

export function qualityOf(image: Float32Array): readonly Quality[] {
  return FEATURES.map((feature) => ({
    id: feature.id,
    label: feature.label,
    value: feature.measure(image, Math.sqrt(image.length)).value,
  }));
}

/** @param share of the weight that the gate gives away; the rest stays with the normal expert. */
export function gate(image: Float32Array, share: number, using: GateWeights = fitted): Weighing {
  const size = Math.sqrt(image.length);
  const measured = FEATURES.map(({ id, measure }) => [id, measure(image, size)] as const);
  const scores = EXPERTS.map((expert) => scoreOf(expert, measured, using));
  const peak = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - peak));
  const total = exps.reduce((a, b) => a + b, 0);
  const p = exps.map((value) => value / total);
  return {
    weights: p.map((value, k) => share * value + (k === 0 ? 1 - share : 0)),
    pullback(cotangents) {
      const center = cotangents.reduce((sum, c, k) => sum + c * p[k]!, 0);
      const into = new Float64Array(image.length);
      for (const [id, { addGradient }] of measured) {
        const slope = EXPERTS.reduce(
          (sum, expert, k) =>
            sum + share * p[k]! * (cotangents[k]! - center) * weightOf(expert, id, using),
          0,
        );
        addGradient(slope / using.features[id].sd, into);
      }
      return Float32Array.from(into);
    },
  };
}

function scoreOf(
  expert: ExpertId,
  measured: readonly (readonly [FeatureId, Measured])[],
  using: GateWeights,
): number {
  const bias = expert === "normal" ? 0 : using.experts[expert].bias;
  return measured.reduce((sum, [id, { value }]) => {
    const { mean, sd } = using.features[id];
    return sum + (weightOf(expert, id, using) * (value - mean)) / sd;
  }, bias);
}

function weightOf(expert: ExpertId, id: FeatureId, { experts }: GateWeights): number {
  return expert === "normal" ? 0 : experts[expert][id];
}
