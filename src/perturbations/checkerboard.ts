import { definePerturbation } from "./perturbation.ts";

/** Middle grey, as VSF-Med fills its squares. */
const GRAY = 128 / 255;

/** VSF-Med's checkerboard: every other square of a patch is grey, those between show the picture. */
export const checkerboard = definePerturbation({
  id: "checkerboard",
  label: "Checkerboard patch",
  help: "Lays a patch of grey squares somewhere on the picture. Its values are those of the VSF-Med set: 100 pixels a side in squares of 25.",
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
      help: "1 covers what is under a square.",
    },
    side: {
      label: "Side of the patch",
      unit: "px",
      min: 4,
      max: 200,
      step: 4,
      default: 100,
      help: "In pixels of the picture that the model reads. The published pictures were larger: there the same count covers less of them.",
    },
    square: {
      label: "Side of a square",
      unit: "px",
      min: 1,
      max: 100,
      step: 1,
      default: 25,
      help: "In pixels of the picture that the model reads.",
    },
  },
  extra: {},
  transform(image, { width, height }, { opacity, side, square }, random) {
    const [across, down] = [Math.min(width, side), Math.min(height, side)];
    const left = random.integer(Math.max(1, Math.floor(width - across)));
    const top = random.integer(Math.max(1, Math.floor(height - down)));
    return image.map((v, i) => {
      const x = (i % width) - left;
      const y = Math.floor(i / width) - top;
      if (x < 0 || y < 0 || x >= across || y >= down) return v;
      const isGray = (Math.floor(x / square) + Math.floor(y / square)) % 2 === 0;
      return isGray ? v + opacity * (GRAY - v) : v;
    });
  },
});
