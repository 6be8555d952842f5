/** Hiatal hernia: stomach behind the heart, gas above a fluid level. */
import { mmOf, traceEllipsoid } from "../projection.ts";
import { MU, raise } from "../scene.ts";
import type { Scene } from "../scene.ts";

export function addHernia(scene: Scene, diameterMm: number): void {
  const { grid, geometry: g, extra, lung } = scene;
  const mask = scene.mask("hernia");
  const random = scene.random("hernia");
  const r = diameterMm / 2;
  const x = g.midX + random.between(4, 22);
  const y = g.domeY.left - r * 0.5 + random.between(-4, 8);
  const level = y - r * random.between(0.05, 0.3);
  traceEllipsoid(grid, { x, y, rx: r, ry: r * 0.9, depth: diameterMm * 0.85 }, (index, ray) => {
    const above = mmOf(grid, Math.floor(index / grid.size)) < level;
    const wall = 0.14 * Math.exp(-((ray / (0.3 * diameterMm)) ** 2) * 4);
    // Gas where lung was changes nothing; it shows against the heart and the abdomen.
    const solid = Math.max(0, 1 - (lung.right[index]! + lung.left[index]!) / ray);
    const content = above ? -0.45 * solid : 0.26;
    extra[index] = extra[index]! + content * MU.soft * ray + wall;
    raise(mask, index, 1);
  });
}
