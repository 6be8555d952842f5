/** Air and fluid in the pleural space. */
import { chestEdge, signOf } from "../geometry.ts";
import { mmOf, smoothStep } from "../projection.ts";
import { raise } from "../scene.ts";
import type { Scene } from "../scene.ts";
import type { Side } from "../spec.ts";

/** A ray through the lung that fluid may take. */
interface LungRay {
  readonly y: number;
  /** How far up the fluid reaches here, as a share of its height at the chest wall. */
  readonly rise: number;
  /** Lung on the ray, mm. */
  readonly length: number;
}

/** Highest at the chest wall, lowest in the middle, a little higher again at the mediastinum. */
function meniscus(side: Side, x: number, edge: number): number {
  const lateral = Math.max(0, Math.min(1, (signOf(side) * x - 24) / (edge - 24)));
  return 0.52 + 0.48 * lateral ** 2.6 + 0.1 * (1 - lateral) ** 4;
}

/** Share of a ray's lung that fluid of this height has taken: all of it below the surface, on a supine film a veil above. */
function fluidShare(
  scene: Scene,
  { heightMm, volumeMl }: { readonly heightMm: number; readonly volumeMl: number },
  y: number,
  rise: number,
): { readonly under: number; readonly all: number } {
  const surface = scene.geometry.baseY + 6 - heightMm * rise;
  const under = smoothStep(-7, 9, y - surface);
  // Lying down, part of the fluid spreads behind the lung as a veil.
  const veil = scene.patient.portable
    ? 0.28 * smoothStep(-120, 30, y - surface) * Math.min(1, volumeMl / 700)
    : 0;
  return { under, all: Math.max(under, veil) };
}

/**
 * Height of the fluid at the chest wall, mm above the costophrenic angle, at which what is drawn adds up to its volume. Every few
 * millimetres one ray stands for its neighbours.
 */
function fluidHeightMm(scene: Scene, side: Side, volumeMl: number, density: number): number {
  const { grid, geometry: g, lung } = scene;
  const step = Math.max(1, Math.round(2.5 / grid.pixelMm));
  const rays: LungRay[] = [];
  for (let i = step >> 1; i < grid.size; i += step) {
    const y = mmOf(grid, i);
    const edge = chestEdge(g, y);
    for (let j = step >> 1; j < grid.size; j += step) {
      const length = lung[side][i * grid.size + j]!;
      if (length > 0) rays.push({ y, rise: meniscus(side, mmOf(grid, j), edge), length });
    }
  }
  const area = (step * grid.pixelMm) ** 2;
  const volume = (height: number): number => {
    let sum = 0;
    for (const { y, rise, length } of rays)
      sum += length * fluidShare(scene, { heightMm: height, volumeMl }, y, rise).all;
    return (density * sum * area) / 1000;
  };
  let [low, high] = [0, 2 * (g.baseY - g.apexY)];
  for (let k = 0; k < 16; k++) {
    const middle = (low + high) / 2;
    if (volume(middle) < volumeMl) low = middle;
    else high = middle;
  }
  return high;
}

/** Fluid blunts the costophrenic angle and climbs along the chest wall as a meniscus. */
export function addEffusion(scene: Scene, side: Side, volumeMl: number): void {
  const { grid, geometry: g, lung, filling } = scene;
  const mask = scene.mask("effusion");
  const texture = scene.random("effusion", side).between(0.9, 1);
  const height = fluidHeightMm(scene, side, volumeMl, texture);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    const edge = chestEdge(g, y);
    if (edge <= 0) continue;
    for (let j = 0; j < grid.size; j++) {
      const index = i * grid.size + j;
      if (lung[side][index]! <= 0) continue;
      const rise = meniscus(side, mmOf(grid, j), edge);
      const { under, all } = fluidShare(scene, { heightMm: height, volumeMl }, y, rise);
      const share = texture * all;
      if (share <= 0.001) continue;
      filling[index] = 1 - (1 - filling[index]!) * (1 - share);
      raise(mask, index, under > 0.5 ? 1 : all);
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
    // At the apex the gap is the stated one; from there it narrows downwards.
    const down = Math.max(0, Math.min(1, (y - g.apexY - gapMm) / (g.baseY - g.apexY - gapMm)));
    const gap = gapMm * (1 - 0.72 * down ** 1.3);
    for (let j = 0; j < grid.size; j++) {
      const index = i * grid.size + j;
      if (lung[side][index]! <= 0) continue;
      const lateral = outline(y) - sign * mmOf(grid, j);
      const apical = y - g.apexY;
      // Signed distance from the pleural line, positive on the chest wall's side.
      const fromTop = apical + Math.max(0, lateral - 40) * 0.15;
      // The collapsed lung keeps a round shoulder: the nearer of both walls, with the corner between them taken off.
      const depth = (Math.max(0.1, lateral) ** -5 + Math.max(0.1, fromTop) ** -5) ** (-1 / 5);
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
