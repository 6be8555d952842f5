/** The reference against the deployed model: what it knows, what it does not, and that it is this model's. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openBundledModel } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { snapToByteLattice } from "../image/grayImage.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { sampleSpec } from "../phantom/sample.ts";
import { placeText, placedFilm } from "./populationText.ts";
import { FAR_SHARE, farShares, placeAmong, visionHashes } from "./populations.ts";
import { mahalanobisDistance, referenceSet } from "./representation.ts";

const model = await openBundledModel("base", "int8", nodeSessions());
const placed = async (image: Float32Array) =>
  placeAmong("base", (await model.encode(image)).embedding)!;

test("the numbers are of the weights that are here", () => {
  const manifest = readFileSync(
    path.join(import.meta.dirname, "../../public/models/base/manifest.json"),
    "utf8",
  );
  const hashes = Object.values(visionHashes("base")!);
  expect(hashes.length).toBeGreaterThan(0);
  for (const hash of hashes) expect(manifest).toContain(hash);
});

test("phantoms that it was not made from are phantoms, all but a few", async () => {
  const places = [];
  for (let seed = 7_000_000; seed < 7_000_040; seed++) {
    const image = renderPhantom(sampleSpec(seed), 224).image.slice();
    snapToByteLattice(image);
    places.push(await placed(image));
  }
  expect(places.every(({ nearest }) => nearest === "phantom")).toBe(true);
  // At 2 in 100 more than 5 of 40 are far once in 400 such draws.
  expect(places.filter(({ isFar }) => isFar).length).toBeLessThanOrEqual(5);
});

test("a ramp, plain grey and noise are unlike everything, and it says so", async () => {
  const pictures = [
    (k: number) => (k % 224) / 223,
    () => 0.5,
    (k: number) => ((k * 2_654_435_761) % 256) / 255,
  ];
  for (const gray of pictures) {
    const place = await placed(Float32Array.from({ length: 224 * 224 }, (_, k) => gray(k)));
    expect(place.isFar).toBe(true);
    expect(placeText(place, farShares("base")!).lead).toContain("trust no answer");
  }
});

test("a picture of too few pixels is none that it knows, however it looks blown up", () => {
  const place = { nearest: "phantom", further: 40, isFar: false } as const;
  const said = (rows: number, cols: number) =>
    placedFilm(place, farShares("base")!, { film: { rows, cols }, size: 224 });
  expect(said(37, 53)).toMatchObject({ isFar: true, text: expect.stringContaining("53 x 37") });
  expect(said(2000, 100).isFar).toBe(true);
  expect(said(112, 112).isFar).toBe(false);
});

test("it tells a film apart from what is none, by what was measured", () => {
  const { adult, otherHospitals, child, phantom, photographs, ramps } = farShares("base")!;
  for (const { far, n } of [adult, otherHospitals, child, phantom]) {
    expect(far / n).toBeLessThan(0.08);
  }
  for (const { far, n } of [photographs, ramps]) expect(far / n).toBeGreaterThan(0.9);
});

test("a model of which nothing was measured has no place", () => {
  expect(placeAmong("own", new Float32Array(128))).toBeUndefined();
  expect(FAR_SHARE).toBeLessThan(100);
});

test("the distance is the root of the quadratic form", () => {
  // Two directions of variance 4 and 1: (2, 1) lies at sqrt(2 * 2 / 4 + 1 * 1 / 1) = sqrt 2.
  const fit = { mean: [1, 1], factor: [2, 0, 0, 1] };
  expect(mahalanobisDistance(fit, [3, 2])).toBeCloseTo(Math.SQRT2, 12);
  const set = referenceSet(
    [
      [0, 0],
      [2, 0],
      [0, 2],
      [2, 2],
    ].map((x) => Float32Array.from(x)),
  );
  expect(mahalanobisDistance(set, [3, 1])).toBeCloseTo(set.mahalanobis([3, 1]), 12);
});
