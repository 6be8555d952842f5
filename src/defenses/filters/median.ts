import { filterDefense } from "../filterDefense.ts";

/**
 * The middle value of each (2 radius + 1)^2 window, border pixels repeated. The output is one pixel of the input, so the
 * gradient goes to that pixel. In an 8-bit picture many pixels of a window are equal, and then there is no derivative: one of
 * them takes it all, which is an approximation and is called one.
 */
export const medianFilter = filterDefense({
  id: "medianFilter",
  label: "Median filter",
  help: "Each pixel becomes the middle value of its neighbourhood, which removes single stray pixels and keeps edges. Thin lines, such as the edge of a pneumothorax, can vanish.",
  source: "Xu, Evans & Qi 2018, Feature Squeezing (arXiv:1704.01155), section III",
  params: {
    radius: {
      label: "Radius",
      unit: "px",
      min: 0,
      max: 3,
      step: 1,
      default: 1,
      integer: true,
      help: "1 is a window of 3 x 3 pixels, 2 of 5 x 5, 3 of 7 x 7. 0 leaves the picture exactly as it is.",
    },
  },
  strength: "radius",
  gradient: "bpda",
  masks: true,
  filter: (size, { radius = 0 }) => {
    const side = 2 * radius + 1;
    return (image) => {
      const chosen = new Int32Array(image.length);
      const window = new Int32Array(side * side);
      for (let i = 0; i < image.length; i++) {
        fillWindow(window, i, { size, radius });
        chosen[i] = middleOf(window, image);
      }
      return {
        image: image.map((_, i) => image[chosen[i]!]!),
        pullback(cotangent) {
          const back = new Float32Array(cotangent.length);
          cotangent.forEach((value, i) => {
            back[chosen[i]!]! += value;
          });
          return back;
        },
      };
    };
  },
});

function fillWindow(
  window: Int32Array,
  at: number,
  { size, radius }: { readonly size: number; readonly radius: number },
): void {
  const x = at % size;
  const y = (at - x) / size;
  let n = 0;
  for (let dy = -radius; dy <= radius; dy++) {
    const row = Math.min(size - 1, Math.max(0, y + dy)) * size;
    for (let dx = -radius; dx <= radius; dx++) {
      window[n++] = row + Math.min(size - 1, Math.max(0, x + dx));
    }
  }
}

/** Hoare's selection of the middle by value; the window is reordered. */
function middleOf(window: Int32Array, image: Float32Array): number {
  const middle = (window.length - 1) / 2;
  let low = 0;
  let high = window.length - 1;
  while (low < high) {
    const pivot = image[window[middle]!]!;
    let i = low;
    let j = high;
    do {
      while (image[window[i]!]! < pivot) i++;
      while (image[window[j]!]! > pivot) j--;
      if (i <= j) {
        const swapped = window[i]!;
        window[i] = window[j]!;
        window[j] = swapped;
        i++;
        j--;
      }
    } while (i <= j);
    if (j < middle) low = i;
    if (i > middle) high = j;
  }
  return window[middle]!;
}
