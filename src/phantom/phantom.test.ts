import { describe, expect, test } from "vitest";
import { LabError } from "../errors/labError.ts";
import { sd } from "../testing/spread.ts";
import { FINDINGS, FINDING_KINDS } from "./spec.ts";
import { drawPatient } from "./patient.ts";
import { renderPhantom } from "./phantom.ts";
import { sampleSpec } from "./sample.ts";
import { PATIENT_PARAMS } from "./spec.ts";
import type { FindingKind, FindingSpec, PatientParams, Side } from "./spec.ts";
import type { Phantom } from "./phantom.ts";

const SIZE = 160;
const SEEDS = [3, 14, 15, 92];

function withFinding(kind: FindingKind, amount: number, side: Side = "left"): FindingSpec {
  return { kind, amount, ...(FINDINGS[kind].sided ? { side } : {}) };
}

function render(seed: number, findings: readonly FindingSpec[], patient?: Partial<PatientParams>) {
  return renderPhantom({ seed, findings, ...(patient ? { patient } : {}) }, SIZE);
}

/** Pixels within two pixels of a non-zero mask value: the reach of the focal blur. */
function reach(mask: Float32Array, size: number): Uint8Array {
  const out = new Uint8Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (!(mask[i * size + j]! > 0)) continue;
      for (let di = -2; di <= 2; di++) {
        for (let dj = -2; dj <= 2; dj++) {
          const [row, col] = [i + di, j + dj];
          if (row >= 0 && col >= 0 && row < size && col < size) out[row * size + col] = 1;
        }
      }
    }
  }
  return out;
}

function changedPixels(a: Phantom, b: Phantom): number[] {
  return [...a.image.keys()].filter((k) => a.image[k] !== b.image[k]);
}

/** First and last column where any row satisfies the predicate. */
function columnExtent(size: number, inside: (index: number) => boolean): [number, number] {
  const columns = Array.from({ length: size }, (_, j) => j).filter((j) => {
    for (let i = 0; i < size; i++) if (inside(i * size + j)) return true;
    return false;
  });
  return [columns[0]!, columns.at(-1)!];
}

describe("determinism", () => {
  test("the same spec gives the same bytes; another seed gives another patient", () => {
    const spec = sampleSpec(41);
    const [a, b] = [renderPhantom(spec, SIZE), renderPhantom(spec, SIZE)];
    expect(b.image).toEqual(a.image);
    expect(b.report).toEqual(a.report);
    expect([...b.masks.keys()]).toEqual([...a.masks.keys()]);
    expect(changedPixels(a, render(42, spec.findings)).length).toBeGreaterThan(0.5 * SIZE * SIZE);
  });

  test("the patient is what the seed says unless a slider says otherwise", () => {
    expect(render(8, []).patient).toEqual(drawPatient(8));
    expect(render(8, [], { age: 77 }).patient).toEqual({ ...drawPatient(8), age: 77 });
  });

  test("every pixel is in [0, 1] and every mask too, for sampled cases", () => {
    for (let seed = 500; seed < 512; seed++) {
      const { image, masks } = renderPhantom(sampleSpec(seed), 96);
      for (const map of [image, ...masks.values()]) {
        expect(map.every((v) => v >= 0 && v <= 1)).toBe(true);
      }
    }
  });
});

test("change detector: the bytes of one phantom; says that pictures changed, not that they are wrong", async () => {
  const { image } = renderPhantom(sampleSpec(7), 128);
  const bytes = Uint8Array.from(image, (v) => Math.round(255 * v));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, 8);
  expect(Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("")).toBe(
    "7748d7968e23fb5f",
  );
});

