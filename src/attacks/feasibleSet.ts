/**
 * Where an attack may go: the ball of the threat model cut with [0, 1] and with the mask. Projection is exact in the
 * arithmetic the image is stored in: after it, the distance computed in double precision is at most epsilon.
 */
import type { RandomStream } from "../numerics/random.ts";
import type { Norm } from "../tensor/norms.ts";

export interface FeasibleSet {
  /** Moves `x` into the set, in place. */
  project(x: Float32Array): void;
  /** A uniformly drawn point: of the cube for linf, of the ball for l2 (then cut to [0, 1]). */
  sample(random: RandomStream): Float32Array;
  /** Whether a pixel may change at all. */
  isFree(pixel: number): boolean;
}

export interface Ball {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly mask?: Float32Array;
}

export function feasibleSet(origin: Float32Array, { norm, epsilon, mask }: Ball): FeasibleSet {
  const isFree = (i: number) => mask === undefined || mask[i] !== 0;
  const low = new Float32Array(origin.length);
  const high = new Float32Array(origin.length);
  let isPlain = true;
  // An l2 ball fits in the cube of the same radius, so the box serves both norms.
  for (let i = 0; i < origin.length; i++) {
    const o = origin[i]!;
    const reach = isFree(i) ? epsilon : 0;
    low[i] = Math.min(o, Math.max(0, roundedUp(o - reach)));
    high[i] = Math.max(o, Math.min(1, roundedDown(o + reach)));
    // Also for -0, whose bits are the least of all.
    isPlain &&= 1 / low[i]! > 0 && high[i]! < Infinity;
  }
  const project = (x: Float32Array) => {
    if (norm === "l2") scaleIntoBall(x, origin, epsilon, isFree);
    if (isPlain) clip(x, low, high);
    else clipAnyhow(x, low, high);
    // Clipping moves every pixel towards the origin, so the l2 distance cannot grow again.
  };
  const sample = (random: RandomStream) => {
    const x = origin.slice();
    if (norm === "linf") {
      for (let i = 0; i < x.length; i++) x[i] = origin[i]! + random.between(-epsilon, epsilon);
    } else {
      addBallPoint(x, epsilon, random, isFree);
    }
    project(x);
    return x;
  };
  return { project, sample, isFree };
}

const MAGNITUDE = 0x7fffffff;
const INFINITE = 0x7f800000;

function bitsOf(x: Float32Array): Int32Array {
  return new Int32Array(x.buffer, x.byteOffset, x.length);
}

/**
 * Once a step of every attack, so no closure: one that each attack makes anew is never compiled for speed. Which pixels have
 * gone too far a processor can't guess, so no branch either: the bits of numbers from 0 on stand in their order, and every
 * bound is such a number. What is no number stays.
 */
function clip(x: Float32Array, low: Float32Array, high: Float32Array): void {
  const [bits, least, most] = [bitsOf(x), bitsOf(low), bitsOf(high)];
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const isNoNumber = (INFINITE - (value & MAGNITUDE)) >> 31;
    let clipped = value & ~(value >> 31);
    const above = clipped - least[i]!;
    clipped = least[i]! + (above & ~(above >> 31));
    const below = most[i]! - clipped;
    clipped = most[i]! - (below & ~(below >> 31));
    bits[i] = (clipped & ~isNoNumber) | (value & isNoNumber);
  }
}

/** For bounds that are below 0, or no numbers: such a bound holds nothing back. */
function clipAnyhow(x: Float32Array, low: Float32Array, high: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    const least = low[i]!;
    const most = high[i]!;
    x[i] = value < least ? least : value > most ? most : value;
  }
}

function scaleIntoBall(
  x: Float32Array,
  origin: Float32Array,
  epsilon: number,
  isFree: (i: number) => boolean,
): void {
  const delta = new Float64Array(x.length);
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    delta[i] = isFree(i) ? x[i]! - origin[i]! : 0;
    squares += delta[i]! ** 2;
  }
  let target = epsilon;
  const length = Math.sqrt(squares);
  if (length <= epsilon) return;
  // Storing the pixels as float32 may push the point out again by rounding: aim a little lower until it holds.
  for (let attempt = 0; attempt < 60; attempt++) {
    const scale = target / length;
    let stored = 0;
    for (let i = 0; i < x.length; i++) {
      x[i] = origin[i]! + delta[i]! * scale;
      stored += (x[i]! - origin[i]!) ** 2;
    }
    if (Math.sqrt(stored) <= epsilon) return;
    target *= 1 - 1e-7 * 2 ** attempt;
    if (!(target > 0)) break;
  }
  // A ball too small for float32 to step into.
  x.set(origin);
}

/** Uniform in the l2 ball over the free pixels: a Gaussian direction, radius epsilon * u^(1/d). */
function addBallPoint(
  x: Float32Array,
  epsilon: number,
  random: RandomStream,
  isFree: (i: number) => boolean,
): void {
  const direction = new Float64Array(x.length);
  let squares = 0;
  let free = 0;
  for (let i = 0; i < x.length; i++) {
    if (!isFree(i)) continue;
    direction[i] = random.normal();
    squares += direction[i]! ** 2;
    free++;
  }
  if (squares === 0) return;
  const scale = (epsilon * random.uniform() ** (1 / free)) / Math.sqrt(squares);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! + direction[i]! * scale;
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

/** Largest float32 <= value. */
function roundedDown(value: number): number {
  FLOAT[0] = value;
  if (FLOAT[0]! > value)
    BITS[0] = FLOAT[0]! > 0 ? BITS[0]! - 1 : FLOAT[0] === 0 ? -2147483647 : BITS[0]! + 1;
  return FLOAT[0]!;
}

/** Smallest float32 >= value. */
function roundedUp(value: number): number {
  return -roundedDown(-value);
}
