/** A synthetic chest radiograph with known anatomy, findings and masks: a pure function of its spec. */
import { LabError } from "../errors/labError.ts";
import { randomStream } from "../numerics/random.ts";
import { boneLength } from "./anatomy/bones.ts";
import { addGreatVessels, displacedLung, heartLength } from "./anatomy/heart.ts";
import { lungLength } from "./anatomy/lungs.ts";
import { vesselLength } from "./anatomy/vessels.ts";
import { bodyPath } from "./anatomy/body.ts";
import { expose, exposureOf } from "./detector.ts";
import { addCentralLine, addEndotrachealTube, addPacemaker } from "./findings/devices.ts";
import { addHernia } from "./findings/mediastinum.ts";
import { addAtelectasis, addConsolidation, addEdema, addNodule } from "./findings/parenchyma.ts";
import { addEffusion, addPneumothorax } from "./findings/pleura.ts";
import { drawGeometry } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import { addMarkers, hideCovered } from "./marker.ts";
import { patientOf, resolveFindings } from "./patient.ts";
import type { ResolvedFinding } from "./patient.ts";
import { gridOf, traceEllipsoid } from "./projection.ts";
import type { Grid } from "./projection.ts";
import { reportOf, sentenceOf, sizeOf } from "./report.ts";
import type { FindingSize } from "./report.ts";
import { MU, raise } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { smoothField } from "./texture.ts";
import { FINDINGS } from "./spec.ts";
import type { FindingKind, PatientParams, PhantomSpec, Side } from "./spec.ts";

/** What is true of one finding: the one type from here to the page, so that no field is lost on the way. */
export interface PhantomFinding {
  readonly kind: FindingKind;
  /** Undefined where the kind has no side. */
  readonly side: Side | undefined;
  readonly amount: number;
  readonly unit: string;
  /** Undefined where reports give no size. */
  readonly size: FindingSize | undefined;
  readonly sentence: string;
}

export interface Phantom {
  readonly size: number;
  readonly pixelSpacingMm: number;
  /** [size * size] display values in [0, 1], white = dense. */
  readonly image: Float32Array;
  /** Coverage 0 to 1 per finding kind and organ ("leftLung", "rightLung", "heart"), [size * size]. */
  readonly masks: ReadonlyMap<string, Float32Array>;
  readonly findings: readonly PhantomFinding[];
  readonly measurements: {
    readonly cardiothoracicRatio: number;
    readonly effusionMl: Readonly<Record<Side, number>>;
    readonly pneumothoraxMm: Readonly<Record<Side, number>>;
  };
  readonly patient: PatientParams;
  readonly report: readonly string[];
}

/** @throws LabError "spec-invalid" for a size or spec outside its range. */
export function renderPhantom(spec: PhantomSpec, size: number): Phantom {
  if (!Number.isInteger(size) || size < 24 || size > 2048) {
    throw new LabError("spec-invalid", `A phantom can't be ${size} pixels wide.`, {
      hint: "Choose a whole number from 24 to 2048.",
    });
  }
  const patient = patientOf(spec);
  const findings = resolveFindings(spec);
  const grid = gridOf(size);
  const geometry = drawGeometry(spec.seed, patient, findings);
  const scene = buildScene(spec.seed, grid, patient, geometry);
  const bones = boneLength(grid, geometry, patient, { findings, seed: spec.seed });
  const body = bodyPath(grid, geometry, patient, spec.seed);
  const healthy = healthyPath(scene, body, bones.length, findings);
  for (const finding of findings) applyFinding(scene, finding);
  for (const { x, y, amount, angleDeg } of bones.fractures) {
    const mask = scene.mask("fracture");
    // The haematoma under the pleura and around the ends is what betrays many a fracture.
    const bleed = {
      x,
      y,
      rx: 10 + amount,
      ry: 6 + 0.3 * amount,
      depth: 4 + 0.45 * amount,
      angleDeg,
    };
    traceEllipsoid(grid, bleed, (index, ray) => {
      scene.extra[index] = scene.extra[index]! + (MU.soft - MU.lung) * ray;
      raise(mask, index, 1);
    });
  }
  const path = sumPaths(scene, body, bones.length);
  const image = expose(
    grid,
    { path, healthyPath: healthy },
    exposureOf(grid, geometry, patient),
    randomStream(spec.seed, "phantom", "noise", String(size)),
  );
  addMarkers(grid, image, patient, randomStream(spec.seed, "phantom", "marker"));
  const masks = organMasks(scene);
  hideCovered(grid, patient, masks.values());
  return {
    size,
    pixelSpacingMm: grid.pixelMm,
    image,
    masks,
    findings: findings.map(describe),
    measurements: {
      cardiothoracicRatio: geometry.cardiothoracicRatio,
      effusionMl: bySide(findings, "effusion"),
      pneumothoraxMm: bySide(findings, "pneumothorax"),
    },
    patient,
    report: reportOf(findings),
  };
}

interface MutableScene extends Scene {
  readonly masks: Map<string, Float32Array>;
}

/** Findings that reshape the anatomy itself, before anything is added to it. */
const RESHAPES_ORGANS: readonly FindingKind[] = ["cardiomegaly", "atelectasis"];

/**
 * Line integrals of the same patient without findings, from which scatter is estimated.
 * @param scene before findings were applied; only what a finding has reshaped is drawn again.
 */
