import { definePerturbation } from "./perturbation.ts";

/** VSF-Med's moiré overlay: a product of two sines, rounded down to grey levels and blended over the picture. */
export const moire = definePerturbation({
  id: "moire",
  label: "Moiré overlay",
  help: "Blends a checked wave over the picture, as a photograph of a screen shows it. Its values are those of the VSF-Med set: opacity 0.3, 0.1 waves a pixel.",
  group: "overlay",
  strength: "opacity",
  params: {
    opacity: {
      label: "Opacity",
      unit: "",
      min: 0,
      max: 1,
      step: 0.02,
      default: 0.3,
      help: "Share of the wave in each pixel.",
    },
    frequency: {
      label: "Frequency",
      unit: "waves/pixel",
      min: 0.01,
      max: 0.5,
      step: 0.01,
      default: 0.1,
      help: "Waves in a pixel of the picture that the model reads.",
    },
  },
  extra: {},
  transform(image, { width, height }, { opacity, frequency }) {
    const wave = (index: number, side: number) =>
      Math.sin((2 * Math.PI * frequency * side * index) / Math.max(1, side - 1));
    return image.map((v, i) => {
      const product = wave(i % width, width) * wave(Math.floor(i / width), height);
      const level = Math.floor(((product + 1) / 2) * 255) / 255;
      return v + opacity * (level - v);
    });
  },
});
