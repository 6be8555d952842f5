import { expect, test } from "vitest";
import type { PixelSpacing } from "../../image/radiograph.ts";
import type { FilmMeasure } from "../../state/viewStore.ts";
import { isWhole, measured } from "./measure.ts";

const at = (x: number, y: number) => ({ x, y });
const spacing = (
  row: number,
  col: number,
  plane: PixelSpacing["plane"] = "film",
): PixelSpacing => ({
  row,
  col,
  plane,
});

test("a length is in millimetres where the file has a spacing, else in pixel widths", () => {
  const line: FilmMeasure = { tool: "ruler", points: [at(0, 0), at(30, 40)] };
  expect(measured(line, { pixelAspect: 1 })).toEqual({
    text: "50 px",
    meaning: "the file has no pixel spacing",
  });
  expect(measured(line, { pixelAspect: 1, pixelSpacingMm: spacing(0.2, 0.2) })?.text).toBe(
    "10.0 mm",
  );
  // 30 x .4 = 12 to the right, 40 x .125 = 5 down: 13.
  expect(measured(line, { pixelAspect: 0.3125, pixelSpacingMm: spacing(0.125, 0.4) })?.text).toBe(
    "13.0 mm",
  );
});

test("at the detector the patient’s length is told where the file knows its magnification", () => {
  const line: FilmMeasure = { tool: "ruler", points: [at(0, 0), at(100, 0)] };
  const pixelSpacingMm = { ...spacing(1, 1, "detector"), magnification: 1.25 };
  expect(measured(line, { pixelAspect: 1, pixelSpacingMm })?.meaning).toContain("about 80.0 mm");
  const unknown = { pixelAspect: 1, pixelSpacingMm: spacing(1, 1, "detector") };
  expect(measured(line, unknown)?.meaning).toContain("in the patient it is less");
  const calibrated = { pixelAspect: 1, pixelSpacingMm: spacing(1, 1, "patient") };
  expect(measured(line, calibrated)?.meaning).toContain("calibrated");
});

test("an angle is that of the patient, not of pixels that are not square", () => {
  const corner: FilmMeasure = { tool: "angle", points: [at(10, 0), at(0, 0), at(10, 10)] };
  expect(measured(corner, { pixelAspect: 1 })?.text).toBe("45°");
  // Pixels twice as high as wide: the second arm rises by atan 2.
  expect(measured(corner, { pixelAspect: 2 })?.text).toBe("63°");
  expect(measured(corner, { pixelAspect: 2, pixelSpacingMm: spacing(2, 1) })?.text).toBe("63°");
  const straight: FilmMeasure = { tool: "angle", points: [at(-5, 0), at(0, 0), at(5, 0)] };
  expect(measured(straight, { pixelAspect: 1 })?.text).toBe("180°");
});

test("the cardiothoracic ratio is the heart over the chest, and says where the bound holds", () => {
  const points = [at(100, 200), at(247, 200), at(20, 260), at(320, 260)];
  const whole: FilmMeasure = { tool: "heartRatio", points };
  const { text, meaning } = measured(whole, { pixelAspect: 1, pixelSpacingMm: spacing(1, 1) })!;
  expect(text).toBe("cardiothoracic ratio 0.49");
  expect(meaning).toContain("147.0 mm across the heart, 300.0 mm across the chest");
  expect(meaning).toContain("AP film");
});

test("what is half drawn says what is missing", () => {
  const heart: FilmMeasure = { tool: "heartRatio", points: [at(0, 0), at(10, 0)] };
  expect(isWhole(heart)).toBe(false);
  expect(measured(heart, { pixelAspect: 1 })?.meaning).toContain("now draw across the chest");
  const arm: FilmMeasure = { tool: "angle", points: [at(0, 0), at(10, 0)] };
  expect(measured(arm, { pixelAspect: 1 })?.text).toBe("…");
  expect(isWhole({ tool: "ruler", points: [at(0, 0), at(1, 0)], isHeld: true })).toBe(false);
});
