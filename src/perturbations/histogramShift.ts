import { definePerturbation } from "./perturbation.ts";
import { POPULATIONS } from "./populations.ts";

/** Value of a distribution below which a share of it lies, [0, 1] grey; straight lines between its quantiles. */
export function valueAt(quantiles: readonly number[], share: number): number {
  const at = Math.max(0, Math.min(1, share)) * (quantiles.length - 1);
  const low = Math.min(quantiles.length - 2, Math.floor(at));
  return (quantiles[low]! + (at - low) * (quantiles[low + 1]! - quantiles[low]!)) / 255;
}

/** Each pixel's share of darker pixels, [0, 1]; pixels of one value share the middle of theirs. */
function ranks(image: Float32Array): Float64Array {
  const order = Array.from(image.keys()).sort((a, b) => image[a]! - image[b]!);
  const shares = new Float64Array(image.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && image[order[to]!] === image[order[from]!]) to++;
    for (let k = from; k < to; k++) shares[order[k]!] = (from + to) / 2 / order.length;
    from = to;
  }
  return shares;
}

/** Histogram matching: the same anatomy in the grey levels of another population or hospital. */
export const histogramShift = definePerturbation({
  id: "histogramShift",
  label: "Grey levels of other films",
  help: "Gives the picture the spread of grey levels of other people's films: adults, children, or another hospital's intensive care. Only how bright things are changes, not what is seen.",
  group: "film",
  strength: "share",
  params: {
    share: {
      label: "Shift",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 takes the other films' grey levels wholly, less goes part of the way. 0 is off.",
    },
    population: {
      label: "Films of",
      unit: "",
      min: 0,
      max: POPULATIONS.length - 1,
      step: 1,
      default: 2,
      integer: true,
      choices: POPULATIONS.map((_, k) => k),
      choiceNames: POPULATIONS.map(({ name }) => name),
      help: `Measured on ${POPULATIONS.map(({ source }) => source).join("; ")}.`,
    },
  },
  extra: {},
  transform(image, _size, { share, population }) {
    const { quantiles } = POPULATIONS[Math.round(population)]!;
    const shares = ranks(image);
    return image.map((v, i) => v + share * (valueAt(quantiles, shares[i]!) - v));
  },
});
