/** What an opened model is made of. */
import { LabError } from "../errors/labError.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { floatData, int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Encoder } from "./encoder.ts";
import { paddedIds, paddingOf } from "./promptPadding.ts";
import type { AnswerShape, AskingTokenizer, PictureTap } from "./readyModel.ts";
import type { GraphSession, SessionFactory } from "./session.ts";
import type { TextEncoder } from "./textEncoder.ts";

/** What a model answers with. */
export interface AnswerSide extends AnswerShape {
  readonly model: ModelProto;
  readonly tokenizer: AskingTokenizer;
  readonly logits: string;
  readonly crossTaps: readonly PictureTap[];
  readonly session: GraphSession;
  /** Inputs beside the question and the tokens, by the scalar of the encoder that each is fed. */
  readonly scalars?: Readonly<Record<string, string>> | undefined;
}

export interface ModelParts {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  readonly sha256: string;
  readonly encoder: Encoder;
  readonly grid: readonly [number, number];
  readonly taps: readonly PlacedTap[];
  readonly answerSide: AnswerSide | undefined;
  readonly sessions: SessionFactory;
  readonly textSide: TextEncoder | undefined;
  readonly say: VisionLanguageModel["say"];
  readonly captions: VisionLanguageModel["captions"];
  readonly words: VisionLanguageModel["words"];
  /** See chain.ts. */
  readonly mergedBytes: number;
  /** Sessions that go with this model. */
  readonly owned: readonly Pick<GraphSession, "release">[];
}

/** @throws LabError "model-incompatible" for an encoder without a text side */
export function answerSideOf({ answerSide, manifest }: ModelParts): AnswerSide {
  if (answerSide) return answerSide;
  throw new LabError(
    "model-incompatible",
    `Model ${manifest.id} is an image encoder without a text side, so it can't answer.`,
  );
}

/** Token ids as the answering graph takes them: padded where it takes one length alone. */
function idsFor(parts: ModelParts, ids: readonly number[]): Tensor {
  const { promptLength } = answerSideOf(parts);
  if (promptLength === undefined) return int64Tensor(ids, [1, ids.length]);
  return paddedIds(ids, paddingOf(parts));
}

/** What the answering graph is fed. */
export function answerFeeds(
  parts: ModelParts,
  ids: readonly number[],
  tokens: Tensor,
): Record<string, Tensor> {
  const { scalars = {} } = answerSideOf(parts);
  const fed = Object.entries(scalars).map(
    ([input, value]) => [input, parts.encoder.scalar(value)] as const,
  );
  return { ids: idsFor(parts, ids), tokens, ...Object.fromEntries(fed) };
}

/** Logits [V] at a position, of logits [1, positions, V]. */
export function rowAt(logits: Tensor, position: number, name: string): Float32Array {
  const width = logits.shape.at(-1)!;
  return floatData(logits, name).slice(position * width, (position + 1) * width);
}
