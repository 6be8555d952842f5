import { describe, expect, it } from "vitest";
import type { Readout } from "../../experiment/results.ts";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import { DEFAULT_ATTENTION } from "../../state/viewStore.ts";
import { attentionMap, choiceName } from "./attentionMap.ts";

/** Two layers of an encoder and one of a head, exported with the same tap name, as the bundled models are. */
const layer = (kind: AttentionLayer["kind"], index: number, first: number): AttentionLayer => ({
  tap: "softmax_1",
  kind,
  layer: index,
  heads: 2,
  grid: [1, 2],
  maps: Float32Array.of(first, 1 - first, 0.5, 0.5),
});

const readout = (...attention: AttentionLayer[]): Readout => ({
  answer: null,
  paraphrases: [],
  embedding: Float32Array.of(1),
  grid: [1, 2],
  attention,
  rollout: Float32Array.of(0.25, 0.75),
});

describe("the map over the radiographs", () => {
  const both = readout(layer("self", 0, 0.1), layer("self", 1, 0.2), layer("cross", 0, 0.9));

  it("tells a layer of the answering head from the encoder's layer of the same name", () => {
    const choice = { source: "layer", layer: 0, head: 0 } as const;
    expect(attentionMap(both, { ...choice, kind: "self" })!.values[0]).toBeCloseTo(0.1);
    expect(attentionMap(both, { ...choice, kind: "cross" })!.values[0]).toBeCloseTo(0.9);
    expect(choiceName({ ...choice, kind: "cross" }, both)).toBe("Answer layer 1, head 1");
  });

  it("averages heads, and is the answer's last layer until another is chosen", () => {
    expect([...attentionMap(both, DEFAULT_ATTENTION)!.values]).toEqual([
      expect.closeTo(0.7, 6),
      expect.closeTo(0.3, 6),
    ]);
    expect(choiceName(DEFAULT_ATTENTION, both)).toBe("Answer layer 1, head mean");
  });

  it("is named and drawn as rollout where a model has no such layer", () => {
    const encoder = readout(layer("self", 0, 0.1));
    expect([...attentionMap(encoder, DEFAULT_ATTENTION)!.values]).toEqual([0.25, 0.75]);
    expect(choiceName(DEFAULT_ATTENTION, encoder)).toBe("Attention rollout, encoder");
  });

  it("is no relevance of an answer where there is no answer", () => {
    const encoder = readout(layer("self", 0, 0.1));
    expect(choiceName({ source: "relevance" }, encoder)).toBe("Attention rollout, encoder");
    const asked = readout(layer("self", 0, 0.1), layer("cross", 0, 0.9));
    expect(choiceName({ source: "relevance" }, asked)).toContain("Answer relevance");
  });

  it("is the last layer where tokens in windows make no rollout, and nothing where there is no attention", () => {
    const none = Float32Array.of();
    const windowed = { ...readout(layer("self", 0, 0.1), layer("self", 1, 0.2)), rollout: none };
    expect(choiceName(DEFAULT_ATTENTION, windowed)).toBe("Encoder layer 2, head mean");
    expect(choiceName({ source: "rollout" }, windowed)).toBe("Encoder layer 2, head mean");
    const mute = { ...readout(), rollout: none };
    expect(attentionMap(mute, DEFAULT_ATTENTION)).toBe(undefined);
    for (const choice of [
      DEFAULT_ATTENTION,
      { source: "rollout" },
      { source: "relevance" },
    ] as const) {
      expect(choiceName(choice, mute)).toBe("No attention in this model");
    }
  });
});
