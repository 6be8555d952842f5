/** What throws doubt on an attack's own result: the flags of AutoAttack (Croce & Hein 2020), as sentences. */
import type { Host } from "../host/host.ts";
import type { QueryOracle } from "./attack.ts";
import { BEATS } from "./bothWays.ts";

/** Pictures that differ by one grey level in one pixel: what their losses differ by is no attack's doing. */
const SAME_PICTURES = 5;
/** Deviations of that noise that a gain must exceed. */
const ABOVE_NOISE = 3;

export interface Outcome {
  readonly best: number;
  readonly whiteBox: number;
  /** By the oracle's other way back; -Infinity where it has none. */
  readonly otherWay: number;
  /** What is said where that one did better. */
  readonly better?: string;
  readonly blackBox: number;
  /** Whether no gradient ever said anything. */
  readonly isFlat: boolean;
}

/** @returns the sentences, and how many more questions they took. */
export async function doubts(
  oracle: QueryOracle,
  origin: Float32Array,
  { best, whiteBox, otherWay, better, blackBox, isFlat }: Outcome,
  { signal, yieldToHost }: Host,
): Promise<{ readonly warnings: readonly string[]; readonly asked: number }> {
  const warnings: string[] = [];
  if (isFlat) {
    warnings.push("The gradient is zero everywhere: white-box attacks have nothing to follow.");
  }
  if (better !== undefined && otherWay > whiteBox + BEATS) warnings.push(better);
  if (blackBox > Math.max(whiteBox, otherWay) + BEATS) {
    warnings.push("Asking alone did better than the gradient: the gradient is masked.");
  }
  const losses: number[] = [];
  for (let k = 0; k < SAME_PICTURES + 2 && !signal.aborted; k++) {
    await yieldToHost();
    // The first two are the picture itself.
    losses.push(await oracle.loss(k < 2 ? origin.slice() : nudged(origin, k)));
  }
  const asked = losses.length;
  if (signal.aborted) return { warnings, asked };
  if (losses[0] !== losses[1]) {
    warnings.push(
      "The same picture gets another answer each time: draws of the defense have to be averaged (EOT).",
    );
  }
  const clean = losses.reduce((sum, v) => sum + v, 0) / asked;
  const noise = Math.sqrt(losses.reduce((sum, v) => sum + (v - clean) ** 2, 0) / (asked - 1));
  if (best - clean <= ABOVE_NOISE * noise) {
    warnings.push("What the attack gained is no more than one grey level in one pixel does.");
  }
  return { warnings, asked };
}

/** One grey level in one pixel, spread over the picture. */
function nudged(origin: Float32Array, k: number): Float32Array {
  const out = origin.slice();
  const pixel = Math.floor((out.length * k) / (SAME_PICTURES + 2));
  out[pixel] = out[pixel]! + (out[pixel]! > 0.5 ? -1 : 1) / 255;
  return out;
}
