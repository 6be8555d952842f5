import { describe, expect, it } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { ensurePatch } from "./paintedPatch.ts";
import { beginStroke, extendStroke, pressedRadius } from "./strokeBuilder.ts";
import { strokePixels } from "../picture/vectorLayers.ts";

const tip = { radius: 0.05, intensity: 1, erase: false };

describe("brush strokes", () => {
  it("drops points that are nearer than the brush can show", () => {
    const start = beginStroke(tip, 0.5, 0.5);
    expect(extendStroke(start, [0.505, 0.5])).toBe(start);
    expect(extendStroke(start, [0.55, 0.5]).points).toHaveLength(2);
  });

  it("is as wide as a pen was pressed at its hardest", () => {
    const soft = beginStroke({ ...tip, radius: pressedRadius(tip.radius, 0.1) }, 0.5, 0.5);
    expect(soft.radius).toBeCloseTo(0.6 * tip.radius, 12);
    const hard = extendStroke(soft, [0.5, 0.5], pressedRadius(tip.radius, 0.9));
    expect(hard.radius).toBeCloseTo(1.4 * tip.radius, 12);
    expect(hard.points).toEqual(soft.points);
    expect(extendStroke(hard, [0.5, 0.5], pressedRadius(tip.radius, 0.2))).toBe(hard);
    expect(pressedRadius(tip.radius, 0.5)).toBe(tip.radius);
  });

  it("stays inside the image and on the lattice of links", () => {
    const stroke = extendStroke(beginStroke(tip, -0.3, 0.123_456), [1.7, 0.9]);
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
