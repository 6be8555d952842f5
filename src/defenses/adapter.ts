/** Low-rank adapters of the answering side, trained for one answer to all wordings. */
import { ADAPTER_PACKAGE } from "../model/catalog.ts";
import type { AdapterRole } from "../model/linkManifest.ts";
import type { Defense } from "./defense.ts";
import { ADAPTER_SCALE, lowRank } from "./lowRank.ts";

/** By the value of the parameter `layers`. */
const ROLES: readonly AdapterRole[] = ["targetedAdapter", "earlyAdapter", "allAdapter"];

export const adapter: Defense = {
  id: "adapter",
  label: "Low-rank adapter",
  group: "network",
  help: "A small trained change of how the answering side looks at the question and the picture, so that other wordings of a question get the same answer. It changes no pixel and stops no attack on the picture; 0 is the model as it is, 1 is what was trained.",
  source:
    "LoRA (Hu et al. 2021, arXiv:2106.09685), trained for consistency between wordings (arXiv:2603.00148)",
  params: {
    scale: ADAPTER_SCALE,
    layers: {
      label: "Adapted layers",
      unit: "",
      min: 1,
      max: 3,
      step: 1,
      default: 1,
      integer: true,
      choices: [1, 2, 3],
      choiceNames: ["targeted", "first layer", "all layers"],
      help: "Which attentions of the answering side are changed. The first are those that carry the difference between wordings when inner values are exchanged; the other two are controls, trained in the same way.",
    },
  },
  strength: "scale",
  card: ADAPTER_PACKAGE,
  ...lowRank({
    id: ADAPTER_PACKAGE,
    choice: "layers",
    roles: ROLES,
    between: {
      message:
        "The adapter changes the model's own graphs, and another defense stands between them.",
      hint: "Move the adapter to the end of the list, next to the model.",
    },
  }),
};
