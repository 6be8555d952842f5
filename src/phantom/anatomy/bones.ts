/** Ribs, clavicles, scapulae and spine as extra path through bone (mm of bone beyond the soft tissue it replaces). */
import { randomStream } from "../../numerics/random.ts";
import { chestEdge, signOf } from "../geometry.ts";
import { upperArm } from "./body.ts";
import type { Geometry } from "../geometry.ts";
import { mmOf, pixelRange, smoothStep, traceEllipsoid, traceTube } from "../projection.ts";
import type { Grid, TubePoint } from "../projection.ts";
import type { ResolvedFinding } from "../patient.ts";
import type { PatientParams, Side } from "../spec.ts";

export interface Fracture {
  readonly side: Side;
  readonly x: number;
  readonly y: number;
  /** Displacement, mm. */
  readonly amount: number;
  /** Direction of the rib there, clockwise on the image. */
  readonly angleDeg: number;
}

export interface Bones {
  /** Path through bone, mm. */
  readonly length: Float32Array;
  readonly fractures: readonly Fracture[];
}

/** Cortex is dense, marrow is not: the share of a long bone's inside that counts. */
const MARROW = 0.8;
/** Radius of the marrow's cylinder against the bone's. */
const INNER = 0.8;

export function boneLength(
  grid: Grid,
  g: Geometry,
  patient: PatientParams,
  { findings, seed }: { readonly findings: readonly ResolvedFinding[]; readonly seed: number },
): Bones {
  const length = new Float32Array(grid.size * grid.size);
  const fractures: Fracture[] = [];
  const longBone = (points: readonly TubePoint[], weight = 1) => {
    traceTube(grid, points, (index, ray) => {
      length[index] = length[index]! + ray * weight;
    });
    const inner = points.map((p) => ({ ...p, r: p.r * INNER }));
    traceTube(grid, inner, (index, ray) => {
      length[index] = length[index]! - ray * weight * MARROW;
    });
  };
  for (const side of ["right", "left"] as const) {
    const broken = findings.find((f) => f.kind === "fracture" && f.side === side);
    const pick = randomStream(seed, "phantom", "fracture", side);
    const brokenRib = 3 + pick.integer(4);
    const brokenAt = pick.between(0.52, 0.82);
    // A blow that drives the ends far apart breaks the neighbour too.
    const brokenRibs = broken
      ? broken.amount >= 6
        ? [brokenRib, brokenRib + 1]
        : [brokenRib]
      : [];
    for (let rib = 0; rib < 10; rib++) {
      const posterior = posteriorRib(g, side, rib);
      if (broken && brokenRibs.includes(rib)) {
        const { medial, lateral, at, angleDeg } = breakRib(posterior, brokenAt, broken.amount);
        longBone(medial, POSTERIOR);
        longBone(lateral, POSTERIOR);
        const callus = CALLUS.least + CALLUS.perMm * broken.amount;
        const [rx, ry] = [7 + 0.7 * broken.amount, 3.8 + 0.22 * broken.amount];
        traceEllipsoid(grid, { ...at, rx, ry, depth: callus, angleDeg }, (index, ray) => {
          length[index] = length[index]! + ray;
        });
        fractures.push({ side, ...at, amount: broken.amount, angleDeg });
      } else {
        longBone(posterior, POSTERIOR);
      }
      if (rib < 8) longBone(anteriorRib(g, side, rib), ANTERIOR);
    }
    longBone(clavicle(g, side), 1.6);
    drawShoulder({ grid, g, patient }, side, longBone, length);
  }
  drawSpine(grid, g, length);
  return { length, fractures };
}

/** A healing fracture wraps its ends in new bone: mm of it in the middle, per mm of displacement and at least. */
const CALLUS = { perMm: 0.5, least: 4.5 };

/**
 * A rib cut in two: the distal fragment is stepped off by `amount` mm, which its fixed lateral end makes good over the rest
 * of the rib, and pulled over the proximal one by the muscles, so that both ends overlap (bayonet position).
 */