function healthyPath(
  scene: Scene,
  body: Float32Array,
  bone: Float32Array,
  findings: readonly ResolvedFinding[],
): Float32Array {
  const { grid, patient, seed } = scene;
  const geometry = drawGeometry(seed, patient, []);
  const has = (...kinds: readonly FindingKind[]) => findings.some((f) => kinds.includes(f.kind));
  const organs = has(...RESHAPES_ORGANS) ? drawOrgans(grid, geometry) : undefined;
  return sumPaths(
    { ...scene, ...organs, geometry },
    has("atelectasis") ? bodyPath(grid, geometry, patient, seed) : body,
    has("fracture") ? boneLength(grid, geometry, patient, { findings: [], seed }).length : bone,
  );
}

/** Heart, and both lungs less what heart and great vessels take of them. */
function drawOrgans(grid: Grid, geometry: Geometry): Pick<Scene, "heart" | "lung"> {
  const heart = heartLength(grid, geometry);
  const solid = heart.slice();
  addGreatVessels(grid, geometry, solid);
  const lung = {
    right: lungLength(grid, geometry, "right"),
    left: lungLength(grid, geometry, "left"),
  };
  for (const side of ["right", "left"] as const) {
    const map = lung[side];
    for (let i = 0; i < map.length; i++) {
      if (map[i]! > 0 && solid[i]! > 0) map[i] = displacedLung(map[i]!, solid[i]!);
    }
  }
  return { heart, lung };
}

function buildScene(
  seed: number,
  grid: Grid,
  patient: PatientParams,
  geometry: Geometry,
): MutableScene {
  const { size } = grid;
  const filling = new Float32Array(size * size);
  const fine = smoothField(grid, randomStream(seed, "phantom", "lung texture"), 5);
  const finest = smoothField(grid, randomStream(seed, "phantom", "lung interstitium"), 2.7);
  const broad = smoothField(grid, randomStream(seed, "phantom", "lung haze"), 38);
  for (let i = 0; i < filling.length; i++) {
    filling[i] = Math.max(0, 0.035 + 0.012 * fine[i]! + 0.012 * finest[i]! + 0.015 * broad[i]!);
  }
  const masks = new Map<string, Float32Array>();
  return {
    grid,
    geometry,
    patient,
    seed,
    ...drawOrgans(grid, geometry),
    vessels: vesselLength(grid, geometry, seed),
    filling,
    freeAir: new Float32Array(size * size),
    extra: new Float32Array(size * size),
    masks,
    mask(kind) {
      let mask = masks.get(kind);
      if (!mask) masks.set(kind, (mask = new Float32Array(size * size)));
      return mask;
    },
    random: (kind, side) => randomStream(seed, "phantom", "finding", kind, side ?? "none"),
  };
}

function applyFinding(scene: Scene, { kind, side, amount }: ResolvedFinding): void {
  const on = side ?? "left";
  switch (kind) {
    case "effusion":
      return addEffusion(scene, on, amount);
    case "pneumothorax":
      return addPneumothorax(scene, on, amount);
    case "consolidation":
      return addConsolidation(scene, on, amount);
    case "nodule":
      return addNodule(scene, on, amount);
    case "edema":
      return addEdema(scene, amount);
    case "atelectasis":
      return addAtelectasis(scene, on, amount);
    case "hernia":
      return addHernia(scene, amount);
    case "pacemaker":
      return addPacemaker(scene, on, amount);
    case "tube":
      return addEndotrachealTube(scene, amount);
    case "line":
      return addCentralLine(scene, on, amount);
    case "cardiomegaly":
      // The heart itself is the finding: geometry has drawn it larger.
      return void scene.mask("cardiomegaly").set(scene.heart.map((ray) => Math.min(1, ray / 8)));
    case "fracture":
      // The broken rib is drawn with the bones.
      return;
  }
}

/** Line integral of each ray: soft tissue with lung, vessels and bone in it, and what findings added. */
function sumPaths(scene: Scene, body: Float32Array, bone: Float32Array): Float32Array {
  const { lung, vessels, filling, freeAir, extra, geometry } = scene;
  const out = new Float32Array(body.length);
  for (let i = 0; i < out.length; i++) {
    const air = lung.right[i]! + lung.left[i]!;
    let path = body[i]! + MU.boneExcess * geometry.boneDensity * bone[i]! + extra[i]!;
    if (air > 0) {
      const vessel = Math.min(0.9 * air, vessels[i]!) * (1 - freeAir[i]!);
      const share = Math.min(1, filling[i]!);
      const inflated = MU.lung * (1 - share) + MU.soft * share;
      const density = inflated * (1 - freeAir[i]!) + 0.0004 * freeAir[i]!;
      path += (density - MU.soft) * air + (MU.soft - MU.lung) * vessel * (1 - share);
    }
    out[i] = Math.max(0, path);
  }
  return out;
}

function organMasks(scene: MutableScene): ReadonlyMap<string, Float32Array> {
  const covered = (map: Float32Array) => map.map((ray) => Math.min(1, ray / 10));
  scene.masks.set("leftLung", covered(scene.lung.left));
  scene.masks.set("rightLung", covered(scene.lung.right));
  scene.masks.set(
    "heart",
    scene.heart.map((ray) => (ray > 0 ? 1 : 0)),
  );
  return scene.masks;
}

function describe(finding: ResolvedFinding): PhantomFinding {
  return {
    ...finding,
    unit: FINDINGS[finding.kind].unit,
    size: sizeOf(finding),
    sentence: sentenceOf(finding),
  };
}

function bySide(findings: readonly ResolvedFinding[], kind: FindingKind): Record<Side, number> {
  const on = (side: Side) =>
    Math.max(0, ...findings.filter((f) => f.kind === kind && f.side === side).map((f) => f.amount));
  return { left: on("left"), right: on("right") };
}
