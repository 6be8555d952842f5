/** The lessons that come with the lab, in the order a course would take them; each is public/lessons/ID.json. */
export const LESSON_IDS = [
  "what-it-sees",
  "noise-and-dose",
  "fgsm",
  "pgd",
  "patches",
  "wording",
  "attention",
  "certificates",
  "defenses",
  "quantization",
] as const;
