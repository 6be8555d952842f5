/** Frequency modules in the encoder with weights that were learned, one for each channel. */
import { LabError } from "../errors/labError.ts";
import { bandsFor } from "../model/bandsLink.ts";
import { BANDS_PACKAGE } from "../model/catalog.ts";
import type { BandsRole } from "../model/linkManifest.ts";
import type { Defense } from "./defense.ts";

/** By the value of the parameter `taught`. */
const ROLES: readonly BandsRole[] = [
  "disturbedBands",
  "pictureBands",
  "contrastBands",
  "calmBands",
];

export const learnedBands: Defense = {
  id: "learnedBands",
  label: "Learned frequency modules",
  group: "network",
  help: "Behind each self-attention of the encoder the slow and the fast part of every channel are made weaker or stronger by numbers that were learned on pictures under noise, blur and grid lines; the rest of the model stays as it is. They know no attack, and their table says where they do not help.",
  source:
    "Frequency modules after attention with weights by channel, and wavelet statistics that tune them by picture, of the project's source on noise (FM-ViT, its paper not identified)",
  params: {
    amount: {
      label: "Amount of what was learned",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "What all learned numbers are multiplied by. 0 leaves every number of the model exactly as it is; 1 is what was taught.",
    },
    taught: {
      label: "Taught by",
      unit: "",
      min: 1,
      max: 4,
      step: 1,
      default: 1,
      integer: true,
      choices: [1, 2, 3, 4],
      choiceNames: ["disturbed pictures", "those, by picture", "contrast alone", "calm pictures"],
      help: "Disturbed pictures with right answers; the same, with numbers that each picture's wavelet statistics add; a picture told from others by its disturbed copy, without answers; or, to compare with, the first without any disturbance.",
    },
  },
  strength: "amount",
  card: BANDS_PACKAGE,
  graphs: {
    links: ROLES.map((role, k) => ({ role, when: ["taught", k + 1] as const })),
  },
  async defend(inner, { params: { amount = 1, taught = 1 }, key, host }) {
    if (!inner.linked) {
      throw new LabError(
        "spec-invalid",
        "The learned frequency modules stand inside the model's own graphs, and another defense stands between them.",
        { hint: "Move them to the end of the list, next to the model." },
      );
    }
    if (!host.linkPackage) {
      throw new LabError("model-not-found", "This lab has no learned frequency weights.");
    }
    const graphs = await host.linkPackage(BANDS_PACKAGE);
    return inner.linked((model) => [bandsFor(graphs, ROLES[taught - 1]!, amount, model)], key);
  },
};