describe("counterfactuals: a finding changes the picture where its mask is and nowhere else", () => {
  const local = [
    "effusion",
    "consolidation",
    "nodule",
    "edema",
    "hernia",
    "pacemaker",
    "tube",
    "line",
  ] as const;
  test.each(local)("%s", (kind) => {
    for (const seed of SEEDS) {
      const [before, after] = [
        render(seed, []),
        render(seed, [withFinding(kind, FINDINGS[kind].max)]),
      ];
      const near = reach(after.masks.get(kind)!, SIZE);
      const changed = changedPixels(before, after);
      expect(changed.length).toBeGreaterThan(20);
      expect(changed.filter((k) => !near[k])).toEqual([]);
    }
  });

  test("cardiomegaly: inside the enlarged heart or where the smaller one was", () => {
    for (const seed of SEEDS) {
      const [before, after] = [render(seed, []), render(seed, [withFinding("cardiomegaly", 0.7)])];
      const old = reach(before.masks.get("heart")!, SIZE);
      const near = reach(after.masks.get("heart")!, SIZE);
      expect(changedPixels(before, after).filter((k) => !near[k] && !old[k])).toEqual([]);
    }
  });

  test.each(["pneumothorax", "atelectasis", "fracture"] as const)(
    "%s leaves the other side of the patient alone",
    (kind) => {
      for (const seed of SEEDS) {
        const patient = { rotationDeg: 0 };
        const before = render(seed, [], patient);
        for (const side of ["left", "right"] as const) {
          const after = render(seed, [withFinding(kind, FINDINGS[kind].max, side)], patient);
          const changed = changedPixels(before, after);
          expect(changed.length).toBeGreaterThan(20);
          const other = changed.filter((k) => (k % SIZE >= SIZE / 2 ? "left" : "right") !== side);
          // The atelectatic side's dome, lung and vessels meet the spine; two pixels of blur cross the midline.
          expect(other.every((k) => Math.abs((k % SIZE) + 0.5 - SIZE / 2) < 3)).toBe(true);
        }
      }
    },
  );

  test("a second finding leaves the first one's mask and the sides drawn for it as they were", () => {
    const alone = render(5, [{ kind: "nodule" }]);
    const both = render(5, [{ kind: "line" }, { kind: "nodule" }]);
    expect(both.masks.get("nodule")).toEqual(alone.masks.get("nodule"));
    expect(both.findings[1]).toEqual(alone.findings[0]);
  });

  test.each(Object.entries(PATIENT_PARAMS))("the slider %s changes the picture", (name, meta) => {
    const [low, high] = [meta.min, meta.max].map((v) => render(6, [], { [name]: v }));
    expect(changedPixels(low!, high!).length).toBeGreaterThan(100);
  });

  test.each([
    ["sex", "female", "male"],
    ["view", "PA", "AP"],
    ["portable", false, true],
  ] as const)("the choice of %s changes the picture", (name, a, b) => {
    const [one, other] = [a, b].map((v) => render(6, [], { [name]: v }));
    expect(changedPixels(one!, other!).length).toBeGreaterThan(20);
  });

  test("the marker is drawn; without it nothing else changes", () => {
    const [with_, without] = [true, false].map((marker) =>
      renderPhantom({ seed: 6, findings: [], patient: { marker } }, 224),
    );
    const changed = changedPixels(with_!, without!);
    // An L of 11 cells of at least 2 mm, in pixels of 1.66 mm.
    expect(changed.length).toBeGreaterThan(11);
    expect(changed.every((k) => with_!.image[k]! > without!.image[k]!)).toBe(true);
  });
});

