/** What of a window a case can't follow is refused or said. */
import { expect, test } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { modelInputOf } from "./source.ts";

const input = { size: 16, resize: "area-stretch" } as const;
const sha256 = "ab".repeat(32);
const radiograph: Radiograph = {
  rows: 16,
  cols: 16,
  values: Int32Array.from({ length: 256 }, (_, i) => i),
  bitsStored: 8,
  photometric: "MONOCHROME2",
  vois: [
    { kind: "linear", center: 128, width: 256 },
    { kind: "linear", center: 64, width: 32 },
  ],
  pixelAspect: 1,
  notices: [],
  source: "dicom",
  rawSha256: sha256,
};
const open = (vois: Radiograph["vois"], index?: number) =>
  modelInputOf(
    { kind: "file", sha256 },
    { kind: "file", ...(index === undefined ? {} : { index }) },
    input,
    () => ({ ...radiograph, vois }),
  );

test("a window that the file has not is refused, not replaced", () => {
  expect(open(radiograph.vois, 1).image).not.toEqual(open(radiograph.vois, 0).image);
  expect(() => open(radiograph.vois, 2)).toThrow(
    "The experiment asks for window 3 of the file, which has 2.",
  );
  // Its own window, where it states none, is all it shows.
  expect(open([]).image).toHaveLength(256);
  expect(() => open([], 1)).toThrow("window 2 of the file, which has 0");
});

test("a window stated for a phantom is said to be unused", () => {
  const phantom = { kind: "phantom", phantom: { seed: 1, findings: [] } } as const;
  const made = (window: Parameters<typeof modelInputOf>[1]) =>
    modelInputOf(phantom, window, { ...input, size: 32 }, () => undefined);
  expect(made({ kind: "manual", center: 100, width: 10 }).notices).toEqual([
    "A phantom is drawn in grey levels of its own: the stated window is not used.",
  ]);
  expect(made({ kind: "automatic" }).notices).toEqual([]);
});
