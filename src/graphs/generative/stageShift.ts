/** How far two readings of one model lie apart, stage by stage: of two pictures, two wordings, two precisions or backends. */
import { jensenShannonBits } from "../../image/jsd.ts";
import { headMean } from "../../tensor/headMean.ts";
import { cosine } from "../../tensor/norms.ts";
import type { AnswerAttention, StageReading, StageState } from "./stages.ts";

export interface StateShift {
  readonly block: string;
  /** Mean over rows of the cosine of the two vectors, and the smallest. */
  readonly cosine: number;
  readonly least: number;
}

export interface AttentionShift {
  readonly layer: number;
  /** Jensen-Shannon divergence in bits of where the answer's token looks on the picture, heads averaged; 0 to 1. */
  readonly divergence: number;
}

export interface StageShift {
  readonly encoder: readonly StateShift[];
  readonly connector: StateShift;
  /** Rows of the picture in the decoder's stream. */
  readonly picture: readonly StateShift[];
  readonly answer: readonly StateShift[];
  readonly attention: readonly AttentionShift[];
  /** Cosine of the next token's logits. */
  readonly logits: number;
}

export function stageShift(a: StageReading, b: StageReading): StageShift {
  const each = (x: readonly StageState[], y: readonly StageState[]): StateShift[] =>
    x.map((state, i) => stateShift(state, y[i]!));
  return {
    encoder: each(a.encoder, b.encoder),
    connector: stateShift(a.connector, b.connector),
    picture: each(a.picture, b.picture),
    answer: each(a.answer, b.answer),
    attention: a.attention.map((attention, i) => ({
      layer: attention.layer,
      divergence: jensenShannonBits(sharesOf(attention), sharesOf(b.attention[i]!)),
    })),
    logits: cosine(a.logits, b.logits),
  };
}

function stateShift(a: StageState, b: StageState): StateShift {
  let sum = 0;
  let least = 1;
  for (let row = 0; row < a.rows; row++) {
    const at = row * a.width;
    const value = cosine(a.data.subarray(at, at + a.width), b.data.subarray(at, at + a.width));
    sum += value;
    least = Math.min(least, value);
  }
  return { block: a.block, cosine: sum / a.rows, least };
}

/** Attention to the picture's tokens, averaged over heads and brought to sum 1. */
export function sharesOf({ heads, maps }: AnswerAttention): Float32Array {
  const mean = headMean({ maps, heads });
  const total = mean.reduce((sum, value) => sum + value, 0);
  return total > 0 ? mean.map((value) => value / total) : mean;
}

/** The block at whose end the cosine has fallen most against the block before it; undefined where nothing moved. */
export function partingBlock(answer: readonly StateShift[]): string | undefined {
  let before = 1;
  let found: { block: string; fall: number } | undefined;
  for (const { block, cosine: value } of answer) {
    const fall = before - value;
    if (fall > 1e-6 && fall > (found?.fall ?? 0)) found = { block, fall };
    before = value;
  }
  return found?.block;
}
