/** Learned weights of frequency modules, out of their file. */
import { LabError } from "../errors/labError.ts";
import { readSafetensors } from "../tensor/safetensors.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import type { BandsRole, LinkPackage } from "./linkManifest.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import type { BandWeights, InnerEdit, LinearLayer } from "./modelLink.ts";

/**
 * Learned frequency modules for a model, at a scale: 0 leaves the model as it is, 1 is what was taught.
 * @throws LabError "model-incompatible" for another encoder than they were taught in, "model-damaged" for a file that is none
 */
export function bandsFor(
  { manifest, graphs }: LinkPackage,
  role: BandsRole,
  scale: number,
  model: { readonly manifest: ModelManifest; readonly precision: Precision },
): InnerEdit {
  const bytes = graphs.get(role);
  const file =
    manifest.task === "frequency-modules"
      ? manifest.files.find((each) => each.role === role)
      : undefined;
  if (manifest.task !== "frequency-modules" || !file || !bytes) {
    throw new LabError("model-damaged", `The package ${manifest.id} has no such weights.`);
  }
  const { encoder, radius } = manifest;
  const { tokenGrid, files, name } = model.manifest;
  const isTaught = files.some(
    ({ role: of, precision, sha256 }) =>
      of === "vision" &&
      precision === model.precision &&
      encoder.files.some((known) => known.sha256 === sha256),
  );
  if (!isTaught || !tokenGrid) {
    throw new LabError(
      "model-incompatible",
      `The learned frequency weights were taught in the encoder of the model "${encoder.package}" (version ${encoder.version}), and ${name} has another.`,
      {
        hint: `Choose the model "${encoder.package}" or one with its encoder, take the learned weights out, or set two gains yourself with "Frequency modules".`,
      },
    );
  }
  const [rows, columns] = tokenGrid;
  return {
    name: "learned frequency modules",
    place: "inside",
    sha256: file.sha256,
    change: { kind: "learnedBands", rows, columns, radius, weights: weightsIn(bytes) },
    scalars: { scale },
  };
}

/** @throws LabError "model-damaged" for tensors that are no such weights, or half of them */
export function weightsIn(bytes: Uint8Array): BandWeights {
  const { tensors } = readSafetensors(bytes);
  const taken = new Set<string>();
  const tensor = (name: string): FloatTensor => {
    const found = tensors.get(name);
    if (!found) throw new LabError("model-damaged", `The learned weights have no "${name}".`);
    taken.add(name);
    return found;
  };
  const linear = (name: string): LinearLayer => ({
    weight: tensor(`${name}.weight`),
    bias: tensor(`${name}.bias`),
  });
  const count = [...tensors.keys()].filter((name) => /^blocks\.\d+\.low$/.test(name)).length;
  const layers = Array.from({ length: count }, (_, i) => ({
    low: tensor(`blocks.${i}.low`),
    high: tensor(`blocks.${i}.high`),
  }));
  const perPicture = tensors.has("hidden.weight")
    ? { hidden: linear("hidden"), gains: linear("gains") }
    : undefined;
  const stranger = [...tensors.keys()].find((name) => !taken.has(name));
  if (stranger !== undefined || count === 0) {
    throw new LabError(
      "model-damaged",
      `"${stranger ?? "nothing"}" in a file of learned frequency weights is no part of them.`,
    );
  }
  return { layers, ...(perPicture && { perPicture }) };
}
