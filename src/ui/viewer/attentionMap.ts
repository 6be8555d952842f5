/** Which attention map to show, out of a readout, and how to name it. */
import type { Readout } from "../../experiment/results.ts";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import type { AttentionChoice } from "../../state/viewStore.ts";

/** Map over the token grid [gridH * gridW]; undefined when the readout has no such layer or head. */
export function attentionMap(readout: Readout, choice: AttentionChoice): Float32Array | undefined {
  if (choice.source === "rollout") {
    return readout.rollout.length > 0 ? readout.rollout : undefined;
  }
  if (choice.source === "relevance") return undefined;
  const layer = readout.attention.find(({ tap }) => tap === choice.tap);
  if (!layer) return undefined;
  const cells = readout.grid[0] * readout.grid[1];
  if (choice.head !== "mean") {
    const start = choice.head * cells;
    return choice.head < layer.heads ? layer.maps.subarray(start, start + cells) : undefined;
  }
  return headMean(layer, cells);
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
  if (choice.source === "rollout") return "Attention rollout, encoder";
  if (choice.source === "relevance") return "Answer relevance, gradient x attention";
  const layer = readout?.attention.find(({ tap }) => tap === choice.tap);
  const head = choice.head === "mean" ? "head mean" : `head ${choice.head + 1}`;
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
