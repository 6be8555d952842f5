import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { BUNDLED_MODELS } from "./catalog.ts";
import { filmCounts } from "./filmCounts.ts";
import { parseManifest } from "./manifest.ts";
import { BANDS, bandOf, measuredModel, reliabilityOf, wordingKinds } from "./measured.ts";

const file = (id: string, name: string): unknown =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, "../../public/models", id, name), "utf8"));

describe.each(BUNDLED_MODELS.map(({ id }) => id))("what was measured of %s", (id) => {
  const measured = measuredModel(id)!;

  test("is about the shipped weights (else run `npm run bench:answers`)", () => {
    const { files, defaultPrecision } = parseManifest(file(id, "manifest.json"));
    const shipped = (role: string) =>
      files.find((f) => f.role === role && f.precision === defaultPrecision)?.sha256;
    expect(measured.visionSha256).toBe(shipped("vision"));
    expect(measured.answerSha256).toBe(shipped("answer"));
    expect(measured.precision).toBe(defaultPrecision);
  });

  test("agrees with the model's own evaluation on real films", () => {
    const { adults, kermanyTest } = file(id, "evaluation.json") as {
      adults: { findings: object; calibration: object };
      kermanyTest: object;
    };
    expect(Object.keys(measured.adults)).toContain("pneumonia");
    expect(adults.findings).toMatchObject(measured.adults);
    expect(adults.calibration).toMatchObject(measured.calibration.adult);
    expect(kermanyTest).toMatchObject(measured.calibration.child);
    expect(kermanyTest).toMatchObject(measured.children["pneumonia"]!);
  });

  test("was counted on test films with the same weights (else run `npm run bench:films`)", () => {
    const counts = filmCounts(id)!;
    expect(counts).toMatchObject({
      visionSha256: measured.visionSha256,
      answerSha256: measured.answerSha256,
    });
    for (const { normal, present } of [counts.adult, counts.child]) {
      expect(Object.keys(normal)).toEqual(expect.arrayContaining(["normal", "pneumonia"]));
      for (const { yes, n } of [...Object.values(normal), ...Object.values(present)]) {
        expect(n).toBeGreaterThan(0);
        expect(yes).toBeLessThanOrEqual(n);
      }
    }
  });

  test("counts no more right answers than answers", () => {
    const kinds = Object.values(measured.wordings);
    expect(kinds.length).toBeGreaterThan(15);
    for (const { right, n } of kinds) {
      expect([right.length, n.length]).toEqual([BANDS.length, BANDS.length]);
      right.forEach((count, band) => expect(count).toBeLessThanOrEqual(n[band]!));
    }
  });
});

test("a reader's own model has nothing measured", () => {
  expect(measuredModel("own-1234")).toBeUndefined();
});

describe("reliability of an answer", () => {
  const model = {
    ...measuredModel("base")!,
    wordings: {
      "presence, trained": { right: [990, 90, 80, 3], n: [1000, 100, 100, 5] },
      "presence, held out": { right: [800, 70, 60, 50], n: [1000, 100, 100, 100] },
      "presence, held out, negation": { right: [30, 20, 2, 1], n: [100, 60, 4, 4] },
      "side, trained": { right: [9, 0, 0, 0], n: [10, 0, 0, 0] },
    },
  };
  const asked = { type: "presence", isScoped: false, trained: true, strategy: "plain" };

  test("is that of its own band of confidence", () => {
    expect([0.9995, 0.995, 0.95, 0.6, 1].map(bandOf)).toEqual([0, 1, 2, 3, 0]);
    expect(reliabilityOf(model, asked, 0.9995)).toEqual({
      right: 990,
      n: 1000,
      from: 0.999,
      below: null,
    });
    expect(reliabilityOf(model, asked, 0.95)).toEqual({
      right: 80,
      n: 100,
      from: 0.9,
      below: 0.99,
    });
  });

  test("goes by the kind of paraphrase where enough of it was counted, then by all held-out wordings", () => {
    const negated = { ...asked, trained: false, strategy: "negation" };
    expect(reliabilityOf(model, negated, 1)).toMatchObject({ right: 30, n: 100 });
    expect(reliabilityOf(model, negated, 0.95)).toMatchObject({ right: 60, n: 100, from: 0.9 });
    expect(wordingKinds(negated)).toEqual(["presence, held out, negation", "presence, held out"]);
  });

  test("takes all bands where one holds too few, and says nothing where all do", () => {
    expect(reliabilityOf(model, asked, 0.6)).toEqual({
      right: 1163,
      n: 1205,
      from: null,
      below: null,
    });
    expect(reliabilityOf(model, { ...asked, type: "side" }, 1)).toBeUndefined();
    expect(reliabilityOf(model, { ...asked, isScoped: true }, 1)).toBeUndefined();
  });
});
