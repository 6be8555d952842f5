/**
 * Pictures that exist: a file or a screen holds 8 bits a pixel, so an attack's point is judged, and returned, as the
 * 8-bit picture that stands for it. Its moves are whole grey levels of 255.
 */
import { invariant } from "../errors/labError.ts";
import type { Norm } from "../tensor/norms.ts";

export interface LatticeBall {
  readonly norm: Norm;
  /** Radius in [0, 1] grey. */
  readonly epsilon: number;
}

/** Float32 holds k/255 with an error of up to 3e-8, and epsilon with as much: not a level. */
const SLACK = 1e-4;

/** Whether any pixel may move at all: a ball narrower than one grey level holds no other 8-bit picture. */
export function holdsNeighbors({ epsilon }: LatticeBall): boolean {
  return 255 * epsilon + SLACK >= 1;
}

/**
 * The 8-bit picture that stands for `x`. In linf each pixel takes the nearest level inside the ball. In l2 rounding to
 * the nearest level would leave most of a small budget unspent (changes below half a level vanish), so the change is
 * scaled until its rounding is as long as the change itself: the pixels that `x` moves most are moved by whole levels.
 * @param x in [0, 1], inside the ball. @param origin an 8-bit picture. @returns a new image inside the ball and [0, 1].
 */
export function toLattice(x: Float32Array, origin: Float32Array, ball: LatticeBall): Float32Array {
  return latticeAround(origin, ball)(x);
}

/** toLattice for any number of points around one picture. */
export function latticeAround(
  origin: Float32Array,
  { norm, epsilon }: LatticeBall,
): (x: Float32Array) => Float32Array {
  if (norm !== "linf") return (x) => spendingPicture(x, origin, 255 * epsilon);
  const levels = new Int16Array(origin.length);
  let holds = true;
  for (let i = 0; i < levels.length; i++) {
    levels[i] = Math.round(255 * origin[i]!);
    if (LEVELS[levels[i]!] !== origin[i]) holds = false;
  }
  // Nothing goes further than from black to white.
  const reach = Math.min(255, Math.floor(255 * epsilon + SLACK));
  const around: Levels = { origin, levels, reach, pictured: picturedWithin(reach) };
  return (x) => (holds && fastPicture(x, around)) || nearestPicture(x, around);
}

/** k/255 as float32 holds it. */
const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level / 255);
/** Larger than any change, so that truncating with it is rounding down. */
const BIAS = 1024;
const ROUND = BIAS + 0.5 + SLACK;

/** A picture and what may become of it. */
interface Levels {
  readonly origin: Float32Array;
  readonly levels: Int16Array;
  /** In whole levels. */
  readonly reach: number;
  /** Grey of level k at k + reach, from -reach to 255 + reach: what lies outside is black or white. */
  readonly pictured: Float32Array;
}

function picturedWithin(reach: number): Float32Array {
  return Float32Array.from(
    { length: 256 + 2 * reach },
    (_, k) => LEVELS[Math.min(255, Math.max(0, k - reach))]!,
  );
}

/**
 * nearestPicture without a branch that a processor would have to guess: once a step of every attack, and which way a pixel
 * goes is as good as random. For an origin whose every pixel is what its level stands for; undefined where a pixel of `x` is
 * no number or has a minus sign.
 */
function fastPicture(
  x: Float32Array,
  { origin, levels, reach, pictured }: Levels,
): Float32Array | undefined {
  const picture = new Float32Array(x.length);
  const before = new Int32Array(origin.buffer, origin.byteOffset, origin.length);
  const after = new Int32Array(x.buffer, x.byteOffset, x.length);
  let [sum, signs] = [0, 0];
  for (let i = 0; i < picture.length; i++) {
    const change = 255 * (x[i]! - origin[i]!);
    sum += change;
    signs |= after[i]!;
    let move = ((ROUND + Math.abs(change)) | 0) - BIAS;
    // The smaller of move and reach.
    const beyond = move - reach;
    move -= beyond & ~(beyond >> 31);
    // The bits of numbers from 0 on stand in their order.
    const sign = (after[i]! - before[i]!) >> 31;
    picture[i] = pictured[levels[i]! + reach + ((move ^ sign) - sign)]!;
  }
  return sum === sum && signs >= 0 ? picture : undefined;
}

