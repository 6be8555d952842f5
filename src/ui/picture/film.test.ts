import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toneOf } from "../../image/display.ts";
import type { GrayScale } from "../../image/display.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { FilmView } from "../../state/viewStore.ts";
import { WHOLE_FILM } from "../../state/viewStore.ts";
import {
  filmToViewer,
  fitScale,
  inverse,
  mapped,
  mirrored,
  orientationText,
  panFilm,
  trueZoom,
  turned,
  upended,
  zoomFilm,
} from "./filmGeometry.ts";
import { probeFilm, probeText } from "./probe.ts";
import { levelFor, pyramidOf } from "./pyramid.ts";

const film = { cols: 300, rows: 200, pixelAspect: 1 };
const viewer = { width: 600, height: 500 };
const on = { film, viewer };

/** Where the four corners of the film are, clockwise from its own top left. */
function corners(view: FilmView): number[][] {
  const matrix = filmToViewer(view, film, viewer);
  return [
    [0, 0],
    [300, 0],
    [300, 200],
    [0, 200],
  ].map(([x, y]) => {
    const at = mapped({ x: x!, y: y! }, matrix);
    return [Math.round(at.x), Math.round(at.y)];
  });
}

const arbitraryView: fc.Arbitrary<FilmView> = fc.record({
  zoom: fc.double({ min: 0.6, max: 30, noNaN: true }),
  x: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
  y: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
  turns: fc.constantFrom(0, 1, 2, 3),
  isMirrored: fc.boolean(),
});
const arbitraryPoint = fc.record({
  x: fc.double({ min: 0, max: 600, noNaN: true }),
  y: fc.double({ min: 0, max: 500, noNaN: true }),
});

