/** Attention within windows, placed on the picture: models/golden/window_attention.py made the models and the numbers. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import golden from "../../models/golden/windows/swin.json" with { type: "json" };
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { placeTaps } from "../onnx/placement.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { findAttentionTaps, withTaps } from "../onnx/taps.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { linfNorm, subtract } from "../tensor/norms.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { receivedAttention } from "./attentionMaps.ts";

it.each(["torchscript", "dynamo"])(
  "Swin's windows lie where PyTorch puts them (%s)",
  async (form) => {
    const file = new URL(`../../models/golden/windows/swin.${form}.onnx`, import.meta.url);
    const { model, shapes } = await prepareGraph(parseModel(await readFile(file)), nativeRunner, {
      shapes: { image: golden.shape },
    });
    const taps = findAttentionTaps(new GraphView(model), shapes);
    const grid = { prefix: 0, rows: 4, columns: 4 };
    const placed = await placeTaps({ model, shapes }, taps, grid, nativeRunner);
    expect(placed).toHaveLength(golden.layers.length);
    const image = floatTensor(Float32Array.from(golden.image), golden.shape);
    const names = placed.map(({ tap }) => tap.name);
    const results = await nativeRunner(serializeModel(withTaps(model, names)), { image }, names);
    for (const [k, layer] of golden.layers.entries()) {
      const { grid: found, heads, maps } = receivedAttention(results[names[k]!]!, placed[k]!, k);
      expect(found).toEqual(layer.grid);
      expect(heads).toBe(layer.heads);
      expect(linfNorm(subtract(maps, layer.received))).toBeLessThan(1e-6);
    }
    // The second block's windows are rolled, the third sees its whole stage.
    expect(placed.map(({ isGlobal }) => isGlobal)).toEqual([false, false, true]);
  },
);
