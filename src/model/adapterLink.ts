/** Low-rank adapters of a model's answering side or of its encoder, out of their file. */
import { LabError } from "../errors/labError.ts";
import { readSafetensors } from "../tensor/safetensors.ts";
import type { AdapterRole, EncoderAdapterRole, LinkManifest, LinkPackage } from "./linkManifest.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import type { AdapterFactors, InnerEdit } from "./modelLink.ts";

/** Names of tensors in a file: the block, its attention or perceptron, what of it. */
const TENSOR =
  /^(?:decoder|vision)\.blocks\.(\d+)\.(attention|cross|mlp)\.(query|value|out|up|down)\.lora_(A|B)\.weight$/;
const BLOCKS = { attention: "attention", cross: "crossAttention", mlp: "mlp" } as const;

/**
 * An adapter for a model, at a scale: 0 leaves the model as it is, 1 is what was trained.
 * @throws LabError "model-incompatible" for another graph than it was trained for, "model-damaged" for a file that is none
 */
export function adapterFor(
  { manifest, graphs }: LinkPackage,
  role: AdapterRole | EncoderAdapterRole,
  scale: number,
  model: { readonly manifest: ModelManifest; readonly precision: Precision },
): InnerEdit {
  const bytes = graphs.get(role);
  const found = adapted(manifest, role);
  if (!found || !bytes) {
    throw new LabError("model-damaged", `The package ${manifest.id} has no such adapter.`);
  }
  const { side, graph, trainedFor, rank, alpha, sha256 } = found;
  const isTrained = model.manifest.files.some(
    (file) =>
      file.role === graph &&
      file.precision === model.precision &&
      trainedFor.files.some((known) => known.sha256 === file.sha256),
  );
  if (!isTrained) throw untrained(side, trainedFor, model.manifest.name);
  return {
    name: side === "answer" ? "adapter" : "encoder adapter",
    place: "inside",
    sha256,
    change: { kind: "adapters", side, adapters: adaptersIn(bytes, alpha / rank) },
    scalars: { scale },
  };
}

/** A model with another graph on that side. */
function untrained(
  side: "answer" | "encoder",
  { package: id, version }: { readonly package: string; readonly version: string },
  name: string,
): LabError {
  return side === "answer"
    ? new LabError(
        "model-incompatible",
        `The adapter was trained for the answering side of the model "${id}" (version ${version}), and ${name} has another.`,
        {
          hint: `Choose the model "${id}" or a variant that answers as it does, or take the adapter out.`,
        },
      )
    : new LabError(
        "model-incompatible",
        `The adapter was trained for the encoder of the model "${id}" (version ${version}), and ${name} has another.`,
        { hint: `Choose the model "${id}" or one with its encoder, or take the adapter out.` },
      );
}

/** What a manifest says of one of its adapters. */
function adapted(manifest: LinkManifest, role: AdapterRole | EncoderAdapterRole) {
  if (manifest.task !== "low-rank-adapters" && manifest.task !== "encoder-adapters")
    return undefined;
  const files: readonly { readonly role: string; readonly sha256: string }[] = manifest.files;
  const file = files.find((each) => each.role === role);
  if (!file) return undefined;
  const { rank, alpha } = manifest;
  const own = { rank, alpha, sha256: file.sha256 };
  return manifest.task === "encoder-adapters"
    ? ({ ...own, side: "encoder", graph: "vision", trainedFor: manifest.encoder } as const)
    : ({ ...own, side: "answer", graph: "answer", trainedFor: manifest.answer } as const);
}

/** @throws LabError "model-damaged" for tensors that belong to no adapter, or half of one */
export function adaptersIn(bytes: Uint8Array, gain: number): readonly AdapterFactors[] {
  const { tensors } = readSafetensors(bytes);
  const adapters: AdapterFactors[] = [];
  for (const [name, down] of tensors) {
    const [, index, block, role, factor] = TENSOR.exec(name) ?? [];
    if (factor === "B") continue;
    const up = tensors.get(name.replace("lora_A", "lora_B"));
    if (factor === undefined || !up) {
      throw new LabError("model-damaged", `"${name}" in an adapter's file is no part of one.`);
    }
    adapters.push({
      block: BLOCKS[block as keyof typeof BLOCKS],
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
