import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { grayImage } from "../image/grayImage.ts";
import { toModelInput } from "../image/modelInput.ts";
import { defaultVoi } from "../image/voi.ts";
import { exportPng } from "./exportPng.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

describe("exportPng", () => {
  it("keeps every k/255 through a round trip, and clips and rounds the rest", async () => {
    const lattice = Float32Array.from({ length: 256 }, (_, k) => k / 255);
    const whole = await loadRadiograph(exportPng(grayImage(lattice, 8, 32)), nodeCodecs);
    expect(whole).toMatchObject({ rows: 8, cols: 32, bitsStored: 8, notices: [] });
    expect(Array.from(whole.values)).toEqual(Array.from({ length: 256 }, (_, k) => k));
    const odd = grayImage(Float32Array.of(-3, 0.5, 1.7, NaN), 1, 4);
    expect(Array.from((await loadRadiograph(exportPng(odd), nodeCodecs)).values)).toEqual([
      0, 128, 255, 0,
    ]);
  });

  it("gives a model the same input again", async () => {
    // No black and no white in it: a window fitted to the values would stretch it.
    const input = Float32Array.from({ length: 256 }, (_, k) => Math.fround((40 + (k % 100)) / 255));
    const radiograph = await loadRadiograph(exportPng(grayImage(input, 16, 16)), nodeCodecs);
    const again = toModelInput(radiograph, { voi: defaultVoi(radiograph), size: 16 });
    expect(again.data).toEqual(input);
  });

  it("writes nothing but the picture", () => {
    const png = exportPng(grayImage(new Float32Array(64), 8, 8));
    const types: string[] = [];
    const view = new DataView(png.buffer);
    for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
      types.push(String.fromCharCode(...png.subarray(at + 4, at + 8)));
    }
    expect(new Set(types)).toEqual(new Set(["IHDR", "IDAT", "IEND"]));
  });
});
