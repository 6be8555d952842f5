/** Which attention map to show, out of a readout, and how to name it. */
import type { Readout } from "../../experiment/results.ts";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import { headMean } from "../../tensor/headMean.ts";
import type { AttentionChoice, LayerChoice } from "../../state/viewStore.ts";

type Shown = Pick<Readout, "attention" | "rollout">;

/**
 * The choice as this readout can show it: a number in place of "last", and for a layer or a rollout that the model lacks
 * the nearest there is, rollout before the encoder's last layer.
 */
export function shownChoice(
  choice: AttentionChoice,
  { attention, rollout }: Shown,
): AttentionChoice {
  if (choice.source === "map") return choice;
  // Relevance is of an answer: an encoder without a text side has none.
  if (choice.source === "relevance" && attention.some(({ kind }) => kind === "cross"))
    return choice;
  if (choice.source === "layer") {
    const own = attention.filter(({ kind }) => kind === choice.kind);
    const found =
      choice.layer === "last" ? own.at(-1) : own.find(({ layer }) => layer === choice.layer);
    if (found) {
      const head = choice.head === "mean" || choice.head < found.heads ? choice.head : "mean";
      return { ...choice, layer: found.layer, head };
    }
  }
  const last = attention.at(-1);
  if (rollout.length > 0 || !last) return { source: "rollout" };
  return { source: "layer", kind: last.kind, layer: last.layer, head: "mean" };
}

/** What every menu and corner says of a model that shows none. */
export const NO_ATTENTION = "No attention in this model";

export function hasAttention({ attention, rollout }: Shown): boolean {
  return attention.length > 0 || rollout.length > 0;
}

export interface GridMap {
  /** [rows * columns]. */
  readonly values: Float32Array;
  readonly grid: readonly [number, number];
}

/** The chosen map; undefined when the readout holds none. */
export function attentionMap(readout: Readout, choice: AttentionChoice): GridMap | undefined {
  const shown = shownChoice(choice, readout);
  if (shown.source === "relevance" || shown.source === "map") return undefined;
  if (shown.source === "rollout") {
    return readout.rollout.length > 0 ? { values: readout.rollout, grid: readout.grid } : undefined;
  }
  const layer = layerOf(shown, readout.attention);
  if (!layer) return undefined;
  const { grid, maps } = layer;
  const cells = grid[0] * grid[1];
  if (shown.head === "mean") return { values: headMean(layer), grid };
  return { values: maps.subarray(shown.head * cells, (shown.head + 1) * cells), grid };
}

/** The layer of a choice that shownChoice has settled. */
export function layerOf<L extends Pick<AttentionLayer, "kind" | "layer">>(
  choice: LayerChoice,
  layers: readonly L[],
): L | undefined {
  return layers.find(({ kind, layer }) => kind === choice.kind && layer === choice.layer);
}

export function layerName(layer: Pick<AttentionLayer, "kind" | "layer">): string {
  const names = { self: "Encoder", pool: "Pooling", cross: "Answer" };
  return `${names[layer.kind]} layer ${layer.layer + 1}`;
}

const NOTHING: Shown = { attention: [], rollout: new Float32Array() };

export function choiceName(choice: AttentionChoice, readout: Readout | undefined): string {
  if (choice.source === "map") return "Measured map";
  if (readout && !hasAttention(readout)) return NO_ATTENTION;
  const { attention, rollout } = readout ?? NOTHING;
  const shown = shownChoice(choice, { attention, rollout });
  if (shown.source === "rollout") return "Attention rollout, encoder";
  if (shown.source !== "layer") return "Answer relevance, gradient x attention";
  const head = shown.head === "mean" ? "head mean" : `head ${shown.head + 1}`;
  const layer = layerOf(shown, attention);
  return `${layer ? layerName(layer) : "Attention"}, ${head}`;
}

/**
 * The 99th percentile over both maps, because one outlying token must not turn everything else dark; at least twice an
 * even share, because ripples of an even map are no finding.
 */
export function sharedPeak(maps: readonly (Float32Array | undefined)[]): number {
  const values = maps.flatMap((map) => (map ? [...map] : [])).sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const high = values[Math.min(values.length - 1, Math.floor(values.length * 0.99))] ?? 0;
  return Math.max(high, 2 * mean);
}
