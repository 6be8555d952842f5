/** The pulmonary vessel tree: tapered tubes that fork from each hilum towards the pleura. */
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { signOf } from "../geometry.ts";
import type { Geometry } from "../geometry.ts";
import { traceEllipsoid, traceTube } from "../projection.ts";
import type { Grid } from "../projection.ts";
import type { Side } from "../spec.ts";

/** Ray length through vessels, mm. */
export function vesselLength(grid: Grid, g: Geometry, seed: number): Float32Array {
  const out = new Float32Array(grid.size * grid.size);
  for (const side of ["right", "left"] as const) {
    const random = randomStream(seed, "phantom", "vessels", side);
    drawHilum(grid, g, side, { random: random.fork("hilum"), out });
    const sign = signOf(side);
    const x = g.midX + sign * 33;
    const y = g.hilumY[side];
    // The descending artery beside the heart, from which the lower branches leave.
    const stem = [-16, 4, 30, 58].map((down, k) => ({
      x: x + sign * [0, 7, 11, 12][k]!,
      y: y + down,
      r: [6.5, 6.5, 5, 3.2][k]!,
    }));
    traceTube(grid, stem, (index, length) => {
      out[index] = out[index]! + length * (side === "right" ? 1.2 : 0.6);
    });
    const trunks = 11;
    for (let k = 0; k < trunks; k++) {
      const down = k / (trunks - 1);
      // From nearly straight up, around the lateral side, to nearly straight down.
      const angle = -78 + 152 * down + random.between(-12, 12);
      grow(
        grid,
        {
          x: x + sign * 12 * down + random.between(-4, 4),
          y: y - 24 + 70 * down,
          angle: (angle * Math.PI) / 180,
          radius: random.between(2.4, 4.4) * (down > 0.45 ? 1.12 : 0.92),
          length: random.between(17, 27),
          depth: 0,
          sign,
        },
        random.fork(`trunk ${k}`),
        out,
      );
    }
  }
  return out;
}

function drawHilum(
  grid: Grid,
  g: Geometry,
  side: Side,
  { random, out }: { readonly random: RandomStream; readonly out: Float32Array },
): void {
  const sign = signOf(side);
  const add = (index: number, length: number) => {
    out[index] = Math.min(45, out[index]! + length);
  };
  for (const [dx, dy, rx, ry, depth] of [
    [30, 2, 9, 15, 17],
    [36, 12, 8, 12, 14],
    [27, -9, 9, 9, 12],
  ] as const) {
    traceEllipsoid(
      grid,
      {
        x: g.midX + sign * (dx + random.between(-3, 3)),
        y: g.hilumY[side] + dy + random.between(-3, 3),
        rx,
        ry,
        depth: 1.35 * depth * random.between(0.8, 1.15),
        angleDeg: sign * random.between(-25, 5),
      },
      add,
    );
  }
}

interface Branch {
  readonly x: number;
  readonly y: number;
  /** 0 points laterally, positive down. */
  readonly angle: number;
  readonly radius: number;
  readonly length: number;
  readonly depth: number;
  readonly sign: number;
}

const DEEPEST = 6;

function grow(grid: Grid, b: Branch, random: RandomStream, out: Float32Array): void {
  const bend = random.between(-0.4, 0.4);
  const points = [0, 0.35, 0.7, 1].map((t) => ({
    x: b.x + b.sign * b.length * t * Math.cos(b.angle + bend * t),
    y: b.y + b.length * t * Math.sin(b.angle + bend * t),
    r: b.radius * (1 - 0.22 * t),
  }));
  traceTube(grid, points, (index, length) => {
    out[index] = out[index]! + length * 2.3;
  });
  if (b.depth >= DEEPEST || b.radius < 0.42) return;
  const end = points[3]!;
  const spread = random.between(0.3, 0.62);
  const share = random.between(0.42, 0.6);
  for (const [turn, part] of [
    [-spread * (1 - share), share],
    [spread * share, 1 - share],
  ] as const) {
    grow(
      grid,
      {
        x: end.x,
        y: end.y,
        angle: b.angle + bend + turn * 1.25,
        // Murray's law (PNAS 1926): the daughters' cubed radii add up to the parent's.
        radius: end.r * Math.cbrt(part) * 0.96,
        length: b.length * random.between(0.72, 0.95),
        depth: b.depth + 1,
        sign: b.sign,
      },
      random,
      out,
    );
  }
}
