/** Graphs that are linked to a model: one that prepares its images, or one that corrects what its encoder says. */
import type { VisionLanguageModel } from "./visionLanguageModel.ts";

export interface ModelLink {
  /** In messages, such as "purifier". */
  readonly name: string;
  /**
   * "before": an image [B, 1, S, S] in model space to one like it. "after": the encoder's tokens [B, T, D], its embedding
   * [B, E], or both, to the same.
   */
  readonly place: "before" | "after";
  /** The ONNX file. */
  readonly graph: Uint8Array;
  /** Of the file. */
  readonly sha256: string;
  /** What the graph's other inputs are fed, each a single number, such as { sigma: 0.25 }. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** A model whose encoder other graphs can be linked to. */
export interface LinkableModel extends VisionLanguageModel {
  /**
   * The model behind the links: what it encodes, embeds, answers and differentiates passes through all of them. Links
   * before the encoder see the image in the order given, links after it the tokens. It shares its weights with this
   * model, and ends with it; other scalars of the same graphs cost nothing.
   * @throws LabError "model-incompatible" when a graph does not fit its place
   */
  withLinks(links: readonly ModelLink[]): Promise<LinkableModel>;
}

export function isLinkable(model: VisionLanguageModel): model is LinkableModel {
  return "withLinks" in model;
}
