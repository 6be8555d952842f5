/** Amounts of findings against what is drawn. */
import { expect, test } from "vitest";
import { randomStream } from "../../numerics/random.ts";
import { lungLength } from "../anatomy/lungs.ts";
import { drawGeometry } from "../geometry.ts";
import { patientOf } from "../patient.ts";
import { renderPhantom } from "../phantom.ts";
import { gridOf } from "../projection.ts";
import type { Scene } from "../scene.ts";
import { addEffusion } from "./pleura.ts";

const SIZE = 160;
const SEEDS = [3, 14, 15, 92];

test("the fluid drawn adds up to the stated volume within 4 %, at every size, upright and supine", () => {
  for (const size of [96, 320]) {
    for (const seed of SEEDS) {
      for (const portable of [false, true]) {
        for (const side of ["left", "right"] as const) {
          const grid = gridOf(size);
          const patient = patientOf({ seed, findings: [], patient: { portable } });
          const geometry = drawGeometry(seed, patient, []);
          const lung = lungLength(grid, geometry, side);
          for (const amount of [100, 500, 1500]) {
            const filling = new Float32Array(size * size);
            const scene = {
              grid,
              geometry,
              patient,
              seed,
              filling,
              lung: { left: lung, right: lung },
              mask: () => new Float32Array(size * size),
              random: () => randomStream(seed, "fluid"),
            };
            addEffusion(scene as unknown as Scene, side, amount);
            const drawn = filling.reduce((sum, share, k) => sum + share * lung[k]!, 0);
            const volume = (drawn * grid.pixelMm ** 2) / 1000;
            expect([amount, Math.abs(volume / amount - 1) < 0.04]).toEqual([amount, true]);
          }
        }
      }
    }
  }
});

test("the gap of a pneumothorax is the stated one below the apex within a tenth", () => {
  const size = 512;
  for (const seed of SEEDS) {
    const patient = { rotationDeg: 0, collimation: 0 };
    const { apexY } = drawGeometry(seed, patientOf({ seed, findings: [], patient }), []);
    for (const gap of [8, 25, 60]) {
      const findings = [{ kind: "pneumothorax", side: "right", amount: gap } as const];
      const { masks, pixelSpacingMm } = renderPhantom({ seed, findings, patient }, size);
      const air = masks.get("pneumothorax")!;
      // Where the dome is highest and the side wall far: 46 to 52 mm beside the midline.
      const [from, to] = [52, 46].map((x) => Math.round((186 - x) / pixelSpacingMm));
      const lowest = [];
      for (let col = from!; col <= to!; col++) {
        let row = Math.round((apexY + 186) / pixelSpacingMm) + 4;
        while (air[row * size + col]! >= 0.5) row++;
        lowest.push(row * pixelSpacingMm - 186 - apexY);
      }
      const measured = Math.min(...lowest);
      expect([gap, Math.abs(measured - gap) < 0.7 + 0.1 * gap]).toEqual([gap, true]);
    }
  }
});

test("a central line runs downwards only once it is inside the chest", () => {
  for (const seed of SEEDS) {
    for (const side of ["left", "right"] as const) {
      for (const amount of [0, 30, 70]) {
        const { masks } = renderPhantom(
          { seed, findings: [{ kind: "line", side, amount }], patient: { rotationDeg: 0 } },
          SIZE,
        );
        const mask = masks.get("line")!;
        // Along the vena cava, right of the spine on the patient, the catheter is one stretch wide.
        const widths = Array.from({ length: SIZE }, (_, row) => {
          let runs = 0;
          for (let col = 1; col < SIZE; col++) {
            const [before, here] = [mask[row * SIZE + col - 1]!, mask[row * SIZE + col]!];
            if (here > 0 && before === 0) runs++;
          }
          return runs;
        });
        expect(Math.max(...widths)).toBeLessThanOrEqual(2);
      }
    }
  }
});
