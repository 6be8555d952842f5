import { filterDefense } from "../filterDefense.ts";

/**
 * Tomasi & Manduchi 1998: out_i = sum_j w_ij x_j / sum_j w_ij with w_ij = exp(-|i-j|^2 / 2 s^2) exp(-(x_i - x_j)^2 / 2 r^2),
 * border pixels repeated. The gradient is the quotient's own, through the weights too.
 */
export const bilateralFilter = filterDefense({
  id: "bilateralFilter",
  label: "Bilateral filter",
  help: "Averages neighbours of similar grey value, so that flat areas are smoothed and edges stay. Changes smaller than its range are removed, and so are faint findings.",
  source: "Tomasi & Manduchi 1998, Bilateral Filtering for Gray and Color Images",
  params: {
    range: {
      label: "Range",
      unit: "/255",
      min: 0,
      max: 64,
      step: 1,
      default: 12,
      help: "Standard deviation in grey levels of 255: neighbours that differ by less are averaged. 0 leaves the picture exactly as it is.",
    },
    width: {
      label: "Width",
      unit: "px",
      min: 0.5,
      max: 3,
      step: 0.1,
      default: 1.5,
      help: "Standard deviation in pixels of the neighbourhood, which reaches twice as far.",
    },
  },
  strength: "range",
  gradient: "exact",
  masks: true,
  filter: (size, { range = 0, width = 1 }) => {
    const plan = { size, reach: Math.ceil(2 * width), width, precision: (255 / range) ** 2 };
    return (image) => {
      const out = new Float32Array(image.length);
      const totals = new Float64Array(image.length);
      for (let i = 0; i < image.length; i++) {
        let sum = 0;
        let total = 0;
        eachNeighbor(image, i, plan, (j, weight) => {
          sum += weight * image[j]!;
          total += weight;
        });
        totals[i] = total;
        out[i] = sum / total;
      }
      return {
        image: out,
        pullback(cotangent) {
          const back = new Float64Array(image.length);
          for (let i = 0; i < image.length; i++) {
            const share = cotangent[i]! / totals[i]!;
            if (share === 0) continue;
            eachNeighbor(image, i, plan, (j, weight) => {
              const moved =
                plan.precision * (image[i]! - image[j]!) * (image[j]! - out[i]!) * weight;
              back[j]! += share * (weight + moved);
              back[i]! -= share * moved;
            });
          }
          return Float32Array.from(back);
        },
      };
    };
  },
});

interface Plan {
  readonly size: number;
  readonly reach: number;
  /** Standard deviation in pixels. */
  readonly width: number;
  /** One over the variance of the grey values. */
  readonly precision: number;
}

function eachNeighbor(
  image: Float32Array,
  at: number,
  { size, reach, width, precision }: Plan,
  visit: (j: number, weight: number) => void,
): void {
  const x = at % size;
  const y = (at - x) / size;
  for (let dy = -reach; dy <= reach; dy++) {
    const row = Math.min(size - 1, Math.max(0, y + dy)) * size;
    for (let dx = -reach; dx <= reach; dx++) {
      const j = row + Math.min(size - 1, Math.max(0, x + dx));
      const step = image[at]! - image[j]!;
      visit(j, Math.exp(-0.5 * ((dx * dx + dy * dy) / (width * width) + precision * step * step)));
    }
  }
}
