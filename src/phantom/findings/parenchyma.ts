/** Findings inside the lung: consolidation, nodule, edema, plate atelectasis. */
import { diaphragmY, mediastinalEdge, chestEdge, signOf } from "../geometry.ts";
import type { Geometry } from "../geometry.ts";
import { mmOf, pixelRange, smoothStep, traceEllipsoid, traceTube } from "../projection.ts";
import { smoothField } from "../texture.ts";
import { MU, raise } from "../scene.ts";
import type { Scene } from "../scene.ts";
import type { Side } from "../spec.ts";

/** A point of a lung: `across` 0 at the mediastinum to 1 at the ribs, `down` 0 at the apex to 1 at the dome. */
function lungPoint(
  g: Geometry,
  side: Side,
  across: number,
  down: number,
): { x: number; y: number } {
  const y = g.apexY + 14 + down * (g.domeY[side] - g.apexY - 22);
  const inner = mediastinalEdge(g, side, y);
  const outer = chestEdge(g, y);
  return { x: signOf(side) * (inner + across * (outer - inner)), y };
}

/** Fluid in the alveoli of a patch with ragged borders; the larger airways stay open as dark branches. */
export function addConsolidation(scene: Scene, side: Side, amount: number): void {
  const { grid, geometry: g, lung, filling, vessels } = scene;
  const mask = scene.mask("consolidation");
  const random = scene.random("consolidation", side);
  const down = random.chance(0.62) ? random.between(0.6, 0.88) : random.between(0.2, 0.5);
  const center = lungPoint(g, side, random.between(0.35, 0.68), down);
  const radius = random.between(24, 42);
  const stretch = random.between(0.75, 1.35);
  const ragged = smoothField(grid, random.fork("edge"), 22);
  const fluff = smoothField(grid, random.fork("fluff"), 8);
  const [i0, i1] = pixelRange(grid, center.y - 2.6 * radius, center.y + 2.6 * radius);
  const [j0, j1] = pixelRange(grid, center.x - 2.6 * radius, center.x + 2.6 * radius);
  for (let i = i0; i <= i1; i++) {
    for (let j = j0; j <= j1; j++) {
      const index = i * grid.size + j;
      if (lung[side][index]! <= 0) continue;
      const dx = (mmOf(grid, j) - center.x) / (radius * stretch);
      const dy = (mmOf(grid, i) - center.y) / (radius / stretch);
      const distance = Math.hypot(dx, dy) + 0.18 * ragged[index]! + 0.07 * fluff[index]!;
      const core = 1 - smoothStep(0.3, 1.35, distance);
      if (core <= 0) continue;
      // Only the larger airways, which run beside the larger vessels.
      const airways = 1 - 0.3 * Math.max(0, Math.min(1, (vessels[index]! - 4) / 7));
      const share = 0.74 * amount * core * airways * (1 + 0.09 * fluff[index]!);
      filling[index] = 1 - (1 - filling[index]!) * (1 - Math.max(0, Math.min(0.95, share)));
      raise(mask, index, core > 0.4 ? 1 : core / 0.4);
    }
  }
}

/** A round mass of soft tissue. */
export function addNodule(scene: Scene, side: Side, diameterMm: number): void {
  const { grid, geometry: g, lung, extra } = scene;
  const mask = scene.mask("nodule");
  const random = scene.random("nodule", side);
  const { x, y } = lungPoint(g, side, random.between(0.34, 0.8), random.between(0.14, 0.84));
  const r = diameterMm / 2;
  const oval = random.between(0.92, 1.08);
  traceEllipsoid(
    grid,
    { x, y, rx: r * oval, ry: r / oval, depth: diameterMm * 1.15 },
    (index, ray) => {
      const inside = Math.min(ray, Math.max(lung[side][index]!, 0.35 * ray));
      extra[index] = extra[index]! + 1.75 * (MU.soft - MU.lung) * inside;
      raise(mask, index, 1);
    },
  );
}

