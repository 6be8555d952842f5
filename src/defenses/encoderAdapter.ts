/** Low-rank adapters of the encoder: with and without heavy augmentation, and by contrast. */
import { ENCODER_ADAPTER_PACKAGE } from "../model/catalog.ts";
import type { EncoderAdapterRole } from "../model/linkManifest.ts";
import type { Defense } from "./defense.ts";
import { ADAPTER_SCALE, lowRank } from "./lowRank.ts";

/** By the value of the parameter `kind`. */
const ROLES: readonly EncoderAdapterRole[] = ["augmentedEncoder", "calmEncoder", "contrastEncoder"];

export const encoderAdapter: Defense = {
  id: "encoderAdapter",
  label: "Encoder adapter",
  group: "network",
  help: "A small trained change of every layer of the image encoder's attention blocks, learned under noise, blur and grid lines, or in one of the other ways to compare it with. It knows no attack, and its card says where a way of training gained nothing.",
  source:
    "LoRA (Hu et al. 2021, arXiv:2106.09685) on the encoder; the pair with and without heavy augmentation and the contrast of a picture with its disturbed copy are of the project's source on noise",
  params: {
    scale: ADAPTER_SCALE,
    kind: {
      label: "Trained on",
      unit: "",
      min: 1,
      max: 3,
      step: 1,
      default: 1,
      integer: true,
      choices: [1, 2, 3],
      choiceNames: ["disturbed pictures", "calm pictures", "contrast, features kept"],
      help: "Disturbed pictures with right answers; or, to compare with, the same without any disturbance; or a picture told from others by its disturbed copy, while its features stay what they were.",
    },
  },
  strength: "scale",
  card: ENCODER_ADAPTER_PACKAGE,
  ...lowRank({
    id: ENCODER_ADAPTER_PACKAGE,
    choice: "kind",
    roles: ROLES,
    between: {
      message:
        "The encoder adapter changes the model's own graphs, and another defense stands between them.",
      hint: "Move the encoder adapter to the end of the list, next to the model.",
    },
  }),
};
