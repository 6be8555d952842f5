/** A model that writes of its own accord about a picture, token by token, and shows where each token looks. */
import type { FloatTensor } from "../tensor/tensor.ts";

export interface WritingStep {
  readonly text: string;
  readonly ids: readonly number[];
  /** Of each token, given those before it, in nats. */
  readonly logProbabilities: readonly number[];
}

export interface Written extends WritingStep {
  /** What each token adds to the text. */
  readonly pieces: readonly string[];
  /** "budget" where the text was cut off. */
  readonly stopped: "end" | "budget";
}

interface WritingLimits {
  readonly maxTokens: number;
  /** Texts followed at once; 1, the likeliest token each time, where absent. */
  readonly beams?: number;
}

export interface Captioning {
  /** @param tokens of the picture, [1, T, D] */
  write(tokens: FloatTensor, limits: WritingLimits): AsyncGenerator<WritingStep, Written>;
  /** Whether `attention` has anything to show. */
  readonly attends: boolean;
  /** Mean over heads and layers, for each token a map over the picture's tokens [T] that sums to 1. */
  attention(tokens: FloatTensor, ids: readonly number[]): Promise<readonly Float32Array[]>;
}
