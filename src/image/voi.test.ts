import { describe, expect, it } from "vitest";
import { distributionOf } from "./distribution.ts";
import type { Radiograph, Voi } from "./radiograph.ts";
import {
  applyVoi,
  automaticWindow,
  defaultVoi,
  fileVoi,
  describeVoi,
  dragVoi,
  fullRangeWindow,
  renderBytes,
  renderUnit,
  voiPresets,
} from "./voi.ts";

function radiograph(
  values: Int32Array | Float32Array,
  extra: Partial<Radiograph> = {},
): Radiograph {
  return {
    rows: 1,
    cols: values.length,
    values,
    bitsStored: 12,
    photometric: "MONOCHROME2",
    vois: [],
    pixelAspect: 1,
    notices: [],
    source: "dicom",
    rawSha256: "0".repeat(64),
    ...extra,
  };
}

describe("applyVoi", () => {
  it("follows the standard's LINEAR formula and its worked example", () => {
    // PS3.3 C.11.2.1.2.1: c = 2048, w = 4096 maps 0 to 0 and 4095 to full; c = 0, w = 100: black at -50, white at 49.
    const whole: Voi = { kind: "linear", center: 2048, width: 4096 };
    expect(applyVoi(0, whole)).toBe(0);
    expect(applyVoi(4095, whole)).toBe(1);
    const narrow: Voi = { kind: "linear", center: 0, width: 100 };
    expect(applyVoi(-50, narrow)).toBe(0);
    expect(applyVoi(49, narrow)).toBe(1);
    expect(applyVoi(-49, narrow)).toBeCloseTo(1 / 99, 12);
  });

  it("makes a threshold of LINEAR with width 1", () => {
    const voi: Voi = { kind: "linear", center: 100, width: 1 };
    expect([99, 100].map((value) => applyVoi(value, voi))).toEqual([0, 1]);
  });

  it("follows LINEAR_EXACT and SIGMOID", () => {
    const exact: Voi = { kind: "linear_exact", center: 10, width: 20 };
    expect([0, 10, 15, 20, 99].map((value) => applyVoi(value, exact))).toEqual([
      0, 0.5, 0.75, 1, 1,
    ]);
    const sigmoid: Voi = { kind: "sigmoid", center: 10, width: 20 };
    expect(applyVoi(10, sigmoid)).toBe(0.5);
    expect(applyVoi(20, sigmoid)).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
  });

  it("looks up a table and clamps beyond its ends", () => {
    const table: Voi = { kind: "table", firstValue: 5, bits: 4, entries: Uint16Array.of(0, 3, 15) };
    expect([-9, 5, 6, 7, 1000].map((value) => applyVoi(value, table))).toEqual([0, 0, 0.2, 1, 1]);
  });
});

describe("rendering", () => {
  it("inverts MONOCHROME1 after the window: a mirrored file with the mirrored window looks the same", () => {
    const values = Int32Array.from({ length: 4096 }, (_, i) => i);
    const mirrored = values.map((value) => 4095 - value);
    const bright = radiograph(values, { vois: [{ kind: "linear", center: 1800, width: 2400 }] });
    const dark = radiograph(mirrored, {
      photometric: "MONOCHROME1",
      vois: [{ kind: "linear", center: 4096 - 1800, width: 2400 }],
    });
    expect(renderBytes(dark, defaultVoi(dark))).toEqual(renderBytes(bright, defaultVoi(bright)));
  });

  it("takes the window asked for of several, else the first", () => {
    const vois: Voi[] = [
      { kind: "linear", center: 1000, width: 400 },
      { kind: "linear", center: 1500, width: 1200, explanation: "BONE" },
    ];
    const two = radiograph(Int32Array.of(100, 200, 300), { vois });
    expect(fileVoi(two, 1)).toBe(vois[1]);
    expect(fileVoi(two, 7)).toBe(vois[0]);
    expect(defaultVoi(two)).toBe(vois[0]);
  });

  it("opens a file without a window from its lowest to its highest value", () => {
    const plain = radiograph(Int32Array.of(100, 200, 300));
    expect([...renderBytes(plain, defaultVoi(plain))]).toEqual([0, 128, 255]);
    const inverted = radiograph(Int32Array.of(100, 200, 300), { photometric: "MONOCHROME1" });
    expect([...renderUnit(inverted, defaultVoi(inverted))]).toEqual([1, 0.5, 0]);
  });

  it("gives the same bytes through the lookup table and one by one", () => {
    const integers = Int32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 4096);
    const voi: Voi = { kind: "sigmoid", center: 2000, width: 700 };
    const viaTable = renderBytes(radiograph(integers), voi);
    expect(renderBytes(radiograph(Float32Array.from(integers)), voi)).toEqual(viaTable);
    expect(viaTable[3]).toBe(Math.floor(255 * applyVoi((3 * 7919) % 4096, voi) + 0.5));
  });

  it("survives constant and non-finite pictures", () => {
    const constant = radiograph(new Int32Array(9).fill(7));
    expect(renderBytes(constant, defaultVoi(constant))[0]).toBe(128);
    const damaged = radiograph(Float32Array.of(NaN, 0, 1, Infinity));
    expect([...renderBytes(damaged, defaultVoi(damaged))]).toEqual([0, 0, 255, 255]);
  });
});

