/**
 * `npm run bench:populations -- --adults DIR --children DIR --others DIR`: embeddings of films and phantoms by the deployed graphs,
 * as the reference that src/metrics/populations.ts measures distances to, and how often that calls a picture unlike all of them.
 * DIR of adults and of children hold an index.csv with the columns `file` and `split` (train, val, test, external); others are
 * pictures that show no chest. Writes src/metrics/populations.json; no picture can be had back from it.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { OptionError, parseOptions, readOptions } from "../scripts/options.mjs";
import { ROOT } from "../scripts/toolchain.mjs";
import { openRadiograph } from "../src/cli/files.ts";
import { openBundledModel } from "../src/cli/nodeLab.ts";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { toBase64Url } from "../src/host/base64url.ts";
import { snapToByteLattice } from "../src/image/grayImage.ts";
import { FAR_SHARE } from "../src/metrics/populations.ts";
import type { FarShare, FarShares, StoredPopulation } from "../src/metrics/populations.ts";
import { referenceSet } from "../src/metrics/representation.ts";
import type { ReferenceSet } from "../src/metrics/representation.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";
import { sampleSpec } from "../src/phantom/sample.ts";
import { writeFormatted } from "./writeFormatted.ts";

const MODEL = "base";
const COUNT = { train: 1500, val: 400, test: 400 };
/** Seeds that no training run and no other measurement draws. */
const SEEDS = { train: 6_000_000, val: 6_100_000, test: 6_200_000 };

const { adults, children, others } = readOptions(
  "Usage: npm run bench:populations -- --adults DIR --children DIR --others DIR",
  (args) => {
    const given = parseOptions(args, {
      adults: { type: "string" },
      children: { type: "string" },
      others: { type: "string" },
    });
    if (given.adults && given.children && given.others) {
      return { adults: given.adults, children: given.children, others: given.others };
    }
    throw new OptionError("Name the three folders");
  },
);

const manifest = JSON.parse(
  readFileSync(path.join(ROOT, "public/models", MODEL, "manifest.json"), "utf8"),
) as {
  defaultPrecision: "int8";
  files: { role: string; precision: string; sha256: string }[];
};
const model = await openBundledModel(MODEL, manifest.defaultPrecision, nodeSessions());
const { size } = model.manifest.input;

type Picture = Float32Array;

async function embedded(pictures: Iterable<Picture | Promise<Picture>>): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const picture of pictures) found.push((await model.encode(await picture)).embedding.slice());
  return found;
}

/** Of a folder's split, spread evenly over its rows. */
function filesOf(folder: string, split: string, most: number): string[] {
  const [head, ...rows] = readFileSync(path.join(folder, "index.csv"), "utf8").trim().split("\n");
  const columns = head!.split(",");
  const [file, of] = [columns.indexOf("file"), columns.indexOf("split")];
  const named = rows.map((row) => row.split(",")).filter((row) => row[of] === split);
  const step = Math.max(1, named.length / most);
  const chosen = Math.min(most, named.length);
  return Array.from({ length: chosen }, (_, k) =>
    path.join(folder, named[Math.floor(k * step)]![file]!),
  );
}

async function film(file: string): Promise<Picture> {
  const { values: gray, rows, cols } = await openRadiograph(file);
  if (rows !== size || cols !== size) throw new Error(`${file} is not ${size} x ${size}`);
  return Float32Array.from(gray, (value) => value / 255);
}

function* phantoms(first: number, count: number): Generator<Picture> {
  for (let seed = first; seed < first + count; seed++) {
    const image = renderPhantom(sampleSpec(seed), size).image.slice();
    snapToByteLattice(image);
    yield image;
  }
}

interface Kind {
  readonly train: Float32Array[];
  readonly val: Float32Array[];
  readonly test: Float32Array[];
}

