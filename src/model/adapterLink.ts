/** Low-rank adapters of a model's answering side, out of their file. */
import { LabError } from "../errors/labError.ts";
import { readSafetensors } from "../tensor/safetensors.ts";
import type { AdapterRole, LinkPackage } from "./linkManifest.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import type { AdapterFactors, InnerEdit } from "./modelLink.ts";

/** Names of tensors in a file: the decoder's block, its attention, what of it. */
const TENSOR = /^decoder\.blocks\.(\d+)\.(attention|cross)\.(query|value)\.lora_(A|B)\.weight$/;
const BLOCKS = { attention: "attention", cross: "crossAttention" } as const;

/**
 * An adapter for a model, at a scale: 0 leaves the model as it is, 1 is what was trained.
 * @throws LabError "model-incompatible" for another answering side than it was trained for, "model-damaged" for a file that is none
 */
export function adapterFor(
  { manifest, graphs }: LinkPackage,
  role: AdapterRole,
  scale: number,
  model: { readonly manifest: ModelManifest; readonly precision: Precision },
): InnerEdit {
  const bytes = graphs.get(role);
  const file =
    manifest.task === "low-rank-adapters"
      ? manifest.files.find((each) => each.role === role)
      : undefined;
  if (manifest.task !== "low-rank-adapters" || !file || !bytes) {
    throw new LabError("model-damaged", `The package ${manifest.id} has no such adapter.`);
  }
  const { answer, rank, alpha } = manifest;
  const isTrained = model.manifest.files.some(
    ({ role: of, precision, sha256 }) =>
      of === "answer" &&
      precision === model.precision &&
      answer.files.some((known) => known.sha256 === sha256),
  );
  if (!isTrained) {
    throw new LabError(
      "model-incompatible",
      `The adapter was trained for the answering side of the model "${answer.package}" (version ${answer.version}), and ${model.manifest.name} has another.`,
      {
        hint: `Choose the model "${answer.package}" or a variant that answers as it does, or take the adapter out.`,
      },
    );
  }
  return {
    name: "adapter",
    place: "inside",
    sha256: file.sha256,
    change: { kind: "adapters", adapters: adaptersIn(bytes, alpha / rank) },
    scalars: { scale },
  };
}

/** @throws LabError "model-damaged" for tensors that belong to no adapter, or half of one */
export function adaptersIn(bytes: Uint8Array, gain: number): readonly AdapterFactors[] {
  const { tensors } = readSafetensors(bytes);
  const adapters: AdapterFactors[] = [];
  for (const [name, down] of tensors) {
    const [, index, attention, role, factor] = TENSOR.exec(name) ?? [];
    if (factor === "B") continue;
    const up = tensors.get(name.replace("lora_A", "lora_B"));
    if (factor === undefined || !up) {
      throw new LabError("model-damaged", `"${name}" in an adapter's file is no part of one.`);
    }
    adapters.push({
      block: BLOCKS[attention as keyof typeof BLOCKS],
      index: Number(index),
      role: role as AdapterFactors["role"],
      down,
      up,
      gain,
    });
  }
  if (adapters.length * 2 === tensors.size && adapters.length > 0) return adapters;
  throw new LabError("model-damaged", "An adapter's file holds a half without the other.");
}
