/**
 * What the lab makes of an image encoder that nobody described: a manifest proposed from its graph, with what is read
 * off, what is guessed, and what cannot be done, each said as such.
 */
import { LabError, toErrorData } from "../../errors/labError.ts";
import { differentiationObstacles } from "../../onnx/check.ts";
import type { Obstacle } from "../../onnx/check.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { placeTaps } from "../../onnx/placement.ts";
import type { PlacedTap } from "../../onnx/placement.ts";
import { findAttentionTaps, tokenGrid } from "../../onnx/taps.ts";
import type { AttentionTap } from "../../onnx/taps.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { withPreprocessing } from "./preprocessing.ts";
import type { Preprocessing } from "./preprocessing.ts";
import { imageForm, prepareAtSize } from "./imageForm.ts";
import { imagePart } from "./imagePart.ts";
import type { PixelType } from "./imagePart.ts";
import { proposeNormalization } from "./normalization.ts";
import { pickOutputs, proposeOutputs } from "./outputs.ts";
import type { ProposedOutput } from "./outputs.ts";
import { pixelArithmetic } from "./pixelArithmetic.ts";

export interface EncoderProposal {
  readonly input: {
    readonly name: string;
    readonly size: number;
    readonly channels: 1 | 3;
    readonly layout: "NCHW" | "NHWC";
    /** Element type of the pixels in the file. */
    readonly pixels: PixelType;
    readonly range: readonly [number, number];
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly resize: ModelManifest["input"]["resize"];
    /** The processor's own way of resizing, where its file says one. */
    readonly resample?: ModelManifest["input"]["resample"];
  };
  readonly outputs: readonly ProposedOutput[];
  /** Output taken as the image's embedding; tokens and feature maps are averaged over places. */
  readonly embedding: string;
  /** Numbers in the embedding. */
  readonly embeddingWidth: number;
  readonly tokens?: string;
  /** Rows and columns of the patches behind the tokens, and special tokens before them. */
  readonly grid?: { readonly prefix: number; readonly rows: number; readonly columns: number };
  /** Names of the classes that an output scores; empty where it scores none or nobody names them. */
  readonly labels: readonly string[];
  /** Attention maps with a place on the image. */
  readonly attention: readonly AttentionTap[];
  /** Operators on the way from the image that have no gradient, each with the reason. */
  readonly obstacles: readonly Obstacle[];
  /** One sentence each: guesses to check, and what this model cannot be asked. */
  readonly notices: readonly string[];
}

/** What came with the graph in its folder. */
export interface ModelNotes {
  readonly preprocessing?: Preprocessing;
  /** Class names, by index. */
  readonly labels?: readonly string[];
}

/** The encoder as it was prepared for the proposal, so that opening it begins where the proposal ended. */
export interface PreparedEncoder {
  readonly prepared: PreparedGraph;
  readonly grid: EncoderProposal["grid"];
  readonly placed: readonly PlacedTap[];
}

