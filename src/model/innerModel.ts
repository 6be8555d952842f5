/** Doors into a model's inside, where what runs it has them: states, their gradients, changed weights. */
import type { FloatTensor } from "../tensor/tensor.ts";
import type { Objective } from "./objective.ts";
import type { VisionLanguageModel } from "./visionLanguageModel.ts";

export interface TokenGradient {
  readonly loss: number;
  /** What the answering side reads, [1, T, D]. */
  readonly tokens: FloatTensor;
  /** Of the loss with respect to the tokens, [T * D]. */
  readonly gradient: Float32Array;
}

export interface InnerModel extends VisionLanguageModel {
  /** All image tokens of each picture as one unit vector [T * D], in order: what the answering side reads. */
  embedTokens(images: readonly Float32Array[]): Promise<Float32Array[]>;
  /** @throws LabError "graph-unsupported-op" for a model whose gradient can't be built */
  tokenGradient(image: Float32Array, objective: Objective): Promise<TokenGradient>;
  /**
   * The same model with some of its weights shuffled, each within its own tensor: those used last, nearest to the answer,
   * first. To be released by whoever asked.
   * @param share of the weight tensors, (0, 1]
   */
  withShuffledWeights(share: number, seed: number): Promise<InnerModel>;
}

export function isInnerModel(model: VisionLanguageModel): model is InnerModel {
  return "tokenGradient" in model;
}