describe("where a film lies on a viewer", () => {
  it("fits whole, in the middle", () => {
    expect(fitScale(film, viewer, 0)).toBe(2);
    expect(corners(WHOLE_FILM)).toEqual([
      [0, 50],
      [600, 50],
      [600, 450],
      [0, 450],
    ]);
  });

  it("turns clockwise, fitted again", () => {
    expect(fitScale(film, viewer, 1)).toBeCloseTo(500 / 300, 9);
    const [first, second] = corners(turned(WHOLE_FILM, 1));
    // The film's top left is now at the top right, and its top edge runs down.
    expect(first).toEqual([467, 0]);
    expect(second).toEqual([467, 500]);
    expect(corners(turned(turned(WHOLE_FILM, 1), -1))).toEqual(corners(WHOLE_FILM));
  });

  it("mirrors what is on screen, whatever it was turned by", () => {
    fc.assert(
      fc.property(arbitraryView, (view) => {
        const flip = ([x, y]: number[]) => [600 - x!, y!];
        corners(mirrored(view)).forEach((corner, i) => {
          const [x, y] = flip(corners(view)[i]!);
          expect(Math.abs(corner[0]! - x!)).toBeLessThanOrEqual(1);
          expect(Math.abs(corner[1]! - y!)).toBeLessThanOrEqual(1);
        });
        corners(upended(view)).forEach((corner, i) => {
          const [x, y] = corners(view)[i]!;
          expect(Math.abs(corner[0]! - x!)).toBeLessThanOrEqual(1);
          expect(Math.abs(corner[1]! - (500 - y!))).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it("says how it differs from the file", () => {
    expect(orientationText(WHOLE_FILM)).toBeUndefined();
    expect(orientationText(turned(WHOLE_FILM, 1))).toBe("turned 90°");
    expect(orientationText(upended(WHOLE_FILM))).toBe("mirrored, turned 180°");
  });

  it("goes to the film and back", () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryPoint, (view, at) => {
        const matrix = filmToViewer(view, film, viewer);
        const back = mapped(mapped(at, inverse(matrix)), matrix);
        expect(back.x).toBeCloseTo(at.x, 6);
        expect(back.y).toBeCloseTo(at.y, 6);
      }),
    );
  });

  it("zooms at the cursor and pans with it, turned and mirrored too", () => {
    fc.assert(
      fc.property(arbitraryView, fc.double({ min: 0.8, max: 1.3, noNaN: true }), (view, factor) => {
        const at = { x: 310, y: 260 };
        const under = mapped(at, inverse(filmToViewer(view, film, viewer)));
        const zoomed = zoomFilm(view, factor, at, on);
        const after = mapped(at, inverse(filmToViewer(zoomed, film, viewer)));
        expect(after.x).toBeCloseTo(under.x, 6);
        expect(after.y).toBeCloseTo(under.y, 6);
        const moved = panFilm(view, { x: 3, y: -2 }, on);
        const there = mapped({ x: 313, y: 258 }, inverse(filmToViewer(moved, film, viewer)));
        expect(there.x).toBeCloseTo(under.x, 6);
        expect(there.y).toBeCloseTo(under.y, 6);
      }),
    );
  });

  it("shows a pixel of the film on a pixel of the screen, and pixels as high as they are", () => {
    const zoom = trueZoom(film, viewer, 0);
    expect(filmToViewer({ ...WHOLE_FILM, zoom }, film, viewer).a).toBe(1);
    const tall = { ...film, pixelAspect: 2 };
    const { a, d } = filmToViewer(WHOLE_FILM, tall, viewer);
    expect(d).toBe(2 * a);
  });
});

const radiograph: Radiograph = {
  cols: 5,
  rows: 4,
  values: Int32Array.from({ length: 20 }, (_, i) => 2 * i - 10),
  bitsStored: 8,
  photometric: "MONOCHROME2",
  vois: [],
  pixelAspect: 1,
  notices: [],
  source: "dicom",
  rawSha256: "0".repeat(64),
  rescale: { slope: 2, intercept: -10 },
  padding: { low: -10, high: -10 },
};
const LINE = { kind: "linear_exact", center: 9, width: 40 } as const;
const scale: GrayScale = { voi: LINE, line: LINE, photometric: "MONOCHROME2" };
const tone = toneOf(scale, { window: { center: 127.5, width: 255 }, invert: false });

describe("the pixel under the pointer", () => {
  it("is told as stored, in modality units and as shown", () => {
    const probed = probeFilm(radiograph, { x: 3.9, y: 1.2 }, tone)!;
    // Row 1, column 3 is the ninth value: stored 8, -10 + 2 * 8 = 6; 255 * ((6 - 9) / 40 + 0.5) = 108.4.
    expect(probed).toEqual({ col: 3, row: 1, stored: 8, value: 6, shown: 108, isPadding: false });
    expect(probeText(probed)).toBe("3, 1: stored 8, value 6, shown 108");
  });

  it("is nothing outside the film, and says where nothing was exposed", () => {
    expect(probeFilm(radiograph, { x: -0.1, y: 1 }, tone)).toBeUndefined();
    expect(probeFilm(radiograph, { x: 2, y: 4 }, tone)).toBeUndefined();
    expect(probeText(probeFilm(radiograph, { x: 0, y: 0 }, tone)!)).toContain(
      "outside the exposed",
    );
  });

  it("claims no stored value where the file has a table", () => {
    const { rescale: _, ...behindTable } = radiograph;
    const probed = probeFilm(behindTable, { x: 1, y: 0 }, tone)!;
    expect(probed.stored).toBeUndefined();
    expect(probeText(probed)).toBe("1, 0: value −8, shown 19");
  });
});

describe("a film and its halves", () => {
  it("keeps the film's values and means of two by two, padding darkest", () => {
    const large = {
      ...radiograph,
      cols: 600,
      rows: 300,
      values: Int32Array.from({ length: 180_000 }, (_, i) => (i % 600) + Math.floor(i / 600)),
      padding: { low: 0, high: 0 },
    };
    const levels = pyramidOf(large);
    expect(levels.map(({ cols, rows }) => [cols, rows])).toEqual([
      [600, 300],
      [300, 150],
      [150, 75],
    ]);
    expect(levels[0]!.values[601]).toBe(2);
    // The one padded value is shown as the darkest of the others, which is 1.
    expect(levels[0]!.values[0]).toBe(1);
    expect(levels[1]!.values[301]).toBe((4 + 5 + 5 + 6) / 4);
  });

  it("offers the coarsest level whose pixels are no larger than the screen's", () => {
    expect([0.1, 1, 1.9, 2, 3.9, 4, 100].map((step) => levelFor(step, 4))).toEqual([
      0, 0, 0, 1, 1, 2, 3,
    ]);
  });
});