function breakRib(
  rib: readonly TubePoint[],
  share: number,
  amount: number,
): {
  readonly medial: TubePoint[];
  readonly lateral: TubePoint[];
  readonly at: { readonly x: number; readonly y: number };
  readonly angleDeg: number;
} {
  const cut = Math.round(share * (rib.length - 1));
  const [before, end, after] = [rib[cut - 1]!, rib[cut]!, rib[cut + 1]!];
  const length = Math.hypot(after.x - before.x, after.y - before.y);
  const along = { x: (after.x - before.x) / length, y: (after.y - before.y) / length };
  const overlap = 5 + 0.5 * amount;
  const down = along.x > 0 ? { x: -along.y, y: along.x } : { x: along.y, y: -along.x };
  const rest = rib.length - 1 - cut;
  const lateral = rib.slice(cut).map((p, k) => {
    const left = (1 - k / rest) ** 1.2;
    return {
      x: p.x + left * (amount * down.x - overlap * along.x),
      y: p.y + left * (amount * down.y - overlap * along.y),
      r: p.r,
    };
  });
  const start = lateral[0]!;
  return {
    medial: rib.slice(0, cut + 1),
    lateral,
    at: { x: (end.x + start.x) / 2, y: (end.y + start.y) / 2 },
    angleDeg: (180 / Math.PI) * Math.atan2(along.y, along.x),
  };
}

/** Weights of the two ends of a rib: in front it is flatter and turns to cartilage. */
const POSTERIOR = 1.3;
const ANTERIOR = 0.85;

/** From the spine up and out, then down along the chest wall. */
function posteriorRib(g: Geometry, side: Side, rib: number): TubePoint[] {
  const sign = signOf(side);
  const y0 = g.apexY + 8 + rib * g.ribPitch * (0.88 + 0.022 * rib) + g.ribShift[rib]!;
  const points: TubePoint[] = [];
  for (let k = 0; k <= 14; k++) {
    const t = k / 14;
    const sag = g.ribSlope * (0.5 + 0.1 * rib) + 2 * g.ribShift[9 - rib]!;
    const y = y0 - 9 * Math.sin(Math.PI * Math.min(1, t * 1.15)) + sag * t ** 1.7;
    const reach = Math.max(chestEdge(g, y + 4), 30) + 3;
    const x = 16 + (reach - 16) * Math.sin((t * Math.PI) / 2) ** 0.92;
    points.push({
      x: sign * x + 0.35 * g.midX * (1 - t),
      y,
      r: (4.7 - 0.5 * t) * Math.min(1, 0.5 + 6 * t),
    });
  }
  return points;
}

/** From the chest wall down and inwards, ending where bone turns to cartilage. */
function anteriorRib(g: Geometry, side: Side, rib: number): TubePoint[] {
  const sign = signOf(side);
  const last = posteriorRib(g, side, rib)[14]!;
  const points: TubePoint[] = [];
  const inner = Math.min(Math.abs(last.x) * 0.92, 46 + 5.5 * rib);
  for (let k = 0; k <= 10; k++) {
    const t = k / 10;
    const x = Math.abs(last.x) - (Math.abs(last.x) - inner) * t ** 1.35;
    points.push({
      x: sign * x + 1.1 * g.midX * t,
      y: last.y + (32 + 4.6 * rib) * Math.sin((t * Math.PI) / 2),
      // Bone ends in a point of cartilage, which the film does not show.
      r: (4.3 + t) * Math.min(1, 0.15 + 4 * (1 - t)),
    });
  }
  return points;
}

function clavicle(g: Geometry, side: Side): TubePoint[] {
  const sign = signOf(side);
  const points: TubePoint[] = [];
  for (let k = 0; k <= 10; k++) {
    const t = k / 10;
    points.push({
      x: g.midX * (1 - t) * 1.6 + sign * (15 + 128 * t),
      y: g.apexY + 28 - 30 * t + 8 * Math.sin(2 * Math.PI * t),
      r: (5.6 - 1.4 * Math.sin(Math.PI * t)) * Math.min(1, 0.7 + 3 * t, 0.5 + 5 * (1 - t)),
    });
  }
  return points;
}

