/** Air and fluid in the pleural space. */
import { chestEdge, signOf } from "../geometry.ts";
import { mmOf, smoothStep } from "../projection.ts";
import { raise } from "../scene.ts";
import type { Scene } from "../scene.ts";
import type { Side } from "../spec.ts";

/** Height of the fluid above the costophrenic angle at the chest wall, mm, from its volume in mL. */
function fluidHeightMm(volumeMl: number): number {
  return 16 + 128 * (volumeMl / 1500) ** 0.62;
}

/** Fluid blunts the costophrenic angle and climbs along the chest wall as a meniscus. */
export function addEffusion(scene: Scene, side: Side, volumeMl: number): void {
  const { grid, geometry: g, lung, filling } = scene;
  const mask = scene.mask("effusion");
  const sign = signOf(side);
  const height = fluidHeightMm(volumeMl);
  const supine = scene.patient.portable;
  const texture = scene.random("effusion", side).between(0.9, 1);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    const edge = chestEdge(g, y);
    if (edge <= 0) continue;
    for (let j = 0; j < grid.size; j++) {
      const index = i * grid.size + j;
      if (lung[side][index]! <= 0) continue;
      const lateral = Math.max(0, Math.min(1, (sign * mmOf(grid, j) - 24) / (edge - 24)));
      // Highest at the chest wall, lowest in the middle, a little higher again at the mediastinum.
      const rise = 0.52 + 0.48 * lateral ** 2.6 + 0.1 * (1 - lateral) ** 4;
      const surface = g.baseY + 6 - height * rise;
      const under = smoothStep(-7, 9, y - surface);
      // Lying down, part of the fluid spreads behind the lung as a veil.
      const veil = supine
        ? 0.28 * smoothStep(-120, 30, y - surface) * Math.min(1, volumeMl / 700)
        : 0;
      const share = texture * Math.max(under, veil);
      if (share <= 0.01) continue;
      filling[index] = 1 - (1 - filling[index]!) * (1 - share);
      raise(mask, index, under > 0.5 ? 1 : Math.max(under, veil));
    }
  }
}

/** The lung falls away from apex and chest wall; between them there is air, no vessels, and a thin pleural line. */
export function addPneumothorax(scene: Scene, side: Side, gapMm: number): void {
  const { grid, geometry: g, lung, vessels, freeAir, filling, extra } = scene;
  const mask = scene.mask("pneumothorax");
  const sign = signOf(side);
  const outline = (y: number) => chestEdge(g, y);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    if (outline(y) <= 0) continue;
    const down = Math.max(0, Math.min(1, (y - g.apexY) / (g.baseY - g.apexY)));
    const gap = gapMm * (1 - 0.72 * down ** 1.3);
    for (let j = 0; j < grid.size; j++) {
      const index = i * grid.size + j;
      if (lung[side][index]! <= 0) continue;
      const lateral = outline(y) - sign * mmOf(grid, j);
      const apical = (y - g.apexY) * 0.8;
      // Signed distance from the pleural line, positive on the chest wall's side.
      const fromTop = apical + Math.max(0, lateral - 40) * 0.15;
      // The collapsed lung keeps a round shoulder: the nearer of both walls, with the corner between them taken off.
      const depth = (Math.max(0.1, lateral) ** -3 + Math.max(0.1, fromTop) ** -3) ** (-1 / 3);
      const outside = gap - depth;
      const air = smoothStep(-0.8, 0.8, outside);
      // Free air lies in front; the lung behind it still fills part of the ray, but its vessels have gone with it.
      freeAir[index] = Math.max(freeAir[index]!, 0.5 * air);
      vessels[index] = vessels[index]! * (1 - air);
      raise(mask, index, air);
      extra[index] = extra[index]! + 0.17 * Math.exp(-((outside / 1.1) ** 2));
      if (outside < 0) {
        const collapse = Math.min(0.16, gapMm / 300);
        filling[index] = 1 - (1 - filling[index]!) * (1 - collapse);
      }
    }
  }
}