async function kindOf(pictures: (split: keyof Kind) => Iterable<Picture | Promise<Picture>>) {
  const train = await embedded(pictures("train"));
  return { train, val: await embedded(pictures("val")), test: await embedded(pictures("test")) };
}

const films = (folder: string) => (split: keyof Kind) =>
  filesOf(folder, split, COUNT[split]).map(film);
const kinds = {
  adult: await kindOf(films(adults)),
  child: await kindOf(films(children)),
  phantom: await kindOf((split) => phantoms(SEEDS[split], COUNT[split])),
};

const references: Record<string, { set: ReferenceSet; quantiles: number[] }> = {};
const populations: Record<string, StoredPopulation> = {};
for (const [id, { train, val }] of Object.entries(kinds)) {
  const set = referenceSet(train);
  const distances = val.map((x) => set.mahalanobis(x)).sort((a, b) => a - b);
  const quantiles = Array.from({ length: 101 }, (_, percent) =>
    Number(distances[Math.round((percent / 100) * (distances.length - 1))]!.toFixed(3)),
  );
  references[id] = { set, quantiles };
  populations[id] = {
    n: train.length,
    held: val.length,
    mean: packed(set.mean),
    factor: packed(lowerTriangle(set.factor)),
    quantiles,
  };
  console.log(`${id}: ${train.length} and ${val.length}`);
}

function packed(numbers: ArrayLike<number>): string {
  return toBase64Url(new Uint8Array(Float32Array.from(numbers).buffer));
}

function lowerTriangle(factor: ArrayLike<number>): number[] {
  const side = Math.sqrt(factor.length);
  return Array.from({ length: side }, (_, i) => i).flatMap((i) =>
    Array.from({ length: i + 1 }, (_each, j) => factor[i * side + j]!),
  );
}

function share(vectors: readonly Float32Array[]): FarShare {
  const far = vectors.filter((x) =>
    Object.values(references).every(
      ({ set, quantiles }) => set.mahalanobis(x) > quantiles[FAR_SHARE]!,
    ),
  );
  return { far: far.length, n: vectors.length };
}

type From = (row: number, col: number) => readonly [number, number];

const tests = await Promise.all(filesOf(adults, "test", 200).map(film));
/** Every pixel of a test film from another place of it. */
const moved = (from: From) =>
  tests.map((picture) =>
    picture.map((_, k) => {
      const [row, col] = from(Math.floor(k / size), k % size);
      return picture[row * size + col]!;
    }),
  );
const ramps = [
  (row: number) => row / (size - 1),
  (_: number, col: number) => col / (size - 1),
  (row: number, col: number) => (row + col) / (2 * size - 2),
  () => 0.5,
].map((gray) =>
  Float32Array.from({ length: size * size }, (_, k) => gray(Math.floor(k / size), k % size)),
);

const measured: FarShares = {
  adult: share(kinds.adult.test),
  otherHospitals: share(await embedded(filesOf(adults, "external", 400).map(film))),
  child: share(kinds.child.test),
  phantom: share(kinds.phantom.test),
  photographs: share(
    await embedded(readdirSync(others).map((name) => film(path.join(others, name)))),
  ),
  ramps: share(await embedded(ramps)),
  inverted: share(await embedded(tests.map((picture) => picture.map((value) => 1 - value)))),
  turned: share(await embedded(moved((row, col) => [size - 1 - col, row]))),
  upsideDown: share(await embedded(moved((row, col) => [size - 1 - row, col]))),
  part: share(
    await embedded(
      moved((row, col) => [Math.floor((size + row) / 3), Math.floor((size + col) / 3)]),
    ),
  ),
};
console.log(measured);

const visionSha256 = Object.fromEntries(
  manifest.files
    .filter(({ role }) => role === "vision")
    .map(({ precision, sha256 }) => [precision, sha256]),
);
await writeFormatted(
  path.join(ROOT, "src/metrics/populations.json"),
  JSON.stringify({ [MODEL]: { visionSha256, populations, measured } }),
);
process.exit(0);
