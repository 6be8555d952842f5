/** Defenses that are a low-rank change inside the model's own graphs (LoRA, Hu et al. 2021): what they have in common. */
import { LabError } from "../errors/labError.ts";
import { adapterFor } from "../model/adapterLink.ts";
import type { AdapterRole, EncoderAdapterRole } from "../model/linkManifest.ts";
import type { ParamMeta } from "../system/param.ts";
import type { Defense } from "./defense.ts";

export const ADAPTER_SCALE: ParamMeta = {
  label: "Adapter scale",
  unit: "",
  min: 0,
  max: 1,
  step: 0.05,
  default: 1,
  help: "How much of the trained change is added. 0 leaves every number exactly as it is; 1 is the adapter as it was trained.",
};

export interface LowRank {
  /** Folder of the package. */
  readonly id: string;
  /** Parameter that chooses among the package's adapters; its value 1 is the first of `roles`. */
  readonly choice: string;
  readonly roles: readonly (AdapterRole | EncoderAdapterRole)[];
  /** What is said where another defense stands between the adapter and the model. */
  readonly between: { readonly message: string; readonly hint: string };
}

/** Which of the package's files a choice opens, and how it is joined to the model. */
export function lowRank({
  id,
  choice,
  roles,
  between,
}: LowRank): Pick<Defense, "graphs" | "defend"> {
  return {
    graphs: { links: roles.map((role, k) => ({ role, when: [choice, k + 1] as const })) },
    async defend(inner, { params, key, host }) {
      const { scale = 1, [choice]: chosen = 1 } = params;
      if (!inner.linked) {
        throw new LabError("spec-invalid", between.message, { hint: between.hint });
      }
      if (!host.linkPackage) throw new LabError("model-not-found", "This lab has no adapters.");
      const graphs = await host.linkPackage(id);
      return inner.linked((model) => [adapterFor(graphs, roles[chosen - 1]!, scale, model)], key);
    },
  };
}