function nearestPicture(x: Float32Array, { origin, levels, reach }: Levels): Float32Array {
  const picture = new Float32Array(x.length);
  for (let i = 0; i < picture.length; i++) {
    const value = origin[i]!;
    const level = levels[i]!;
    const change = 255 * (x[i]! - value);
    const up = ((ROUND + change) | 0) - BIAS;
    const down = BIAS - ((ROUND - change) | 0);
    // One of them is 0: what is left of either is its own way.
    let move = (up & ~(up >> 31)) + (down & (down >> 31));
    if (move > reach) move = reach;
    if (move < -reach) move = -reach;
    const moved = level + move;
    picture[i] =
      change !== change
        ? NaN
        : move === 0
          ? value
          : LEVELS[moved < 0 ? 0 : moved > 255 ? 255 : moved]!;
  }
  return picture;
}

/** @param radius in levels. */
function spendingPicture(x: Float32Array, origin: Float32Array, radius: number): Float32Array {
  const levels = new Int16Array(x.length);
  /** Wanted change in levels, without its sign; `room` is how far the pixel may go until 0 or 255. */
  const wanted = new Float64Array(x.length);
  const room = new Int16Array(x.length);
  for (let i = 0; i < x.length; i++) {
    levels[i] = Math.round(255 * origin[i]!);
    const change = 255 * (x[i]! - origin[i]!);
    wanted[i] = Math.abs(change);
    room[i] = change < 0 ? levels[i]! : 255 - levels[i]!;
  }
  const moves = spendingMoves(wanted, room, radius);
  return origin.map((value, i) => {
    const move = moves[i]!;
    return move === 0 ? value : (levels[i]! + (x[i]! < value ? -move : move)) / 255;
  });
}

/** @throws LabError "internal" for an image that no 8-bit file holds. */
export function checkOnLattice(image: Float32Array): void {
  let furthest = 0;
  for (let i = 0; i < image.length; i++) {
    const level = 255 * image[i]!;
    furthest = Math.max(furthest, Math.abs(level - Math.round(level)));
  }
  invariant(furthest <= 1e-3, "an attack on the 8-bit lattice from a picture that is not on it");
}

/** Moves whose squares sum to at most what `wanted` has (and at most radius^2), as near as whole levels come. */
function spendingMoves(wanted: Float64Array, room: Int16Array, radius: number): Int16Array {
  const length2 = wanted.reduce((sum, w) => sum + w * w, 0);
  const budget = Math.floor(Math.min(length2, radius * radius) * (1 + 1e-6) + 1e-6);
  const move = (i: number, scale: number) =>
    Math.min(room[i]!, Math.floor(scale * wanted[i]! + 0.5));
  const cost = (scale: number): number => {
    let sum = 0;
    for (let i = 0; i < wanted.length; i++) if (wanted[i]! > 0) sum += move(i, scale) ** 2;
    return sum;
  };
  let low = 0;
  let high = 1;
  // Past 2^20 every pixel that moves at all is at black or white.
  while (cost(high) <= budget && high < 2 ** 20) high *= 2;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (cost(middle) <= budget) low = middle;
    else high = middle;
  }
  const moves = room.map((_, i) => (wanted[i]! > 0 ? move(i, low) : 0));
  spendRest(moves, wanted, room, budget - cost(low));
  return moves;
}

/** One level more for the pixels that are next in line, until the budget ends; equal ones in a fixed scattered order. */
function spendRest(
  moves: Int16Array,
  wanted: Float64Array,
  room: Int16Array,
  budget: number,
): void {
  if (budget < 1) return;
  const next = (i: number) => (moves[i]! + 0.5) / wanted[i]!;
  const scattered = (i: number) => Math.imul(i, 0x9e3779b1) >>> 0;
  const waiting = Array.from(moves.keys())
    .filter((i) => wanted[i]! > 0 && moves[i]! < room[i]!)
    .map((i) => ({ i, at: next(i), tie: scattered(i) }))
    .sort((a, b) => a.at - b.at || a.tie - b.tie);
  let left = budget;
  for (const { i } of waiting) {
    const price = 2 * moves[i]! + 1;
    if (price > left) continue;
    moves[i]!++;
    left -= price;
    if (left < 1) return;
  }
}
