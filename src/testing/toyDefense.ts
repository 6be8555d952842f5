/** The smallest defense: what a stranger writes to add one. */
import { filterDefense } from "../defenses/filterDefense.ts";

export const toyDefense = filterDefense({
  id: "toyDefense",
  label: "Toy",
  help: "Pulls every pixel towards the middle grey. It is here to show how a defense is added.",
  source: "none",
  params: {
    strength: {
      label: "Strength",
      unit: "",
      min: 0,
      max: 1,
      step: 0.1,
      default: 0.5,
      help: "Share of the distance to the middle that is taken away.",
    },
  },
  strength: "strength",
  gradient: "exact",
  filter:
    (_size, { strength = 0 }) =>
    (image) => ({
      image: image.map((v) => v + strength * (0.5 - v)),
      pullback: (cotangent) => cotangent.map((g) => (1 - strength) * g),
    }),
});