/** @throws LabError "model-incompatible" when the graph takes no image, or "graph-*" when it cannot be read. */
export async function proposeEncoder(
  model: ModelProto,
  runner: GraphRunner,
  notes: ModelNotes = {},
): Promise<{ readonly proposal: EncoderProposal; readonly encoder: PreparedEncoder }> {
  const part = imagePart(model);
  const view = new GraphView(part.model);
  const { image } = part;
  const form = imageForm(view, image);
  const { layout, channels, batch } = form;
  const { size, prepared } = await prepareAtSize(view, runner, form, notes.preprocessing?.size);
  const flat = new GraphView(prepared.model);
  const labels = part.labels.length > 0 ? part.labels : (notes.labels ?? []);
  const outputs = proposeOutputs(prepared, { batch, layout, labels });
  const { embedding, tokens } = pickOutputs(outputs);
  if (embedding === undefined) {
    throw new LabError(
      "model-incompatible",
      `No output of the model is an embedding, class scores, tokens or a feature map (${outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join("; ")}).`,
      { hint: "Export the encoder's last hidden state or its pooled output." },
    );
  }
  const notices = [...part.notices, ...outputNotices(outputs, embedding, labels)];
  const { taps, refusal } = attention(flat, prepared);
  if (refusal) notices.push(refusal);
  const grid = gridOf(tokens, taps);
  const placed = await placeTaps(prepared, taps, grid, runner);
  if (taps.length > placed.length) {
    notices.push(
      `${taps.length - placed.length} of ${taps.length} attention maps have no place on the picture that the graph would show, and are not drawn.`,
    );
  }
  if (taps.length === 0 && refusal === undefined) {
    notices.push("No attention in this model, so none is drawn over the picture.");
  }
  if (batch > 1) {
    notices.push(
      `The graph takes ${batch} pictures at a time, no fewer: each is given ${batch} times and the first is read, which takes ${batch} times as long.`,
    );
  }
  const own = await pixelArithmetic(prepared, image.name, layout === "NHWC" ? 3 : 1, runner);
  const normalization = proposeNormalization(flat, part.pixels, own);
  const given = withPreprocessing(normalization, notes.preprocessing, size);
  notices.push(...given.notices);
  notices.push(
    `It has no text side: questions and answers are off, and attacks move the ${embedding.meaning === "class scores" ? "class scores" : "features"}.`,
  );
  const proposal: EncoderProposal = {
    input: {
      name: image.name,
      size,
      channels,
      layout,
      pixels: part.pixels,
      range: given.range,
      mean: given.mean.slice(0, channels),
      std: given.std.slice(0, channels),
      resize: given.resize,
      ...(given.resample && { resample: given.resample }),
    },
    outputs,
    embedding: embedding.name,
    embeddingWidth:
      embedding.axes === "channels-first" ? embedding.shape[1]! : embedding.shape.at(-1)!,
    ...(tokens === undefined ? {} : { tokens: tokens.name }),
    ...(grid === undefined ? {} : { grid }),
    labels,
    attention: placed.map(({ tap }) => tap),
    obstacles: part.isRelaxed
      ? differentiationObstacles(flat, [image.name])
      : [
          {
            node: `input "${image.name}"`,
            reason: "The graph computes with whole pixel values, which have no gradient.",
          },
        ],
    notices,
  };
  return { proposal, encoder: { prepared, grid, placed } };
}

/** What there is to say about the outputs: what is scored, and what is a guess. */
function outputNotices(
  outputs: readonly ProposedOutput[],
  embedding: ProposedOutput,
  labels: readonly string[],
): string[] {
  const notices: string[] = [];
  for (const { name, shape, meaning } of outputs) {
    if (meaning !== "class scores") continue;
    const count = shape.at(-1)!;
    const named =
      labels.length === count
        ? `: ${labels.slice(0, 5).join(", ")}${count > 5 ? ", ..." : ""}`
        : ", whose names are not in the file";
    notices.push(`"${name}" looks like class scores, ${count} of them${named}.`);
  }
  if (embedding.meaning === "class scores") {
    notices.push(
      "It puts out nothing but class scores: cosines and attacks are about these scores, not about features.",
    );
  }
  for (const { name, shape, axes, isGuess } of outputs) {
    if (!isGuess) continue;
    notices.push(
      `"${name}" [${shape.join(", ")}] does not tell where its channels are: ${axes === "channels-first" ? "first" : "last"} is a guess.`,
    );
  }
  return notices;
}

function attention(
  view: GraphView,
  prepared: PreparedGraph,
): { readonly taps: readonly AttentionTap[]; readonly refusal?: string } {
  try {
    return { taps: findAttentionTaps(view, prepared.shapes) };
  } catch (error) {
    const { message, hint } = toErrorData(error);
    return { taps: [], refusal: [message, hint].filter(Boolean).join(" ") };
  }
}

/** The grid of a feature map, else of the tokens, else of the last map over the whole image. */
function gridOf(
  tokens: ProposedOutput | undefined,
  taps: readonly AttentionTap[],
): EncoderProposal["grid"] {
  const { shape = [], axes } = tokens ?? {};
  const inner = axes === "channels-first" ? shape.slice(2) : shape.slice(1, -1);
  if (inner.length === 2) return { prefix: 0, rows: inner[0]!, columns: inner[1]! };
  const keys =
    inner[0] ??
    taps
      .findLast(
        ({ shape: [batch, , queries = 0], kind }) =>
          batch === 1 && (kind === "self" || queries === 1),
      )
      ?.shape.at(-1);
  return keys === undefined ? undefined : tokenGrid(keys);
}
