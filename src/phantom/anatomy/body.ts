/** Trunk, neck, shoulders, breasts, fat, airway and stomach gas: the soft tissue everything else is set into. */
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import type { Geometry } from "../geometry.ts";
import { signOf } from "../geometry.ts";
import { mmOf, smoothStep, traceEllipsoid, traceTube } from "../projection.ts";
import type { Grid } from "../projection.ts";
import { MU } from "../scene.ts";
import { smoothField } from "../texture.ts";
import type { PatientParams } from "../spec.ts";

/** Line integral through the soft body as if it held no lung. */
export function bodyPath(
  grid: Grid,
  g: Geometry,
  patient: PatientParams,
  seed: number,
): Float32Array {
  const out = new Float32Array(grid.size * grid.size);
  const random = randomStream(seed, "phantom", "body");
  const mottle = smoothField(grid, random.fork("mottle"), 26);
  const grain = smoothField(grid, random.fork("grain"), 3.1);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    const half = bodyHalfWidth(g, y);
    const abdomen = 1 + 0.17 * smoothStep(g.baseY - 30, g.baseY + 70, y);
    const neck = 1 - 0.36 * smoothStep(-112, -180, y);
    const arm = upperArm(g, y);
    for (let j = 0; j < grid.size; j++) {
      const x = Math.abs(mmOf(grid, j));
      const u = x / half;
      const across = (x - arm.x) / arm.r;
      const limb = Math.abs(across) < 1 ? 1.9 * arm.r * Math.sqrt(1 - across * across) : 0;
      if (u >= 1 && limb <= 0) continue;
      const trunk = u < 1 ? g.bodyDepth * (1 - u ** 4) ** 0.42 * abdomen * neck : 0;
      const depth = Math.max(trunk, limb);
      out[i * grid.size + j] =
        MU.soft *
        depth *
        (1 + 0.012 * mottle[i * grid.size + j]! + 0.004 * grain[i * grid.size + j]!);
    }
  }
  const add = (density: number) => (index: number, ray: number) => {
    out[index] = Math.max(0, out[index]! + density * ray);
  };
  if (patient.sex === "female") {
    const shape = random.fork("breasts");
    const full = shape.between(0.6, 1.25) * (0.7 + 0.6 * patient.habitus);
    for (const sign of [-1, 1]) {
      const breast = {
        x: sign * (76 + shape.between(-6, 6)),
        y: 60 + shape.between(-12, 16),
        rx: 62,
        ry: 56,
      };
      const depth = 40 * full;
      // Thinning out towards the rim, with no edge.
      const soften = add((MU.soft * 0.95) / depth);
      traceEllipsoid(grid, { ...breast, depth, angleDeg: sign * 14 }, (index, ray) =>
        soften(index, ray * ray),
      );
    }
  }
  drawAirway(grid, g, add(-MU.soft * 0.92));
  drawGas(grid, g, { patient, random: random.fork("gas") }, add(-MU.soft * 0.9));
  return out;
}

/** Wide at the chest, sloping shoulders above, neck at the top. */
function bodyHalfWidth(g: Geometry, y: number): number {
  const shoulder = 1 - smoothStep(-126, -198, y);
  const neck = 60;
  const arms = 34 * smoothStep(-165, -115, y) * (1 - smoothStep(-105, -45, y));
  return neck + (g.bodyHalfWidth + 6 + arms - neck) * shoulder ** 0.75;
}

/** Upper arm beside the trunk: distance of its axis from the midline and radius, mm. */
export function upperArm(g: Geometry, y: number): { readonly x: number; readonly r: number } {
  // Hands on the hips: the arm leaves the trunk below the armpit.
  const away = Math.max(0, y + 105) / 100;
  const r = (38 + 0.14 * (g.bodyHalfWidth - 160)) * smoothStep(-176, -140, y) + 1;
  return {
    x: g.chestHalfWidth + 44 + (g.bodyHalfWidth - g.chestHalfWidth - 20) * 0.5 + 34 * away,
    r,
  };
}

/** The stomach's bubble over its fluid, under the left dome, and now and then a loop of colon. */
function drawGas(
  grid: Grid,
  g: Geometry,
  { patient, random }: { readonly patient: PatientParams; readonly random: RandomStream },
  carve: (index: number, ray: number) => void,
): void {
  const stomach = random.chance(0.75);
  const bubble = {
    x: 58 + random.between(-10, 12),
    y: g.domeY.left + 25 + random.between(0, 9),
    rx: random.between(15, 32),
    ry: random.between(10, 17),
    angleDeg: random.between(-12, 12),
  };
  const level = bubble.y + bubble.ry * random.between(0, 0.6);
  if (stomach) {
    traceEllipsoid(grid, { ...bubble, depth: 40 }, (index, ray) => {
      const y = mmOf(grid, Math.floor(index / grid.size));
      // Lying down the gas has no level on a film from the front.
      const filled = patient.portable ? 0 : smoothStep(level - 1, level + 3, y);
      carve(index, ray * (1 - filled));
    });
  }
  for (const sign of [-1, 1]) {
    const shown = random.chance(0.4);
    const start = { x: sign * random.between(80, 108), y: g.baseY + random.between(30, 60) };
    for (let k = 0; k < 4; k++) {
      const loop = {
        x: start.x - sign * k * random.between(9, 13),
        y: start.y + random.between(-6, 6),
        rx: random.between(7, 11),
        ry: random.between(6, 10),
      };
      if (shown) traceEllipsoid(grid, { ...loop, depth: random.between(12, 24) }, carve);
    }
  }
}

function drawAirway(grid: Grid, g: Geometry, carve: (index: number, ray: number) => void): void {
  const x = g.midX * 0.9 + 2;
  traceTube(
    grid,
    [
      { x: x - 2, y: -215, r: 7.5 },
      { x, y: -110, r: 8 },
      { x: x + 1, y: g.carinaY, r: 8.5 },
    ],
    carve,
  );
  for (const side of ["right", "left"] as const) {
    const sign = signOf(side);
    traceTube(
      grid,
      [
        { x: x + sign * 5, y: g.carinaY + 3, r: 6 },
        { x: x + sign * (side === "right" ? 24 : 34), y: g.carinaY + 24, r: 5 },
      ],
      carve,
    );
  }
}
