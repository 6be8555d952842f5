/** Pictures that stand for "no picture" or for another patient, when one asks how far an answer rests on this one. */
import { randomStream } from "../../numerics/random.ts";
import { sampleSpec } from "../../phantom/sample.ts";
import { mean } from "../../numerics/sums.ts";
import { snapToByteLattice } from "../../image/grayImage.ts";
import type { System } from "../../system/system.ts";
import type { InputResult } from "../results.ts";
import { modelInputOf } from "../source.ts";

/** All of one grey, on the 8-bit lattice. */
export function plainPicture(level: number, pixels: number): Float32Array {
  const image = new Float32Array(pixels).fill(level);
  snapToByteLattice(image);
  return image;
}

/** Grey noise around the picture's mean with its standard deviation: its statistics without its content. */
export function noisePicture(image: Float32Array, seed: number): Float32Array {
  const middle = mean(image);
  const spread = Math.sqrt(mean(image.map((value) => (value - middle) ** 2)));
  const random = randomStream(seed, "instrument", "noise picture");
  const out = image.map(() => middle + spread * random.normal());
  snapToByteLattice(out);
  return out;
}

/** A phantom of another patient, with its truth: a pure function of seed and index. */
export function otherPatient(system: System, seed: number, index: number): InputResult {
  const drawn = randomStream(seed, "instrument", "other patient")
    .fork(`${index}`)
    .integer(2 ** 31);
  const phantom = sampleSpec(drawn);
  return modelInputOf(
    { kind: "phantom", phantom },
    { kind: "file" },
    system.manifest.input,
    () => undefined,
  );
}
