import type { Defense } from "../defense.ts";
import { filteredSystem } from "../filterDefense.ts";
import { withoutOverlay } from "../filters/overlayRemoval.ts";
import { BESIDE_PRECISION, besides } from "./ensemble.ts";
import { gate } from "./gate.ts";
import { pooledSystem } from "./pooledSystem.ts";

/** The bundled model that is trained for noise. */
const NOISY = "noise";

export const mixtureOfExperts: Defense = {
  id: "mixtureOfExperts",
  label: "Mixture of experts",
  group: "models",
  help: "Three experts answer together: the open model, the noise-trained one, and the open model without marks and grid lines. A gate weighs them by noise, sharpness, grid lines, exposure and white marks of the picture, and an attacker who knows it works on the gate too.",
  source:
    "Jacobs, Jordan, Nowlan & Hinton 1991, Adaptive Mixtures of Local Experts; noise by Immerkaer 1996",
  params: {
    gate: {
      label: "Gate",
      unit: "of the weight",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "Share of the weight that the gate gives away by what it sees; the rest stays with the open model. 0 leaves it alone.",
    },
  },
  strength: "gate",
  graphs: { models: [{ id: NOISY, precision: BESIDE_PRECISION }] },
  masks: true,
  async defend(inner, { params, key, host }) {
    const { gate: share = 0 } = params;
    const noisy = await besides(inner, NOISY, host);
    const overlay = filteredSystem(inner, `overlay|${inner.key}`, {
      filter: withoutOverlay(inner.size),
      gradient: "bpda",
      masks: true,
    });
    return pooledSystem(
      `${key}&${noisy.system.key}`,
      {
        members: [
          { label: "normal", system: inner },
          { label: "noisy", system: noisy.system },
          { label: "overlay", system: overlay },
        ],
        weigh: (image) => gate(image, share),
        rule: "mean",
        atLeast: 0,
      },
      host.yieldToHost,
    );
  },
};