describe("truth", () => {
  test("the cardiothoracic ratio measured on the masks is the stated one within 2 %", () => {
    const size = 320;
    for (const seed of SEEDS) {
      for (const ratio of [undefined, 0.52, 0.6, 0.7]) {
        const findings = ratio === undefined ? [] : [withFinding("cardiomegaly", ratio)];
        const { masks, measurements } = renderPhantom({ seed, findings }, size);
        const [heartFrom, heartTo] = columnExtent(size, (k) => masks.get("heart")![k]! > 0);
        const [from] = columnExtent(size, (k) => masks.get("rightLung")![k]! > 0);
        const [, to] = columnExtent(size, (k) => masks.get("leftLung")![k]! > 0);
        const measured = (heartTo - heartFrom + 1) / (to - from + 1);
        if (ratio !== undefined) expect(measurements.cardiothoracicRatio).toBe(ratio);
        else expect(measurements.cardiothoracicRatio).toBeLessThan(0.5);
        expect(Math.abs(measured / measurements.cardiothoracicRatio - 1)).toBeLessThan(0.02);
      }
    }
  });

  test("sided masks lie on the patient's side: left is right on the image", () => {
    for (const kind of FINDING_KINDS.filter(
      (k) => FINDINGS[k].sided && k !== "pacemaker" && k !== "line",
    )) {
      for (const side of ["left", "right"] as const) {
        const { masks } = render(9, [withFinding(kind, FINDINGS[kind].max, side)]);
        let [onLeft, total] = [0, 0];
        masks.get(kind)!.forEach((v, k) => {
          total += v;
          if (k % SIZE >= SIZE / 2) onLeft += v;
        });
        expect(total).toBeGreaterThan(0);
        expect(side === "left" ? onLeft / total : 1 - onLeft / total).toBeGreaterThan(0.97);
      }
    }
  });

  test.each(["effusion", "pneumothorax", "nodule", "hernia"] as const)(
    "more %s covers more of the picture",
    (kind) => {
      const { min, max } = FINDINGS[kind];
      for (const seed of SEEDS) {
        const areas = [0, 0.25, 0.5, 0.75, 1].map((t) => {
          const mask = render(seed, [withFinding(kind, min + t * (max - min))]).masks.get(kind)!;
          return mask.reduce((sum, v) => sum + v, 0);
        });
        for (let k = 1; k < areas.length; k++) expect(areas[k]!).toBeGreaterThan(areas[k - 1]!);
      }
    },
  );

  test("a nodule's mask has the stated diameter", () => {
    for (const seed of SEEDS) {
      const phantom = renderPhantom({ seed, findings: [withFinding("nodule", 30)] }, 512);
      const area = phantom.masks.get("nodule")!.reduce((sum, v) => sum + v, 0);
      const diameter = 2 * Math.sqrt((area * phantom.pixelSpacingMm ** 2) / Math.PI);
      expect(Math.abs(diameter - 30)).toBeLessThan(0.3);
    }
  });

  test("even the smallest amount can be seen: matched-filter d' above 5 on three of four patients", () => {
    const healthy = SEEDS.map((seed) => {
      const { image, patient } = render(seed, []);
      // One noise realisation at two doses differs by sigma * (1/sqrt(0.8) - 1).
      const louder = render(seed, [], { exposure: patient.exposure * 0.8 }).image;
      const noise = sd(image.map((v, k) => louder[k]! - v)) / (1 / Math.sqrt(0.8) - 1);
      return { seed, image, noise };
    });
    for (const kind of FINDING_KINDS) {
      const seen = healthy.filter(({ seed, image, noise }) => {
        const finding = render(seed, [withFinding(kind, FINDINGS[kind].min)]).image;
        let energy = 0;
        for (let k = 0; k < image.length; k++) energy += (finding[k]! - image[k]!) ** 2;
        return Math.sqrt(energy) / noise > 5;
      });
      expect([kind, seen.length >= 3]).toEqual([kind, true]);
    }
  });

  test("measurements, findings and report say what was asked for", () => {
    const phantom = render(4, [
      withFinding("effusion", 200, "left"),
      withFinding("effusion", 900, "right"),
      withFinding("pneumothorax", 30, "left"),
    ]);
    expect(phantom.measurements.effusionMl).toEqual({ left: 200, right: 900 });
    expect(phantom.measurements.pneumothoraxMm).toEqual({ left: 30, right: 0 });
    expect(phantom.findings.map((f) => f.size)).toEqual(["small", "large", "moderate"]);
    expect(phantom.report).toEqual([
      "There is a small left pleural effusion.",
      "There is a large right pleural effusion.",
      "There is a moderate left pneumothorax.",
      "The heart is normal in size.",
      "The lungs are clear.",
    ]);
  });

  test("the picture is the same anatomy at every size", () => {
    const findings = [withFinding("effusion", 600), withFinding("nodule", 30, "right")];
    const patient = { exposure: 2 };
    const [coarse, fine] = [128, 512].map((size) =>
      renderPhantom({ seed: 7, findings, patient }, size),
    );
    let difference = 0;
    for (let i = 0; i < 128; i++) {
      for (let j = 0; j < 128; j++) {
        let sum = 0;
        for (let k = 0; k < 16; k++)
          sum += fine!.image[(4 * i + (k >> 2)) * 512 + 4 * j + (k & 3)]!;
        difference += Math.abs(sum / 16 - coarse!.image[i * 128 + j]!) / 128 ** 2;
      }
    }
    expect(difference).toBeLessThan(0.01);
  });
});

test("every finding has a mask at its smallest, usual and largest amount, on ten patients", () => {
  for (const kind of FINDING_KINDS) {
    const { min, max, default: usual } = FINDINGS[kind];
    for (let seed = 0; seed < 10; seed++) {
      for (const amount of [min, usual, max]) {
        const { masks } = renderPhantom({ seed, findings: [{ kind, amount }] }, 48);
        expect([kind, seed, amount, masks.get(kind)!.some((v) => v > 0.5)]).toEqual([
          kind,
          seed,
          amount,
          true,
        ]);
      }
    }
  }
});

describe("specs that can't be drawn", () => {
  const bad: readonly [string, () => unknown, RegExp][] = [
    ["a size", () => renderPhantom({ seed: 1, findings: [] }, 20), /20 pixels/],
    ["a seed", () => render(0.5, []), /seed is 0.5/],
    ["a kind", () => render(1, [{ kind: "gout" as FindingKind }]), /"gout" is not a finding/],
    ["an amount", () => render(1, [withFinding("effusion", 5)]), /5 mL, outside 100 to 1500/],
    ["no number", () => render(1, [withFinding("nodule", Number.NaN)]), /Nodule is NaN/],
    ["a side", () => render(1, [{ kind: "edema", side: "left" }]), /can't have the side "left"/],
    ["a slider", () => render(1, [], { age: 130 }), /Age is 130, outside 20 to 95 years/],
    [
      "a choice",
      () => render(1, [], { view: "lateral" as "PA" }),
      /view is "lateral", not PA or AP/,
    ],
  ];
  test.each(bad)("%s out of range is refused in one sentence", (_, draw, sentence) => {
    expect(draw).toThrow(sentence);
    expect(draw).toThrow(LabError);
    try {
      draw();
    } catch (error) {
      expect((error as LabError).code).toBe("spec-invalid");
    }
  });
});
