import { filterDefense } from "../filterDefense.ts";

/** Step of the dual ascent in two dimensions. */
const TAU = 1 / 4;

/**
 * Rudin, Osher & Fatemi 1992 by Chambolle's dual projection, a fixed number of steps from zero:
 * p <- (p - tau D(x + D'p)) / (1 + (tau / weight) |D(x + D'p)|), the picture is x + D'p. The gradient is that of exactly
 * these steps, walked back one by one; where the picture is flat, |.| has slope 0.
 */
export const totalVariation = filterDefense({
  id: "totalVariation",
  label: "Total variation",
  help: "Looks for the nearest picture with less up and down between neighbours, which flattens noise and keeps large edges. Fine texture, such as interstitial lines, is flattened too.",
  source:
    "Rudin, Osher & Fatemi 1992; Chambolle 2004; as a defense: Guo, Rana, Cissé & van der Maaten 2018, Countering Adversarial Images using Input Transformations (arXiv:1711.00117)",
  params: {
    weight: {
      label: "Weight",
      unit: "",
      min: 0,
      max: 0.3,
      step: 0.01,
      default: 0.05,
      help: "How much smoothness counts against closeness to the picture. 0 leaves it exactly as it is.",
    },
    steps: {
      label: "Steps",
      unit: "",
      min: 2,
      max: 60,
      step: 1,
      default: 20,
      integer: true,
      help: "Fixed number of steps of the search, the same for every picture.",
    },
  },
  strength: "weight",
  gradient: "exact",
  masks: true,
  filter: (size, { weight = 0, steps = 1 }) => {
    const pull = TAU / weight;
    return (image) => {
      const x = Float64Array.from(image);
      const duals: Field[] = [
        { across: new Float64Array(x.length), down: new Float64Array(x.length) },
      ];
      for (let step = 1; step < steps; step++) {
        duals.push(ascended(duals.at(-1)!, pictureOf(x, duals.at(-1)!, size), size, pull));
      }
      return {
        image: Float32Array.from(pictureOf(x, duals.at(-1)!, size)),
        pullback: (cotangent) => walkedBack(Float64Array.from(cotangent), { x, duals, size, pull }),
      };
    };
  },
});

/** Two numbers a pixel: towards the right and the lower neighbour. */
interface Field {
  readonly across: Float64Array;
  readonly down: Float64Array;
}

/** Forward differences, 0 at the last column and row. */
function differences(u: Float64Array, size: number): Field {
  const across = new Float64Array(u.length);
  const down = new Float64Array(u.length);
  for (let i = 0; i < u.length; i++) {
    if ((i + 1) % size !== 0) across[i] = u[i + 1]! - u[i]!;
    if (i + size < u.length) down[i] = u[i + size]! - u[i]!;
  }
  return { across, down };
}

/** The transposed map of `differences`. */
function gathered({ across, down }: Field, size: number): Float64Array {
  const out = new Float64Array(across.length);
  for (let i = 0; i < out.length; i++) {
    if ((i + 1) % size !== 0) {
      out[i]! -= across[i]!;
      out[i + 1]! += across[i]!;
    }
    if (i + size < out.length) {
      out[i]! -= down[i]!;
      out[i + size]! += down[i]!;
    }
  }
  return out;
}

function pictureOf(x: Float64Array, dual: Field, size: number): Float64Array {
  return gathered(dual, size).map((d, i) => x[i]! + d);
}

function ascended(dual: Field, picture: Float64Array, size: number, pull: number): Field {
  const g = differences(picture, size);
  const stepped = (p: Float64Array, along: Float64Array) =>
    p.map((value, i) => (value - TAU * along[i]!) / scaleAt(g, i, pull));
  return { across: stepped(dual.across, g.across), down: stepped(dual.down, g.down) };
}

function scaleAt({ across, down }: Field, i: number, pull: number): number {
  return 1 + pull * Math.hypot(across[i]!, down[i]!);
}

interface Walk {
  readonly x: Float64Array;
  /** Of every step, the first all zero. */
  readonly duals: readonly Field[];
  readonly size: number;
  readonly pull: number;
}

function walkedBack(cotangent: Float64Array, { x, duals, size, pull }: Walk): Float32Array {
  const back = cotangent.slice();
  let dual = differences(cotangent, size);
  for (let step = duals.length - 1; step > 0; step--) {
    const [before, after] = [duals[step - 1]!, duals[step]!];
    const g = differences(pictureOf(x, before, size), size);
    const slopes = { across: new Float64Array(x.length), down: new Float64Array(x.length) };
    const kept = { across: new Float64Array(x.length), down: new Float64Array(x.length) };
    for (let i = 0; i < x.length; i++) {
      const scale = scaleAt(g, i, pull);
      const length = (scale - 1) / pull;
      const shrunk = (dual.across[i]! * after.across[i]! + dual.down[i]! * after.down[i]!) / scale;
      const turn = length > 0 ? (-shrunk * pull) / length : 0;
      for (const axis of ["across", "down"] as const) {
        kept[axis][i] = dual[axis][i]! / scale;
        slopes[axis][i] = -TAU * kept[axis][i]! + turn * g[axis][i]!;
      }
    }
    const ofPicture = gathered(slopes, size);
    ofPicture.forEach((value, i) => {
      back[i]! += value;
    });
    const again = differences(ofPicture, size);
    dual = {
      across: kept.across.map((value, i) => value + again.across[i]!),
      down: kept.down.map((value, i) => value + again.down[i]!),
    };
  }
  return Float32Array.from(back);
}
