import { describe, expect, it } from "vitest";
import { IDENTITY_WINDOW, UNIT_SCALE, grayPixels } from "../../image/display.ts";
import type { DisplayWindow } from "../../image/display.ts";
import { differenceLimit, differencePixels, heatPixels, maskOutline } from "./drawRadiograph.ts";
import { differenceScale } from "./differenceScale.ts";
import { sharedPeak } from "./attentionMap.ts";
import { displayPresets, dragWindow } from "./windowDrag.ts";

/** What is shown of each grey level of the model's picture. */
function shown(window: DisplayWindow, invert = false): number[] {
  const levels = Float32Array.from({ length: 256 }, (_, level) => level / 255);
  const pixels = grayPixels(levels, UNIT_SCALE, { window, invert });
  return Array.from(levels, (_, i) => pixels[4 * i]!);
}

describe("display window", () => {
  it("is the identity on grey levels until it is dragged", () => {
    const levels = Array.from({ length: 256 }, (_, level) => level);
    expect(shown(IDENTITY_WINDOW)).toEqual(levels);
    expect(shown(IDENTITY_WINDOW, true)).toEqual(levels.toReversed());
  });

  it("widens to the right and darkens downwards", () => {
    const wide = dragWindow(IDENTITY_WINDOW, { right: 50, down: 0 });
    expect(wide.width).toBeGreaterThan(255);
    const dark = dragWindow(IDENTITY_WINDOW, { right: 0, down: 50 });
    expect(shown(dark)[128]!).toBeLessThan(128);
    expect(dragWindow(IDENTITY_WINDOW, { right: -1e6, down: 0 }).width).toBe(1);
  });

  it("offers keys 1 to 5, the first being what the model sees", () => {
    const image = Float32Array.from({ length: 64 }, (_, i) => i / 63);
    const presets = displayPresets(image);
    expect(presets.map(({ key }) => key)).toEqual(["1", "2", "3", "4", "5"]);
    expect(presets[0]?.window).toEqual(IDENTITY_WINDOW);
    expect(presets[2]?.window).toEqual({ center: 127.5, width: 255 });
  });
});

describe("pictures from planes", () => {
  it("shows no difference as the neutral middle and clips at the limit", () => {
    const a = Float32Array.of(0.5, 0.5, 0.5);
    const b = Float32Array.of(0.5, 0.6, 1);
    const pixels = differencePixels(a, b, 0.1);
    const [neutral, atLimit, beyond] = [0, 4, 8].map((at) => [...pixels.subarray(at, at + 3)]);
    expect(Math.max(...neutral!) - Math.min(...neutral!)).toBeLessThan(12);
    expect(atLimit).toEqual(beyond);
    expect(atLimit![0]!).toBeGreaterThan(atLimit![2]!);
  });

  it("takes the smallest scale of the ladder that holds the change", () => {
    expect([0, 1 / 255, 2.1 / 255, 16 / 255, 1].map(differenceLimit)).toEqual([1, 1, 4, 16, 255]);
  });

  it("leaves one changed pixel in a hundred beyond its scale, and no more", () => {
    const clean = new Float32Array(1000);
    const noisy = clean.map((_, i) => (i < 500 ? (i % 100 === 0 ? 90 : 3) / 255 : 0));
    expect(differenceScale(clean, noisy)).toBe(4);
    const patch = clean.map((_, i) => (i < 500 ? (i % 50 === 0 ? 90 : 3) / 255 : 0));
    expect(differenceScale(clean, patch)).toBe(128);
    expect(differenceScale(clean, clean)).toBe(1);
    // What is remembered is the pair: the same picture beside another one is another difference.
    expect(differenceScale(noisy, patch)).toBe(128);
    expect(differenceScale(clean, patch)).toBe(128);
    expect(differenceScale(patch, noisy)).toBe(128);
    expect(differenceScale(clean, noisy)).toBe(4);
  });

  it("shows what lies above an even share of attention and nothing of an even map", () => {
    const pixels = heatPixels(Float32Array.of(0, 0, 4, 8), 4, "lagoon");
    expect([3, 7, 11, 15].map((at) => pixels[at])).toEqual([0, 0, 255, 255]);
    const even = new Float32Array(256).fill(1 / 256);
    expect(
      heatPixels(even, sharedPeak([even, even]), "lagoon").filter((_, i) => i % 4 === 3),
    ).toEqual(new Uint8ClampedArray(256));
  });

  it("outlines a mask by its border only", () => {
    const mask = new Float32Array(25);
    for (const row of [1, 2, 3]) for (const col of [1, 2, 3]) mask[row * 5 + col] = 1;
    const outline = maskOutline(mask, 5);
    expect(outline[12]).toBe(0);
    expect([...outline].filter((value) => value > 0)).toHaveLength(8);
  });
});
