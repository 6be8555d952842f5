/** Where in the picture an attack may change pixels. */
import { LabError } from "../errors/labError.ts";
import { rasterizeStrokes } from "../perturbations/paintedPatch.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import type { InputResult } from "./results.ts";
import type { AttackRegion, StackItem, Stamp } from "./spec.ts";

/** A pixel belongs to paint or to a finding from half cover on. */
const HALF = 0.5;

/** Who names a region, in a sentence. */
const CLAIMS = {
  attack: {
    paint: "The attack keeps to the paint",
    findings: "The attack keeps to the findings or away from them",
    otherwise: "let the attack go anywhere",
  },
  goal: {
    paint: "The goal of the attack names the paint",
    findings: "The goal of the attack names the findings",
    otherwise: "choose another goal",
  },
} as const;

/**
 * @param before items of the stack above the attack.
 * @param named whether the attack keeps to the region or its goal names it.
 * @returns [size * size], 1 where the attack may go and 0 elsewhere; undefined for the whole picture.
 * @throws LabError "spec-invalid" for a region that this picture has not
 */
export function regionMask(
  region: AttackRegion | undefined,
  input: InputResult,
  before: readonly StackItem[],
  named: keyof typeof CLAIMS = "attack",
): Float32Array | undefined {
  const claim = CLAIMS[named];
  switch (region) {
    case undefined:
      return undefined;
    case "painted": {
      const paint = paintedPixels(input.size, before);
      if (paint.some((v) => v > 0)) return paint;
      throw new LabError("spec-invalid", `${claim.paint}, and nothing is painted.`, {
        hint: `Paint on a painted patch above the attack, or ${claim.otherwise}.`,
      });
    }
    case "findings":
    case "elsewhere": {
      const findings = findingPixels(input);
      if (!findings.some((v) => v > 0)) {
        throw new LabError(
          "spec-invalid",
          input.truth
            ? `${claim.findings}, and this phantom has none.`
            : `${claim.findings}, and where they are in this radiograph is not known.`,
          {
            hint: `Choose a phantom with a finding, open a film with a table of boxes, or ${claim.otherwise}.`,
          },
        );
      }
      return region === "findings" ? findings : findings.map((v) => 1 - v);
    }
    case "lungs":
    case "heart":
    case "outsideOrgans":
      return organPixels(region, input);
  }
}

const ORGANS = {
  lungs: ["leftLung", "rightLung"],
  heart: ["heart"],
  outsideOrgans: ["leftLung", "rightLung", "heart"],
} as const;

/** @throws LabError "spec-invalid" for a reader's own film, whose organs nobody has outlined */
function organPixels(region: keyof typeof ORGANS, { size, truth }: InputResult): Float32Array {
  if (!truth) {
    throw new LabError(
      "spec-invalid",
      "An organ is named, and where lungs and heart are in this radiograph is not known.",
      { hint: "Paint the region on a painted patch, or choose a phantom." },
    );
  }
  const pixels = new Float32Array(size * size);
  for (const organ of ORGANS[region]) {
    truth.masks[organ]?.forEach((share, i) => {
      if (share >= HALF) pixels[i] = 1;
    });
  }
  return region === "outsideOrgans" ? pixels.map((v) => 1 - v) : pixels;
}

/** Pixels whose middle lies on the stamp. @returns [size * size], 1 on it and 0 elsewhere */
export function stampMask({ x, y, side, degrees }: Stamp, size: number): Float32Array {
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const half = (side * size) / 2;
  return Float32Array.from({ length: size * size }, (_, i) => {
    const dx = (i % size) + 0.5 - x * size;
    const dy = Math.floor(i / size) + 0.5 - y * size;
    // Turned back, with y pointing down.
    const isOn = Math.abs(cos * dx - sin * dy) <= half && Math.abs(sin * dx + cos * dy) <= half;
    return isOn ? 1 : 0;
  });
}

function paintedPixels(size: number, before: readonly StackItem[]): Float32Array {
  const painted = new Float32Array(size * size);
  for (const item of before) {
    if (!item.enabled || item.type !== "perturbation") continue;
    const { cover } = rasterizeStrokes(item.strokes ?? [], { width: size, height: size });
    cover.forEach((share, i) => {
      if (share >= HALF) painted[i] = 1;
    });
  }
  return painted;
}

/** Pixels of any finding, or of what a reader marked on a film; organs are outlined too, but are none. */
function findingPixels({ size, truth, marked = {} }: InputResult): Float32Array {
  const pixels = new Float32Array(size * size);
  const masks = truth
    ? FINDING_KINDS.map((kind) => truth.masks[kind])
    : Object.values(marked).map(({ mask }) => mask);
  for (const mask of masks) {
    mask?.forEach((share, i) => {
      if (share >= HALF) pixels[i] = 1;
    });
  }
  return pixels;
}
