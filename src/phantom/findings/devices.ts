/** Metal and plastic: pacemaker, endotracheal tube, central venous line. */
import { signOf } from "../geometry.ts";
import { mmOf, pixelRange, smoothStep, traceTube } from "../projection.ts";
import type { TubePoint } from "../projection.ts";
import { raise } from "../scene.ts";
import type { Scene } from "../scene.ts";
import type { Side } from "../spec.ts";

/** Adds a wire or catheter; thin ones keep a visible width, as their contrast agent does on film. */
function wire(scene: Scene, kind: string, points: readonly TubePoint[], density: number): void {
  const mask = scene.mask(kind);
  traceTube(scene.grid, points, (index, ray) => {
    scene.extra[index] = scene.extra[index]! + density * ray;
  });
  traceTube(
    scene.grid,
    points.map((p) => ({ ...p, r: p.r + 1.6 })),
    (index) => raise(mask, index, 1),
  );
}

/** A smooth curve through the points (Catmull-Rom). */
function curve(points: readonly (readonly [number, number])[], r: number): TubePoint[] {
  const out: TubePoint[] = [];
  for (let k = 0; k + 1 < points.length; k++) {
    const [p0, p1, p2, p3] = [
      points[Math.max(0, k - 1)]!,
      points[k]!,
      points[k + 1]!,
      points[Math.min(points.length - 1, k + 2)]!,
    ];
    for (let s = 0; s < 8; s++) {
      const t = s / 8;
      const at = (a: number, b: number, c: number, d: number) =>
        0.5 *
        (2 * b +
          (c - a) * t +
          (2 * a - 5 * b + 4 * c - d) * t * t +
          (3 * b - a - 3 * c + d) * t ** 3);
      out.push({ x: at(p0[0], p1[0], p2[0], p3[0]), y: at(p0[1], p1[1], p2[1], p3[1]), r });
    }
  }
  const last = points.at(-1)!;
  out.push({ x: last[0], y: last[1], r });
  return out;
}

/** A generator under the collarbone with leads through the superior vena cava to atrium and ventricle. */
export function addPacemaker(scene: Scene, side: Side, leads: number): void {
  const { grid, geometry: g, extra } = scene;
  const mask = scene.mask("pacemaker");
  const random = scene.random("pacemaker", side);
  const sign = signOf(side);
  const x = sign * (g.chestHalfWidth * 0.68 + random.between(-8, 8));
  const y = g.apexY + 52 + random.between(-8, 10);
  const [half, tall] = [random.between(19, 23), random.between(17, 21)];
  const [i0, i1] = pixelRange(grid, y - tall - 2, y + tall + 2);
  const [j0, j1] = pixelRange(grid, x - half - 2, x + half + 2);
  for (let i = i0; i <= i1; i++) {
    for (let j = j0; j <= j1; j++) {
      const u = Math.abs((mmOf(grid, j) - x) / half);
      const v = Math.abs((mmOf(grid, i) - y) / tall);
      const inside = 1 - smoothStep(0.94, 1.04, (u ** 3 + v ** 3) ** (1 / 3));
      if (inside <= 0) continue;
      const index = i * grid.size + j;
      extra[index] = extra[index]! + 2.6 * inside * (v < -0.5 ? 0.6 : 1);
      raise(mask, index, inside);
    }
  }
  const svc: [number, number] = [g.midX - 18, g.carinaY - 20];
  const entry: [number, number] = [sign * 46, g.apexY + 26];
  const neck: [number, number] = [g.midX - 8 + sign * 8, g.apexY + 44];
  const right: [number, number] = [g.midX - 22, g.heartY - 8];
  const apex: [number, number] = [
    g.midX + 0.62 * (g.heartLeftX - g.midX),
    g.heartY + 0.62 * g.heartHalfHeight,
  ];
  const start: [number, number] = [x - sign * half * 0.6, y - tall * 0.6];
  wire(
    scene,
    "pacemaker",
    curve([start, entry, neck, svc, right, [g.midX + 4, g.heartY + 34], apex], 1),
    0.55,
  );
  if (leads >= 2) {
    wire(
      scene,
      "pacemaker",
      curve(
        [
          start,
          [entry[0], entry[1] + 5],
          [neck[0], neck[1] + 4],
          [svc[0] - 3, svc[1]],
          // Down into the atrium and up again into its appendage: the J.
          [right[0] - 4, right[1] - 4],
          [right[0] - 3, right[1] + 9],
          [right[0] + 3, right[1] + 14],
          [right[0] + 8, right[1] + 8],
          [right[0] + 8, right[1] - 4],
        ],
        1,
      ),
      0.55,
    );
  }
}

/** Slope of the right main bronchus from the carina: unit vector along it. */
const RIGHT_BRONCHUS = { x: -0.67, y: 0.74 } as const;

/** A tube in the trachea with a radio-opaque stripe; pushed too far it slips into the right main bronchus, the steeper one. */
export function addEndotrachealTube(scene: Scene, aboveCarinaMm: number): void {
  const g = scene.geometry;
  const last = g.carinaY - Math.max(aboveCarinaMm, 3);
  const x = (y: number) => g.midX * 0.9 + 2 + 0.01 * (y + 100);
  const column = (offset: number, r: number): TubePoint[] => {
    const points = [-215, -170, -125, -85, last]
      .filter((y) => y <= last)
      .map((y) => ({ x: x(y) + offset, y, r }));
    if (aboveCarinaMm >= 3) return points;
    const beyond = 3 - aboveCarinaMm;
    // Across the bronchus the walls keep their distance.
    const { x: dx, y: dy } = RIGHT_BRONCHUS;
    const center = { x: x(last) + beyond * dx, y: last + beyond * dy };
    return [...points, { x: center.x + offset * dy, y: center.y - offset * dx, r }];
  };
  // Two walls of about 1 mm, one with the barium stripe; the tube is 11 mm wide.
  wire(scene, "tube", column(-4.8, 1), 0.42);
  wire(scene, "tube", column(4.8, 1.2), 0.75);
}

/** A catheter from the neck or collarbone to the superior vena cava, always downwards once inside the chest. */
export function addCentralLine(scene: Scene, side: Side, tipMm: number): void {
  const g = scene.geometry;
  const random = scene.random("line", side);
  const sign = signOf(side);
  const svcX = g.midX - 18;
  // Where both brachiocephalic veins meet: the upper end of the superior vena cava.
  const confluence = g.carinaY - 52;
  const jugular = random.chance(0.5);
  const path: [number, number][] = jugular
    ? [
        [sign * 34, -212],
        [sign * 28, confluence - 66],
        [sign * 22, confluence - 28],
      ]
    : [
        [sign * 118, confluence + 6],
        [sign * 70, confluence - 18],
        [sign * 34, confluence - 17],
      ];
  path.push([svcX + (side === "left" ? 12 : 0), confluence - 7]);
  if (tipMm > 16) path.push([svcX, confluence + 0.5 * tipMm]);
  wire(scene, "line", curve([...path, [svcX - 2, confluence + tipMm]], 1.35), 0.62);
}
