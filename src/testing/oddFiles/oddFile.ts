/** A generated file with something about it that readers get wrong, and the picture that most of them hold. */
import type { RandomStream } from "../../numerics/random.ts";

export interface OddFile {
  /** Says what is odd; with its extension the file's name. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The reference readers refuse this form, though it holds all that a picture needs: that of another file. */
  readonly sameAs?: string;
}

/** Every stream of the generator descends from this seed: the files are the same bytes on every machine. */
export const ODD_FILES_SEED = 20261125;

/** Integers in [low, high]: a smooth surface with texture that reaches both ends. */
export function surface(
  rows: number,
  cols: number,
  { low, high }: { readonly low: number; readonly high: number },
  random: RandomStream,
): number[] {
  const tilt = random.between(0.2, 0.8);
  const values = Array.from({ length: rows * cols }, (_, i) => {
    const y = Math.floor(i / cols) / rows;
    const x = (i % cols) / cols;
    const smooth = tilt * x + (1 - tilt) * y + random.between(-0.1, 0.1);
    return Math.round(low + (high - low) * Math.min(1, Math.max(0, smooth)));
  });
  values[0] = low;
  values[values.length - 1] = high;
  return values;
}
