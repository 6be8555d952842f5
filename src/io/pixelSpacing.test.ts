import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { TAG, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const load = (file: Uint8Array): Promise<Radiograph> => loadRadiograph(file, nodeCodecs);
const small = (extra: DicomElements): Uint8Array =>
  dicomFile(imageElements(2, 2, 12, { [TAG.pixelData]: words([0, 1, 2, 3]), ...extra }));

describe("what the viewer's ruler and probe rest on", () => {
  it("reads pixel aspect and spacing", async () => {
    const ratio = await load(small({ [TAG.pixelAspectRatio]: "2\\1" }));
    expect(ratio.pixelAspect).toBe(2);
    const spacing = await load(small({ [TAG.pixelSpacing]: "0.4\\0.2" }));
    expect(spacing).toMatchObject({
      pixelAspect: 2,
      pixelSpacingMm: { row: 0.4, col: 0.2, plane: "unstated" },
    });
    const senseless = await load(small({ [TAG.pixelAspectRatio]: "0\\0" }));
    expect(senseless.pixelAspect).toBe(1);
  });

  it.each([
    ["the detector's", { "00181164": "0.14\\0.14" }, { col: 0.14, plane: "detector" }],
    [
      "the detector's, with a stated magnification",
      { "00181164": "0.14\\0.14", "00181114": "1.25" },
      { col: 0.14, plane: "detector", magnification: 1.25 },
    ],
    [
      "the detector's, said twice",
      { "00181164": "0.14\\0.14", [TAG.pixelSpacing]: "0.14\\0.14" },
      { col: 0.14, plane: "detector" },
    ],
    [
      "calibrated to another length",
      { "00181164": "0.14\\0.14", [TAG.pixelSpacing]: "0.12\\0.12" },
      { col: 0.12, plane: "patient" },
    ],
    [
      "calibrated by name",
      { [TAG.pixelSpacing]: "0.12\\0.12", "00280a02": "GEOMETRY" },
      { col: 0.12, plane: "patient" },
    ],
    ["of a scanned film", { "00182010": "0.1\\0.1" }, { col: 0.1, plane: "film" }],
  ])("says where a pixel spacing holds: %s", async (_, elements, expected) => {
    const { pixelSpacingMm } = await load(small(elements));
    expect(pixelSpacingMm).toEqual({ row: expected.col, ...expected });
  });

  it("keeps the line from stored to modality values, and says nothing where it is a table", async () => {
    const line = await load(small({ [TAG.slope]: "-2", [TAG.intercept]: "5" }));
    expect(line.rescale).toEqual({ slope: -2, intercept: 5 });
    expect((await load(small({}))).rescale).toEqual({ slope: 1, intercept: 0 });
  });
});
