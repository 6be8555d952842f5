/** Both lungs as ray lengths: an outline between rib cage, mediastinum and diaphragm with an elliptic depth profile. */
import { chestEdge, diaphragmY, mediastinalEdge, signOf } from "../geometry.ts";
import type { Geometry } from "../geometry.ts";
import { mmOf } from "../projection.ts";
import type { Grid } from "../projection.ts";
import type { Side } from "../spec.ts";

/** How far lung reaches in front of and behind the mediastinum, mm: its edge on film is gradual. */
const RECESS = 6;

/** Ray length through one lung, mm, before the heart takes its share. */
export function lungLength(grid: Grid, g: Geometry, side: Side): Float32Array {
  const out = new Float32Array(grid.size * grid.size);
  const sign = signOf(side);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    const outer = chestEdge(g, y);
    if (outer <= 0 || y > g.baseY + 45) continue;
    const inner = mediastinalEdge(g, side, y) - RECESS + sign * g.midX;
    if (outer <= inner + 2) continue;
    const half = (outer - inner) / 2;
    const center = (outer + inner) / 2;
    const rise = Math.min(1, (y - g.apexY) / 95);
    const depth = g.lungDepth * Math.sqrt(Math.max(0, 1 - (1 - rise) ** 2));
    for (let j = 0; j < grid.size; j++) {
      const x = mmOf(grid, j);
      const t = (sign * x - center) / half;
      if (t <= -1 || t >= 1) continue;
      // Blunter at the mediastinum than at the ribs.
      const profile = t < 0 ? (1 - (-t) ** 4) ** 0.62 : (1 - t ** 2.4) ** 0.5;
      const below = y - diaphragmY(g, side, x);
      // The dome is highest in the middle of the chest; the sulcus behind it reaches lower.
      const above = below <= -3 ? 1 : below < 2 ? 0.62 + (0.38 * (2 - below)) / 5 : 0;
      const behind =
        below < 2 ? 0 : 0.62 * Math.max(0, 1 - (below - 2) / 30) ** 2 * (t > 0.2 ? 0.55 : 0.3);
      out[i * grid.size + j] = depth * profile * (above + behind);
    }
  }
  return out;
}
