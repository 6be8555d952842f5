import { describe, expect, it } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { ensurePatch } from "./paintedPatch.ts";
import { beginStroke, extendStroke } from "./strokeBuilder.ts";
import { strokePixels } from "../picture/vectorLayers.ts";

const tip = { radius: 0.05, intensity: 1, erase: false };

describe("brush strokes", () => {
  it("drops points that are nearer than the brush can show", () => {
    const start = beginStroke(tip, 0.5, 0.5);
    expect(extendStroke(start, 0.505, 0.5)).toBe(start);
    expect(extendStroke(start, 0.55, 0.5).points).toHaveLength(2);
  });

  it("stays inside the image and on the lattice of links", () => {
    const stroke = extendStroke(beginStroke(tip, -0.3, 0.123_456), 1.7, 0.9);
    for (const [x, y] of stroke.points) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(1);
      expect(Number.isInteger(y * 4096)).toBe(true);
    }
  });

  it("goes into a painted patch in front of the first attack, made once", () => {
    const { spec, id, strokes } = ensurePatch(defaultSpec());
    expect(spec.stack.map((item) => item.id)).toEqual(["quantum-1", id, "pgd-1"]);
    expect(strokes).toBe(0);
    expect(ensurePatch(spec).spec).toBe(spec);
  });

  it("is drawn as a capsule between its points", () => {
    const stroke = {
      points: [
        [0.25, 0.5],
        [0.75, 0.5],
      ],
      ...tip,
    } as const;
    const pixels = strokePixels(stroke, 64);
    const alpha = (x: number, y: number) => pixels[4 * (y * 64 + x) + 3];
    expect(alpha(32, 32)).toBe(255);
    expect(alpha(32, 40)).toBe(0);
    expect(alpha(5, 32)).toBe(0);
  });
});