/** Blade of the shoulder with its borders and spine, and the head and shaft of the humerus in the arm's axis. */
function drawShoulder(
  {
    grid,
    g,
    patient,
  }: { readonly grid: Grid; readonly g: Geometry; readonly patient: PatientParams },
  side: Side,
  longBone: (points: readonly TubePoint[], weight: number) => void,
  length: Float32Array,
): void {
  const sign = signOf(side);
  // Arms forward (PA) swing the blade off the lung; lying down (AP) it stays over it.
  const inner = g.chestHalfWidth - (patient.view === "AP" ? 40 : 12);
  const at = (x: number, y: number, r: number): TubePoint => ({ x: sign * x, y, r });
  const add = (weight: number) => (index: number, ray: number) => {
    length[index] = length[index]! + ray * weight;
  };
  const socket = g.chestHalfWidth + 20;
  traceEllipsoid(
    grid,
    {
      x: sign * (inner + 20),
      y: -62,
      rx: 24,
      ry: 64,
      depth: 4.5,
      angleDeg: -sign * 10,
    },
    add(1),
  );
  // Borders are edges of a thin plate, fading towards the angles; spine out to the acromion, coracoid, socket.
  const tip = at(inner + 22, 5, 0.8);
  longBone(
    [
      at(inner + 6, -116, 0.8),
      at(inner - 1, -84, 1.7),
      at(inner, -52, 1.9),
      at(inner + 8, -22, 1.8),
      tip,
    ],
    1.5,
  );
  longBone(
    [
      tip,
      at(inner + 30, -24, 2.3),
      at(inner + 36, -56, 2.9),
      at(socket - 5, -92, 3.8),
      at(socket, -112, 3),
    ],
    1.6,
  );
  longBone(
    [
      at(inner + 2, -88, 0.8),
      at(inner + 20, -103, 2.4),
      at(socket - 6, -126, 3.4),
      at(socket + 14, -142, 4.6),
      at(socket + 30, -144, 3),
    ],
    1.5,
  );
  longBone([at(socket - 7, -114, 1.5), at(socket - 6, -124, 3.4), at(socket - 1, -134, 2.6)], 1.7);
  longBone([at(socket + 2, -124, 1.5), at(socket + 4, -111, 3), at(socket + 3, -98, 1.5)], 1.9);
  const head = { x: sign * (socket + 24), y: -112 };
  traceEllipsoid(grid, { ...head, rx: 22, ry: 23, depth: 16 }, add(1));
  traceEllipsoid(grid, { ...head, rx: 19.5, ry: 20.5, depth: 13 }, add(-0.3));
  const arm = (y: number) => Math.abs(upperArm(g, y).x);
  longBone([at(socket + 27, -104, 15), at(arm(-60), -60, 11), at(arm(60), 60, 10.5)], 1.5);
}

function drawSpine(grid: Grid, g: Geometry, length: Float32Array): void {
  const x = 0.25 * g.midX;
  const [first, last] = pixelRange(grid, x - 26, x + 26);
  for (let i = 0; i < grid.size; i++) {
    const y = mmOf(grid, i);
    const half = 15.5 + 0.018 * (y + 200);
    // Bodies of 13 mm and more with discs between them; the front-to-back arch hides most of the discs.
    const turn = Math.cos((2 * Math.PI * (y + 200)) / (21 + 0.012 * (y + 200)));
    const body = 8.5 * (1 - 0.17 * smoothStep(-0.35, -0.95, turn));
    for (let j = first; j <= last; j++) {
      const u = Math.abs(mmOf(grid, j) - x) / half;
      if (u >= 1) continue;
      const index = i * grid.size + j;
      length[index] = length[index]! + body * (1 - u ** 6) ** 0.5;
    }
  }
  for (let y = -200, k = 0; y < 215; y += 20.5 + 0.35 * k, k++) {
    const half = 15 + 0.35 * k;
    for (const sign of [-1, 1]) {
      traceEllipsoid(
        grid,
        { x: x + sign * half * 0.56, y: y - 1, rx: 3, ry: 4.4, depth: 1.5 },
        (index, ray) => {
          length[index] = length[index]! + ray;
        },
      );
    }
    traceEllipsoid(grid, { x, y: y + 6, rx: 2.4, ry: 6, depth: 2 }, (index, ray) => {
      length[index] = length[index]! + ray * 0.8;
    });
  }
}
