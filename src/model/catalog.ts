/** The packages that come with the lab, by their folder under models/. */
export const BUNDLED_MODELS = [
  { id: "base", label: "Base model" },
  { id: "noise", label: "Noise-trained model" },
  { id: "robust", label: "Attack-trained model" },
] as const;