/** Fluid around vessels: haze spreading from both hila, septal (Kerley B) lines at the lateral bases. */
export function addEdema(scene: Scene, severity: number): void {
  const { grid, geometry: g, lung, filling, extra } = scene;
  const mask = scene.mask("edema");
  const mottle = smoothField(grid, scene.random("edema"), 20);
  for (const side of ["right", "left"] as const) {
    const sign = signOf(side);
    const hilum = { x: g.midX + sign * 42, y: g.hilumY[side] + 16 };
    for (let index = 0; index < filling.length; index++) {
      if (lung[side][index]! <= 0) continue;
      const x = mmOf(grid, index % grid.size);
      const y = mmOf(grid, Math.floor(index / grid.size));
      const far = Math.hypot((x - hilum.x) / 46, (y - hilum.y) / 60);
      const haze = Math.exp(-far * far * 0.9);
      const share = severity * (0.6 * haze + 0.07) * (1 + 0.13 * mottle[index]!);
      filling[index] = 1 - (1 - filling[index]!) * (1 - Math.max(0, Math.min(0.9, share)));
      // The trace of it all over the lung counts as touched, not as edema.
      raise(mask, index, Math.max(0.02, smoothStep(0.08, 0.16, share)));
    }
    const random = scene.random("edema", side);
    for (let k = 0; k < 9; k++) {
      const y = g.domeY[side] - 38 + k * 8 + random.between(-2, 2);
      const outer = chestEdge(g, y) - 2;
      const length = random.between(8, 17);
      const tilt = random.between(-2, 2);
      traceTube(
        grid,
        [
          { x: sign * outer, y, r: 0.6 },
          { x: sign * (outer - length), y: y + tilt, r: 0.5 },
        ],
        (index, ray) => {
          if (lung[side][index]! > 0) extra[index] = extra[index]! + 0.055 * severity * ray;
        },
      );
    }
  }
}

/** Collapse of a basal segment: a dense plate above the diaphragm, which it has pulled up (see geometry). */
export function addAtelectasis(scene: Scene, side: Side, raisedMm: number): void {
  const { grid, geometry: g, lung, filling } = scene;
  const mask = scene.mask("atelectasis");
  const random = scene.random("atelectasis", side);
  const sign = signOf(side);
  const plates = raisedMm > 18 ? 2 : 1;
  for (let k = 0; k < plates; k++) {
    const y = g.domeY[side] - random.between(9, 17) - 13 * k;
    const from = random.between(34, 44);
    const to = from + random.between(50, 74);
    const tilt = random.between(-9, 5);
    const r = random.between(1.7, 2.4) + raisedMm * 0.035;
    const bow = random.between(-5, 5);
    const plate = Array.from({ length: 9 }, (_, n) => {
      const t = n / 8;
      return {
        x: sign * (from + (to - from) * t),
        y: y + 3 * (1 - t) + tilt * t + bow * Math.sin(Math.PI * t),
        r: r * (0.3 + 0.7 * Math.sin(Math.PI * Math.min(1, 0.08 + t)) ** 0.6),
      };
    });
    traceTube(grid, plate, (index, ray) => {
      if (lung[side][index]! <= 0) return;
      const share = 0.55 * Math.min(1, ray / (1.5 * r));
      filling[index] = 1 - (1 - filling[index]!) * (1 - share);
      raise(mask, index, share > 0.15 ? 1 : share / 0.15);
    });
  }
  // Crowded tissue just above the raised dome.
  for (let index = 0; index < filling.length; index++) {
    if (lung[side][index]! <= 0) continue;
    const x = mmOf(grid, index % grid.size);
    const y = mmOf(grid, Math.floor(index / grid.size));
    const above = diaphragmY(g, side, x) - y;
    const share = 0.2 * smoothStep(24, 0, above) * Math.min(1, raisedMm / 20);
    if (share <= 0.02) continue;
    filling[index] = 1 - (1 - filling[index]!) * (1 - share);
    raise(mask, index, share);
  }
}
