/** Which attention map to show, out of a readout, and how to name it. */
import type { Readout } from "../../experiment/results.ts";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import type { AttentionChoice, LayerChoice } from "../../state/viewStore.ts";

type Layers = readonly Pick<AttentionLayer, "kind" | "layer" | "heads">[];

/** The choice as this model can show it: rollout in place of a layer that it lacks, a number in place of "last". */
export function shownChoice(choice: AttentionChoice, layers: Layers): AttentionChoice {
  if (choice.source !== "layer") return choice;
  const own = layers.filter(({ kind }) => kind === choice.kind);
  const found =
    choice.layer === "last" ? own.at(-1) : own.find(({ layer }) => layer === choice.layer);
  if (!found) return { source: "rollout" };
  const head = choice.head === "mean" || choice.head < found.heads ? choice.head : "mean";
  return { ...choice, layer: found.layer, head };
}

/** Map over the token grid [gridH * gridW]; undefined when the readout holds none. */
export function attentionMap(readout: Readout, choice: AttentionChoice): Float32Array | undefined {
  const shown = shownChoice(choice, readout.attention);
  if (shown.source === "relevance") return undefined;
  if (shown.source === "rollout") {
    return readout.rollout.length > 0 ? readout.rollout : undefined;
  }
  const layer = layerOf(shown, readout.attention);
  if (!layer) return undefined;
  const cells = readout.grid[0] * readout.grid[1];
  if (shown.head === "mean") return headMean(layer, cells);
  return layer.maps.subarray(shown.head * cells, (shown.head + 1) * cells);
}

/** The layer of a choice that shownChoice has settled. */
export function layerOf<L extends Pick<AttentionLayer, "kind" | "layer">>(
  choice: LayerChoice,
  layers: readonly L[],
): L | undefined {
  return layers.find(({ kind, layer }) => kind === choice.kind && layer === choice.layer);
}

function headMean(layer: AttentionLayer, cells: number): Float32Array {
  const mean = new Float32Array(cells);
  for (let head = 0; head < layer.heads; head++) {
    for (let cell = 0; cell < cells; cell++) {
      mean[cell] = mean[cell]! + layer.maps[head * cells + cell]! / layer.heads;
    }
  }
  return mean;
}

export function layerName(layer: Pick<AttentionLayer, "kind" | "layer">): string {
  return layer.kind === "self"
    ? `Encoder layer ${layer.layer + 1}`
    : `Answer layer ${layer.layer + 1}`;
}

export function choiceName(choice: AttentionChoice, readout: Readout | undefined): string {
  const layers = readout?.attention ?? [];
  const shown = shownChoice(choice, layers);
  if (shown.source === "rollout") return "Attention rollout, encoder";
  if (shown.source === "relevance") return "Answer relevance, gradient x attention";
  const head = shown.head === "mean" ? "head mean" : `head ${shown.head + 1}`;
  const layer = layerOf(shown, layers);
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
