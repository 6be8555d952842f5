/** Gains on the frequency bands of what the encoder's attentions mix: frequency modules with two numbers in place of learned ones. */
import { LabError } from "../errors/labError.ts";
import type { InnerEdit } from "../model/modelLink.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import type { ParamMeta } from "../system/param.ts";
import { tokenCutOff } from "../system/tokenCutOff.ts";
import type { Defense } from "./defense.ts";

const gain = (label: string, value: number, help: string): ParamMeta => ({
  label,
  unit: "",
  min: -1,
  max: 1,
  step: 0.05,
  default: value,
  help,
});

export const frequencyModules: Defense = {
  id: "frequencyModules",
  label: "Frequency modules",
  group: "network",
  help: "Behind each self-attention of the encoder the tokens are split into slow and fast changes across the picture, and each part is made weaker or stronger by a number of yours. Nothing is trained here: the numbers stand where a frequency-aware model would have learned ones, and the base model was never taught to cope with them.",
  source:
    "Frequency modules after attention of the project's source on noise (FM-ViT, its paper not identified); AttnScale and FeatScale of Wang et al. 2022 (arXiv:2203.05962) are of the same form",
  params: {
    amount: {
      label: "Amount",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "What both gains are multiplied by. 0 leaves every number exactly as it is.",
    },
    low: gain(
      "Low gain (s)",
      0,
      "How much of the slow part is added to it: -1 takes it out, 0 leaves it, 1 doubles it.",
    ),
    high: gain(
      "High gain (t)",
      0.25,
      "How much of the fast part is added to it: -1 takes it out, 0 leaves it, 1 doubles it.",
    ),
    radius: tokenCutOff,
  },
  strength: "amount",
  async defend(inner, { params: { amount = 1, low = 0, high = 0, radius = 3 }, key }) {
    if (!inner.linked) {
      throw new LabError(
        "spec-invalid",
        "The frequency modules stand inside the model's own graphs, and another defense stands between them.",
        { hint: "Move the frequency modules to the end of the list, next to the model." },
      );
    }
    return inner.linked((model) => [bandsOf(model, radius, [amount * low, amount * high])], key);
  },
};

function bandsOf(
  { manifest }: VisionLanguageModel,
  radius: number,
  [low, high]: readonly [number, number],
): InnerEdit {
  const { tokenGrid } = manifest;
  if (!tokenGrid) {
    throw new LabError(
      "model-incompatible",
      `The tokens of ${manifest.name} have no grid on the picture, so that there are no frequencies across it.`,
    );
  }
  const [rows, columns] = tokenGrid;
  return {
    name: "frequency modules",
    place: "inside",
    // The edit is a formula: its settings say all.
    sha256: `bands ${rows}x${columns} within ${radius}`,
    change: { kind: "bands", rows, columns, radius },
    scalars: { low, high },
  };
}
