/** What lies over the anatomy, and the picture without it: white marks filled from their surroundings, grid lines taken out. */
import { filterDefense } from "../filterDefense.ts";
import type { PictureFilter } from "../filterDefense.ts";
import { profileOf, strongestLine } from "../quality.ts";

/** Grey value from which a pixel is ink: burnt-in letters and stickers are white, bone hardly is. */
const INK = 0.97;
/** Steps of conjugate gradients for the filling. */
const STEPS = 120;
const ENOUGH = 1e-6;
/** Nats by which a line must stand above its neighbours before it is taken out. */
const LINE = 4;
const HALF_WIDTH = 1;

export const overlayRemoval = filterDefense({
  id: "overlayRemoval",
  label: "Overlay removal",
  help: "Fills white marks, letters and stickers from their surroundings and takes out the lines of an anti-scatter grid. Where a mark is, anatomy is guessed; a device that is as white as ink is filled too.",
  source:
    "Harmonic filling, Bertalmio et al. 2000 in its linear form; a notch on the strongest line of the spectrum",
  params: {
    amount: {
      label: "Amount",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "How far the picture goes from what it is to the picture without marks and lines. 0 leaves it exactly as it is.",
    },
  },
  strength: "amount",
  // Which pixels are ink, and which line stands out, is held fixed on the way back.
  gradient: "bpda",
  masks: true,
  filter: (size, { amount = 0 }) => blended(withoutOverlay(size), amount),
});

function blended(whole: PictureFilter, amount: number): PictureFilter {
  return (image) => {
    const clean = whole(image);
    return {
      image: image.map((v, i) => (1 - amount) * v + amount * clean.image[i]!),
      pullback(cotangent) {
        const back = clean.pullback(cotangent);
        return cotangent.map((g, i) => (1 - amount) * g + amount * back[i]!);
      },
    };
  };
}

/** Lines first, then ink. */
export function withoutOverlay(size: number): PictureFilter {
  return (image) => {
    const lines = notch(image, size);
    const filled = filling(lines ? lines(image) : image, size);
    return {
      image: filled.image,
      pullback(cotangent) {
        const back = filled.pullback(cotangent);
        return lines ? lines(back) : back;
      },
    };
  };
}

/** A projection, so its own transpose; undefined where no line stands out. */
function notch(image: Float32Array, size: number) {
  const { level, peak, around } = strongestLine(image, size);
  const ground = around.reduce((sum, { power }) => sum + power, 0) / around.length;
  if (Math.log(peak.power + 1e-9) - Math.log(ground + 1e-9) < LINE) return undefined;
  const ks = Array.from({ length: 2 * HALF_WIDTH + 1 }, (_, i) => peak.k - HALF_WIDTH + i).filter(
    (k) => k > 0 && k < size / 2,
  );
  return (x: Float32Array): Float32Array => {
    const profile = profileOf(x, size, level);
    const taken = new Float64Array(size);
    for (const k of ks) {
      const angle = (i: number) => (2 * Math.PI * ((k * i) % size)) / size;
      const [re, im] = [0, 0].map((_, part) =>
        profile.reduce(
          (sum, v, i) => sum + v * (part === 0 ? Math.cos(angle(i)) : Math.sin(angle(i))),
          0,
        ),
      ) as [number, number];
      for (let i = 0; i < size; i++) {
        taken[i]! += (2 / size) * (re * Math.cos(angle(i)) + im * Math.sin(angle(i)));
      }
    }
    return x.map((v, i) => v - taken[level ? Math.floor(i / size) : i % size]!);
  };
}

/** Each ink pixel becomes the mean of its neighbours, all at once: Laplace's equation, whose matrix is symmetric. */
function filling(image: Float32Array, size: number) {
  const ink = inkOf(image, size);
  const inside = Array.from(ink.keys()).filter((i) => ink[i] === 1);
  if (inside.length === 0 || inside.length === image.length) {
    return { image, pullback: (cotangent: Float32Array) => cotangent };
  }
  const around = (i: number) => neighbors(i, size);
  /** Degree times itself minus the ink around it. */
  const apply = (x: Float64Array): Float64Array => {
    const out = new Float64Array(x.length);
    for (const i of inside) {
      const near = around(i);
      out[i] = near.reduce((sum, j) => sum - (ink[j] ? x[j]! : 0), near.length * x[i]!);
    }
    return out;
  };
  const filled = image.slice();
  const border = new Float64Array(image.length);
  for (const i of inside) {
    border[i] = around(i).reduce((sum, j) => sum + (ink[j] ? 0 : image[j]!), 0);
  }
  const solved = conjugateGradients(apply, border, inside);
  for (const i of inside) filled[i] = solved[i]!;
  return {
    image: filled,
    pullback(cotangent: Float32Array) {
      const right = new Float64Array(image.length);
      for (const i of inside) right[i] = cotangent[i]!;
      const weights = conjugateGradients(apply, right, inside);
      const back = cotangent.map((g, i) => (ink[i] ? 0 : g));
      for (const i of inside) {
        for (const j of around(i)) if (!ink[j]) back[j]! += weights[i]!;
      }
      return back;
    },
  };
}

/** Ink and the pixels beside it, whose grey is half of it. */
function inkOf(image: Float32Array, size: number): Uint8Array {
  const ink = new Uint8Array(image.length);
  image.forEach((value, i) => {
    if (value < INK) return;
    ink[i] = 1;
    for (const j of neighbors(i, size)) ink[j] = 1;
  });
  return ink;
}

function neighbors(i: number, size: number): number[] {
  const near: number[] = [];
  if (i % size > 0) near.push(i - 1);
  if (i % size < size - 1) near.push(i + 1);
  if (i >= size) near.push(i - size);
  if (i + size < size * size) near.push(i + size);
  return near;
}

function conjugateGradients(
  apply: (x: Float64Array) => Float64Array,
  right: Float64Array,
  inside: readonly number[],
): Float64Array {
  const x = new Float64Array(right.length);
  const rest = right.slice();
  const way = right.slice();
  const dot = (a: Float64Array, b: Float64Array) =>
    inside.reduce((sum, i) => sum + a[i]! * b[i]!, 0);
  let size = dot(rest, rest);
  const enough = ENOUGH ** 2 * size;
  for (let step = 0; step < STEPS && size > enough; step++) {
    const moved = apply(way);
    const length = size / dot(way, moved);
    for (const i of inside) {
      x[i]! += length * way[i]!;
      rest[i]! -= length * moved[i]!;
    }
    const next = dot(rest, rest);
    for (const i of inside) way[i] = rest[i]! + (next / size) * way[i]!;
    size = next;
  }
  return x;
}
