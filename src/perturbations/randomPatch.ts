import { definePerturbation } from "./perturbation.ts";

/** Cells a side: a pattern as coarse as what an optimised patch tends to. */
const CELLS = 16;

/** A square of random greys: what a patch of the same size does that nobody optimised. */
export const randomPatch = definePerturbation({
  id: "randomPatch",
  label: "Random patch",
  help: "Lays a square of random greys on the picture: what an optimised patch of the same size has to be compared with.",
  group: "overlay",
  strength: "opacity",
  params: {
    opacity: {
      label: "Opacity",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 covers what is under it.",
    },
    x: {
      label: "From the left",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.2,
      help: "Middle of the square.",
    },
    y: {
      label: "From the top",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.2,
      help: "Middle of the square.",
    },
    side: {
      label: "Size",
      unit: "of the width",
      min: 0.02,
      max: 0.6,
      step: 0.01,
      default: 0.18,
      help: "Side of the square. 0.18 is about 3 % of the picture's area.",
    },
    degrees: {
      label: "Turned by",
      unit: "degrees",
      min: -45,
      max: 45,
      step: 1,
      default: 0,
      help: "Positive turns counter-clockwise.",
    },
  },
  extra: {},
  transform(image, { width, height }, { opacity, x, y, side, degrees }, random) {
    const grays = Float64Array.from({ length: CELLS * CELLS }, () => random.uniform());
    const cos = Math.cos((degrees * Math.PI) / 180);
    const sin = Math.sin((degrees * Math.PI) / 180);
    const length = side * width;
    return image.map((v, i) => {
      const dx = (i % width) + 0.5 - x * width;
      const dy = Math.floor(i / width) + 0.5 - y * height;
      const [u, w] = [(cos * dx - sin * dy) / length + 0.5, (sin * dx + cos * dy) / length + 0.5];
      if (u < 0 || u > 1 || w < 0 || w > 1) return v;
      const cell = (share: number) => Math.min(CELLS - 1, Math.floor(CELLS * share));
      return v + opacity * (grays[cell(w) * CELLS + cell(u)]! - v);
    });
  },
});