describe("windows from the picture", () => {
  const values = Int32Array.from({ length: 1001 }, (_, i) => i);

  it("takes exact quantiles of integers and leaves padding out", () => {
    const padded = radiograph(Int32Array.from([...values, ...new Int32Array(5000).fill(-2000)]), {
      padding: { low: -2000, high: -1999 },
    });
    const distribution = distributionOf(padded);
    expect([distribution.min, distribution.max, distribution.count]).toEqual([0, 1000, 1001]);
    expect(distribution.quantile(0.5)).toBe(500);
    expect(distribution.quantile(0)).toBe(0);
    expect(distribution.quantile(1)).toBe(1000);
  });

  it("counts padding when there is nothing else", () => {
    const empty = radiograph(new Int32Array(4).fill(3), { padding: { low: 3, high: 3 } });
    expect(distributionOf(empty)).toMatchObject({ min: 3, max: 3, count: 4 });
  });

  it("bins real values finely", () => {
    const real = radiograph(Float32Array.from(values, (value) => value / 3));
    expect(distributionOf(real).quantile(0.25)).toBeCloseTo(250 / 3, 1);
  });

  it("ignores half a percent at either end in the automatic window", () => {
    const voi = automaticWindow(distributionOf(radiograph(values)));
    expect(voi).toEqual({ kind: "linear_exact", center: 500, width: 990 });
  });

  it("places lung darker than bone, also when black and white are exchanged", () => {
    for (const photometric of ["MONOCHROME1", "MONOCHROME2"] as const) {
      const picture = radiograph(values, { photometric });
      const presets = voiPresets(picture);
      expect(presets.map((preset) => preset.key)).toEqual(["2", "3", "4", "5"]);
      const [lung, bone] = [presets[2]!.voi, presets[3]!.voi] as {
        center: number;
        width: number;
      }[];
      const darker =
        photometric === "MONOCHROME1" ? lung!.center - bone!.center : bone!.center - lung!.center;
      expect(darker).toBeGreaterThan(200);
      expect([lung!.width, bone!.width]).toEqual([500, 400]);
    }
  });

  it("offers the file's own window as preset 1", () => {
    const own: Voi = { kind: "linear", center: 1, width: 2, explanation: "LUNG" };
    expect(voiPresets(radiograph(values, { vois: [own] }))[0]).toEqual({
      key: "1",
      name: "From file",
      voi: own,
    });
  });
});

describe("dragVoi", () => {
  const picture = radiograph(Int32Array.from({ length: 1025 }, (_, i) => i));
  const distribution = distributionOf(picture);
  const start: Voi = { kind: "linear", center: 500, width: 400, explanation: "LUNG" };

  it("moves by 1/1024 of the range a pixel: right wider, down darker", () => {
    const voi = dragVoi(start, { right: 10, down: 20 }, picture, distribution);
    expect(voi).toEqual({ kind: "linear", center: 520, width: 410 });
    expect(applyVoi(600, voi)).toBeLessThan(applyVoi(600, start));
  });

  it("darkens downwards for MONOCHROME1 too", () => {
    const voi = dragVoi(
      start,
      { right: 0, down: 20 },
      { photometric: "MONOCHROME1" },
      distribution,
    );
    expect(1 - applyVoi(500, voi)).toBeLessThan(1 - applyVoi(500, start));
  });

  it("never gets narrower than one level", () => {
    expect(dragVoi(start, { right: -1e6, down: 0 }, picture, distribution).width).toBe(1);
  });

  it("replaces a table by a window", () => {
    const table: Voi = { kind: "table", firstValue: 0, bits: 8, entries: Uint16Array.of(0, 255) };
    const voi = dragVoi(table, { right: 0, down: 0 }, picture, distribution);
    expect(voi).toEqual(fullRangeWindow(distribution));
  });
});

describe("describeVoi", () => {
  it("states width and centre, shape and name", () => {
    expect(describeVoi({ kind: "linear", center: 1800, width: 2400, explanation: "LUNG" })).toBe(
      "W 2400 C 1800 (LUNG)",
    );
    expect(describeVoi({ kind: "sigmoid", center: 0.123456789, width: 2 })).toBe(
      "sigmoid W 2 C 0.12346",
    );
  });
});
