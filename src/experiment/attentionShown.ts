/** Which attention stands for a reading where one map is shown: of figures, comparisons and replays. */
import type { AttentionLayer } from "../model/visionLanguageModel.ts";
import { headMean } from "../tensor/headMean.ts";
import type { Readout } from "./results.ts";

export interface AttentionShown {
  readonly label: string;
  readonly grid: readonly [number, number];
  readonly map: Float32Array;
}

/** The answer's last layer, averaged over heads; the encoder's last where there is none. */
export function attentionShown({
  attention,
}: Pick<Readout, "attention">): AttentionShown | undefined {
  const layer: AttentionLayer | undefined =
    attention.findLast(({ kind }) => kind === "cross") ?? attention.at(-1);
  if (!layer) return undefined;
  const names = { self: "encoder", pool: "pooling", cross: "answer" };
  return {
    label: `${names[layer.kind]} layer ${layer.layer + 1}, head mean`,
    grid: layer.grid,
    map: headMean(layer),
  };
}
