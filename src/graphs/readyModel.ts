/**
 * A model that is ready for any backend: its graphs parsed, prepared and their attention maps placed, once. What is left
 * is a session for a backend (openModel.ts).
 */
import { LabError } from "../errors/labError.ts";
import type { Tokenizer } from "../language/tokenizer.ts";
import { graphsSha256 } from "../model/manifest.ts";
import type { Captioning } from "../model/captioning.ts";
import type { Say, WordTable } from "../model/visionLanguageModel.ts";
import type { ModelManifest, ModelRole, ParityReference, Precision } from "../model/manifest.ts";
import { foldWeights } from "../onnx/edit/foldWeights.ts";
import { parseModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import type { PreparedGraph } from "../onnx/inline.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { placeTaps } from "../onnx/placement.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { readShapes } from "../onnx/shapes.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import type { ModelPackage } from "./modelPackage.ts";
import type { SessionFactory } from "./session.ts";

export interface ReadyModel {
  /** Its input and outputs are those of the ready graphs. */
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  /** What the model computes, by the content of its graphs. */
  readonly sha256: string;
  readonly parity: ParityReference | undefined;
  readonly vision: ReadyVision;
  readonly answer: ReadyAnswer | undefined;
  readonly text?: ReadyText | undefined;
  /** Whether what writes also shows where each token looks, and follows several texts (captioning.ts). */
  readonly captions?: { readonly attends: boolean } | undefined;
  /** Opens what writes words of its own, when it is first asked for. */
  readonly speech?: ((sessions: SessionFactory) => Promise<Speech>) | undefined;
}

/** A model's own words, and the sessions they need. */
export interface Speech {
  readonly say: Say;
  /** Absent where picture tokens do not stand among words. */
  readonly words?: WordTable;
  /** Of a captioner. */
  readonly captions?: Captioning;
  release(): Promise<void>;
}

/** Sentences to the space of the image embedding. */
export interface ReadyText {
  readonly tokenizer: Pick<Tokenizer, "encodeReport">;
  read(): Promise<Uint8Array>;
}

export interface ReadyVision {
  readonly graph: ReadyGraph;
  /** Rows and columns of the patches. */
  readonly grid: readonly [number, number];
  /** Attention maps with a place on the image: self-attention, then pooling. */
  readonly taps: readonly PlacedTap[];
  /** Whether the graph takes one picture at a time. */
  readonly isSingle?: boolean;
}

export interface ReadyAnswer extends AnswerShape {
  readonly graph: ReadyGraph;
  readonly tokenizer: AskingTokenizer;
  readonly logits: string;
  readonly crossTaps: readonly PictureTap[];
}

/** What an answering graph of a reader's model has otherwise than the lab's own. */
export interface AnswerShape {
  /** The one length of a prompt that the graph takes: shorter ones are padded behind. Any length where absent. */
  readonly promptLength?: number | undefined;
  /** What prompts are padded with; the manifest's own where absent. */
  readonly padId?: number | undefined;
  /** Logits of the vocabulary alone, where `logits` has the answers' sums beside it. */
  readonly textLogits?: string | undefined;
  /** Where words and picture share one sequence. */
  readonly sequence?: SharedSequence | undefined;
}

/** Which rows of a sequence are whose. */
export interface SharedSequence {
  readonly length: number;
  /** Of each of the prompt's tokens; its place for the picture is the picture's last row. */
  readonly words: readonly number[];
  /** Of each of the picture's tokens. */
  readonly picture: readonly number[];
  /** Whether the picture's rows know nothing of the question behind them. */
  readonly isPictureAlone: boolean;
}

/** What an answering side asks of a tokenizer. */
export type AskingTokenizer = Pick<Tokenizer, "encodeQuestion" | "encodeText">;

/** Attention of the prompt's tokens to the picture's, [1, heads, prompt, picture]. */
export interface PictureTap extends AttentionTap {
  /** Where it is part of a larger map over one sequence: that map, the rows of the prompt's tokens, and the columns of the picture's. */
  readonly within?: {
    readonly tap: AttentionTap;
    readonly rows: readonly number[];
    readonly columns: readonly number[];
  };
  /** Where it is a mean over the tokens of a caption: the map of all captions, [texts, heads, tokens, picture]. */
  readonly texts?: AttentionTap;
}

/** A graph as it is stored, and with its weights made plain for the CPU, where every run would dequantize them again. */
export class ReadyGraph {
  readonly stored: ModelProto;
  #plain: ModelProto | undefined;

  constructor(stored: ModelProto) {
    this.stored = stored;
  }

  get plain(): ModelProto {
    return (this.#plain ??= foldWeights(this.stored));
  }
}

/** @throws LabError "model-incompatible" for a package without tokens or logits, "graph-*" for graphs the lab can't use */
export async function readyPackage(
  { manifest, precision, tokenizer, parity, graphs, readText }: ModelPackage,
  runner: GraphRunner,
): Promise<ReadyModel> {
  const { tokens, logits } = manifest.outputs;
  if (tokens === undefined || logits === undefined) {
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} has no ${tokens === undefined ? "tokens" : "logits"} output, so it can't answer questions.`,
    );
  }
  const ready = (role: ModelRole) => new ReadyGraph(parseModel(graphs.get(role)!));
  const [vision, answer] = [ready("vision"), ready("answer")];
  const { size, channels, name } = manifest.input;
  // Of the plain form: a probe then carries no weights.
  const shapes = await readShapes(vision.plain, runner, {
    shapes: { [name]: [1, channels, size, size] },
  });
  const tokenShape = shapes.shapes.get(tokens);
  if (!tokenShape) throw new LabError("model-incompatible", `The vision graph has no "${tokens}".`);
  const grid = manifest.tokenGrid ?? [1, tokenShape[1]!];
  return {
    manifest,
    precision,
    sha256: graphsSha256(manifest, precision),
    parity,
    vision: {
      graph: vision,
      grid,
      taps: await encoderTaps({ model: vision.plain, shapes }, grid, tokenShape[1]!, runner),
    },
    answer: {
      graph: answer,
      tokenizer,
      logits,
      crossTaps: await crossTaps(answer.plain, tokenShape, runner),
    },
    text: readText && { tokenizer, read: readText },
  };
}

/** The encoder's attention maps that have a place on the image: self-attention, then pooling. */
export async function encoderTaps(
  { model, shapes }: PreparedGraph,
  [rows, columns]: readonly [number, number],
  tokens: number,
  runner: GraphRunner,
): Promise<readonly PlacedTap[]> {
  const view = new GraphView(model);
  // Without maps a model can still be disturbed and certified; its gradient is refused by name when asked for.
  if (fusedAttentionNodes(view).length > 0) return [];
  const grid = { rows, columns, prefix: Math.max(0, tokens - rows * columns) };
  const placed = await placeTaps({ model, shapes }, findAttentionTaps(view, shapes), grid, runner);
  return selfThenPool(placed);
}

export function selfThenPool(placed: readonly PlacedTap[]): readonly PlacedTap[] {
  return [
    ...placed.filter(({ kind }) => kind === "self"),
    ...placed.filter(({ kind }) => kind === "pool"),
  ];
}

/** The answering head's maps from the text to the image. */
async function crossTaps(
  model: ModelProto,
  tokenShape: readonly number[],
  runner: GraphRunner,
): Promise<readonly AttentionTap[]> {
  const shapes = await readShapes(model, runner, { shapes: { ids: [1, 4], tokens: tokenShape } });
  return findAttentionTaps(new GraphView(model), shapes).filter(
    (tap) => tap.shape.at(-1) === tokenShape[1],
  );
}
