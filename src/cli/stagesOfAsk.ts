/** `lab ask --stages`: what encoder, connector and language side make of a picture, and where two pictures or wordings part. */
import type { Choice } from "../graphs/generative/answers.ts";
import { likeliest, scoreChoices } from "../graphs/generative/answers.ts";
import type { LlavaModel } from "../graphs/generative/llavaModel.ts";
import type { FolderFiles } from "../graphs/generative/modelFiles.ts";
import { sharesOf, partingBlock, stageShift } from "../graphs/generative/stageShift.ts";
import type { StageShift } from "../graphs/generative/stageShift.ts";
import { VlmStages } from "../graphs/generative/stages.ts";
import type { AnswerAttention, StageReading } from "../graphs/generative/stages.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { meanNorm, nearestWords } from "../metrics/nearestWords.ts";
import type { NearWord } from "../metrics/nearestWords.ts";
import { tokenGrid } from "../onnx/taps.ts";

export interface StagesAsked {
  /** File of a second picture, that the first is compared with; the attacked one where absent. */
  readonly against: string | undefined;
  /** A second wording of the question. */
  readonly wording: string | undefined;
}

export interface StagePictures {
  readonly clean: Float32Array;
  readonly disturbed: Float32Array | undefined;
}

interface Asking {
  readonly files: FolderFiles;
  readonly sessions: SessionFactory;
  readonly model: LlavaModel;
  readonly question: string;
  readonly choices: readonly Choice[];
}

/** Words that are listed, the most frequent first. */
const WORDS_SHOWN = 12;
/** Ids that the table is read by at once. */
const TABLE_ROWS = 4096;

export async function stagesOf(
  { files, sessions, model, question, choices }: Asking,
  { wording }: StagesAsked,
  { clean, disturbed }: StagePictures,
): Promise<object> {
  const stages = await VlmStages.open(files, sessions);
  try {
    const prompt = model.prompt(question);
    const first = await stages.read(clean, prompt);
    const second = disturbed && (await stages.read(disturbed, prompt));
    const other = wording === undefined ? undefined : model.prompt(wording);
    const reworded = other && (await stages.read(clean, other));
    const table = await embeddingTable(stages, first.logits.length);
    const missing = [
      ...stages.missing,
      ...(first.attention.length === 0
        ? ["The decoder's attention stays hidden in an operator that is not taken apart: no map."]
        : []),
      ...(first.answer.length === 0
        ? ["The decoder's residual stream is not visible in its graph: no shift by its layers."]
        : []),
    ];
    return {
      blocks: {
        encoder: first.encoder.map(({ block }) => block),
        language: first.answer.map(({ block }) => block),
      },
      words: wordsOf(files, first, table, second),
      attention: first.attention.map(attentionShown),
      ...(second ? { shift: shiftShown(stageShift(first, second)) } : {}),
      ...(reworded ? { wording: partingOf(first, reworded, { wording: wording!, choices }) } : {}),
      missing,
    };
  } finally {
    await stages.release();
  }
}

async function embeddingTable(stages: VlmStages, count: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < count; from += TABLE_ROWS) {
    const length = Math.min(TABLE_ROWS, count - from);
    parts.push((await stages.words(Array.from({ length }, (_, i) => from + i))).data);
  }
  const table = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    table.set(part, at);
    at += part.length;
  }
  return table;
}

/** Nearest words of the picture's tokens, and how far such tokens lie from any word. */
function wordsOf(
  { tokenizer }: FolderFiles,
  first: StageReading,
  table: Float32Array,
  second: StageReading | undefined,
): object {
  const near = nearestWords(first.connector, table);
  const { width } = first.connector;
  const after = second && nearestWords(second.connector, table);
  const word = ({ id }: NearWord): string => tokenizer.decode([id]).trim();
  const counts = new Map<string, number>();
  for (const each of near) counts.set(word(each), (counts.get(word(each)) ?? 0) + 1);
  const mostFrequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, WORDS_SHOWN);
  const mean = (found: readonly NearWord[]): number =>
    found.reduce((sum, { cosine }) => sum + cosine, 0) / found.length;
  return {
    byToken: near.map(word),
    mostFrequent: mostFrequent.map(([text, tokens]) => ({ word: text, tokens })),
    meanCosine: mean(near),
    // Tokens much longer than words, or at right angles to all, lie outside of what the table covers.
    meanNorm: { picture: meanNorm(first.connector.data, width), words: meanNorm(table, width) },
    ...(after
      ? {
          disturbed: {
            changed: near.filter(({ id }, i) => id !== after[i]!.id).length,
            meanCosine: mean(after),
          },
        }
      : {}),
  };
}

function attentionShown(attention: AnswerAttention): object {
  const { layer, heads, onPicture, maps } = attention;
  const count = maps.length / heads;
  const grid = tokenGrid(count);
  const map = sharesOf(attention);
  const placeOf = (values: Float32Array): object => {
    const token = values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
    if (!grid || token < grid.prefix) return { token };
    const cell = token - grid.prefix;
    return { token, row: Math.floor(cell / grid.columns), column: cell % grid.columns };
  };
  return {
    layer: layer + 1,
    heads: Array.from({ length: heads }, (_, head) => ({
      onPicture: onPicture[head]!,
      peak: placeOf(maps.subarray(head * count, (head + 1) * count)),
    })),
    grid: grid ? [grid.rows, grid.columns] : null,
    mean: [...map].map((value) => Number(value.toPrecision(4))),
  };
}

function shiftShown({ attention, ...shift }: StageShift): object {
  return { ...shift, attention: attention.map((each) => ({ ...each, layer: each.layer + 1 })) };
}

function partingOf(
  first: StageReading,
  other: StageReading,
  { wording, choices }: { readonly wording: string; readonly choices: readonly Choice[] },
): object {
  const { answer, attention, logits } = stageShift(first, other);
  const scored = scoreChoices(other.logits, choices);
  return {
    wording,
    answer: likeliest(scored).answer,
    probabilities: Object.fromEntries(scored.map((each) => [each.answer, each.probability])),
    cosine: answer.map(({ block, cosine }) => ({ block, cosine })),
    attention: attention.map((each) => ({ ...each, layer: each.layer + 1 })),
    logits,
    partsAt: partingBlock(answer) ?? null,
  };
}
