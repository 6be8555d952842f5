/**
 * What the lab makes of an image encoder that nobody described: a manifest proposed from its graph, with what is read
 * off, what is guessed, and what cannot be done, each said as such.
 */
import { LabError, toErrorData } from "../errors/labError.ts";
import { differentiationObstacles } from "../onnx/check.ts";
import type { Obstacle } from "../onnx/check.ts";
import { isFloatType, isOp } from "../onnx/elementTypes.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { inlineFunctions, prepareGraph } from "../onnx/inline.ts";
import type { PreparedGraph } from "../onnx/inline.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf, graphOf } from "../onnx/proto.ts";
import type { ModelProto, ValueInfoProto } from "../onnx/proto.ts";
import { placeTaps } from "../onnx/placement.ts";
import { findAttentionTaps, tokenGrid } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import { NORMALIZATIONS } from "./normalizations.ts";
import type { NormalizationName } from "./normalizations.ts";
import type { ModelManifest, Precision } from "./manifest.ts";

export interface ProposedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly meaning: "tokens" | "feature map" | "embedding" | "other";
}

export interface EncoderProposal {
  readonly input: {
    readonly name: string;
    readonly size: number;
    readonly channels: 1 | 3;
    readonly layout: "NCHW" | "NHWC";
    readonly range: readonly [number, number];
    readonly mean: readonly number[];
    readonly std: readonly number[];
  };
  readonly outputs: readonly ProposedOutput[];
  /** Output taken as the image's embedding; tokens and feature maps are averaged over places. */
  readonly embedding: string;
  readonly tokens?: string;
  /** Rows and columns of the patches behind the tokens, and special tokens before them. */
  readonly grid?: { readonly prefix: number; readonly rows: number; readonly columns: number };
  /** Attention maps with a place on the image. */
  readonly attention: readonly AttentionTap[];
  /** Operators on the way from the image that have no gradient, each with the reason. */
  readonly obstacles: readonly Obstacle[];
  /** One sentence each: guesses to check, and what this model cannot be asked. */
  readonly notices: readonly string[];
}

/** Sizes tried where the graph leaves height and width open, likeliest first. */
const SIZES = [224, 256, 384, 336, 448, 512, 518, 240, 192, 160, 128, 96, 64, 32];

/** @throws LabError "model-incompatible" when the graph takes no image, or "graph-*" when it cannot be read. */
export async function proposeEncoder(
  model: ModelProto,
  runner: GraphRunner,
): Promise<EncoderProposal & { readonly prepared: PreparedGraph }> {
  const view = new GraphView(inlineFunctions(model));
  const image = imageInput(view);
  const { layout, channels, fixed } = imageForm(view, image);
  const { size, prepared } = await prepareAtSize(view, runner, image, channels, layout, fixed);
  const flat = new GraphView(prepared.model);
  const outputs = view.graph.output.map((info) => outputOf(info.name, prepared));
  const embedding =
    pick(outputs, "embedding") ?? pick(outputs, "tokens") ?? pick(outputs, "feature map");
  if (embedding === undefined) {
    throw new LabError(
      "model-incompatible",
      `No output of the model is an embedding, tokens or a feature map (${outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join("; ")}).`,
      { hint: "Export the encoder's last hidden state or its pooled output." },
    );
  }
  const tokens = pick(outputs, "tokens") ?? pick(outputs, "feature map");
  const notices: string[] = [];
  const { taps, refusal } = attention(flat, prepared);
  if (refusal) notices.push(refusal);
  const tokenShape = tokens === undefined ? undefined : prepared.shapes.shapes.get(tokens);
  const grid = gridOf(tokenShape, taps);
  const placed = await placeTaps(prepared.model, prepared.shapes, taps, grid, runner);
  if (taps.length > placed.length) {
    notices.push(
      `${taps.length - placed.length} of ${taps.length} attention maps have no place on the picture that the graph would show, and are not drawn.`,
    );
  }
  if (taps.length === 0 && refusal === undefined) {
    notices.push("The graph has no attention; it shows no attention maps.");
  }
  const normalization = normalizationOf(flat, image.name);
  notices.push(normalization.notice);
  notices.push(
    "It has no text side: questions and answers are off, and attacks move the features.",
  );
  return {
    prepared,
    input: {
      name: image.name,
      size,
      channels,
      layout,
      range: [0, 1],
      mean: normalization.mean.slice(0, channels),
      std: normalization.std.slice(0, channels),
    },
    outputs,
    embedding,
    ...(tokens === undefined ? {} : { tokens }),
    ...(grid === undefined ? {} : { grid }),
    attention: placed.map(({ tap }) => tap),
    obstacles: differentiationObstacles(flat, [image.name]),
    notices,
  };
}

function imageInput(view: GraphView): ValueInfoProto {
  const images = view.inputs.filter(
    (info) => isFloatType(elementTypeOf(info)) && (declaredDims(info)?.length ?? 4) === 4,
  );
  const others = view.inputs.filter((info) => !images.includes(info));
  if (images.length === 1 && others.length === 0) return images[0]!;
  const list = view.inputs.map((info) => `${info.name} [${declaredDims(info)?.join(", ") ?? "?"}]`);
  throw new LabError(
    "model-incompatible",
    `The model must take one image and nothing else; its inputs are ${list.join("; ")}.`,
    { hint: "Export the vision encoder alone (in transformers: model.vision_model)." },
  );
}

/** Layout and channels, and the declared size where there is one. */
function imageForm(
  view: GraphView,
  image: ValueInfoProto,
): {
  readonly layout: "NCHW" | "NHWC";
  readonly channels: 1 | 3;
  readonly fixed: number | undefined;
} {
  const dims = declaredDims(image) ?? ["?", "?", "?", "?"];
  const isChannels = (dim: number | string | undefined): dim is 1 | 3 => dim === 1 || dim === 3;
  const layout = !isChannels(dims[1]) && isChannels(dims[3]) ? "NHWC" : "NCHW";
  const declared = layout === "NHWC" ? dims[3] : dims[1];
  const channels = isChannels(declared) ? declared : (channelsOfFirstConv(view) ?? 3);
  if (typeof declared === "number" && !isChannels(declared)) {
    throw new LabError(
      "model-incompatible",
      `The model takes images of ${declared} channels; the lab has grey pictures for 1 or 3.`,
    );
  }
  const [height, width] = layout === "NHWC" ? [dims[1], dims[2]] : [dims[2], dims[3]];
  if (typeof height === "number" && typeof width === "number" && height !== width) {
    throw new LabError(
      "model-incompatible",
      `The model takes pictures of ${height} x ${width}; the lab's are square.`,
    );
  }
  const fixed = [height, width].find((dim) => typeof dim === "number");
  return { layout, channels, fixed };
}

function channelsOfFirstConv(view: GraphView): 1 | 3 | undefined {
  const conv = view.nodes.find((node) => isOp(node, "Conv"));
  const weight = view.initializer(conv?.input[1] ?? "");
  const channels = Number(weight?.dims[1] ?? 0);
  return channels === 1 || channels === 3 ? channels : undefined;
}

async function prepareAtSize(
  view: GraphView,
  runner: GraphRunner,
  image: ValueInfoProto,
  channels: number,
  layout: "NCHW" | "NHWC",
  fixed: number | undefined,
): Promise<{ readonly size: number; readonly prepared: PreparedGraph }> {
  const sizes = fixed === undefined ? [...sizesOfPositions(view), ...SIZES] : [fixed];
  let failure: unknown;
  for (const size of sizes) {
    const shape = layout === "NHWC" ? [1, size, size, channels] : [1, channels, size, size];
    try {
      const prepared = await prepareGraph(view.model, runner, { shapes: { [image.name]: shape } });
      return { size, prepared };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Sizes at which stored position embeddings fit: patch size times the side of their grid. */
function sizesOfPositions(view: GraphView): number[] {
  const conv = view.nodes.find((node) => isOp(node, "Conv"));
  const patch = Number(view.initializer(conv?.input[1] ?? "")?.dims.at(-1) ?? 0);
  const stride = conv?.attribute.find(({ name }) => name === "strides")?.ints[0];
  if (patch < 2 || Number(stride) !== patch) return [];
  const sides = new Set<number>();
  for (const { name, dims } of view.graph.initializer) {
    const rows = Number(dims.at(-2) ?? 0n);
    const hasForm = dims.length === 2 || (dims.length === 3 && dims[0] === 1n);
    // Weights of products have such forms too, and tables of relative positions are as narrow as there are heads.
    const isTable =
      hasForm &&
      Number(dims.at(-1)) > 24 &&
      view
        .consumers(name)
        .every((node) => !isOp(node, "MatMul", "Gemm", "Conv", "Transpose", "DequantizeLinear"));
    const grid = isTable && rows > 4 && rows < 8192 ? tokenGrid(rows) : undefined;
    if (grid && grid.prefix <= 6 && grid.rows > 1) sides.add(grid.rows * patch);
  }
  return [...sides].filter((size) => size >= 16 && size <= 1024).sort((a, b) => b - a);
}

function outputOf(name: string, prepared: PreparedGraph): ProposedOutput {
  const shape = prepared.shapes.shapes.get(name) ?? [];
  const isFloat = isFloatType(prepared.shapes.types.get(name) ?? 0);
  const meanings = { 2: "embedding", 3: "tokens", 4: "feature map" } as const;
  const meaning = isFloat && shape[0] === 1 ? meanings[shape.length as 2 | 3 | 4] : undefined;
  return { name, shape, meaning: meaning ?? "other" };
}

function pick(
  outputs: readonly ProposedOutput[],
  meaning: ProposedOutput["meaning"],
): string | undefined {
  return outputs.find((output) => output.meaning === meaning)?.name;
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
  tokens: readonly number[] | undefined,
  taps: readonly AttentionTap[],
): EncoderProposal["grid"] {
  if (tokens?.length === 4) return { prefix: 0, rows: tokens[2]!, columns: tokens[3]! };
  const keys =
    tokens?.length === 3
      ? tokens[1]!
      : taps
          .findLast(
            ({ shape: [batch, , queries = 0], kind }) =>
              batch === 1 && (kind === "self" || queries === 1),
          )
          ?.shape.at(-1);
  return keys === undefined ? undefined : tokenGrid(keys);
}

/** Mean and std to apply before the graph: none where it normalises itself, else a guess that is said to be one. */
function normalizationOf(
  view: GraphView,
  image: string,
): { readonly mean: readonly number[]; readonly std: readonly number[]; readonly notice: string } {
  const first = view.consumers(image)[0];
  const isOwn =
    first !== undefined &&
    isOp(first, "Sub", "Div", "Mul", "Add") &&
    first.input.some((name) => name !== image && view.constant(name) !== undefined);
  if (isOwn) {
    return {
      ...NORMALIZATIONS.none,
      notice: "The graph seems to normalise its pixels itself, so none is proposed.",
    };
  }
  const names = Object.keys(NORMALIZATIONS) as NormalizationName[];
  const isClip = view.graph.node.some(
    (node) => node.opType === "QuickGelu" || /pre_?layrnorm|visual_projection/.test(node.name),
  );
  const name = names[isClip ? 1 : 0]!;
  return {
    ...NORMALIZATIONS[name],
    notice: `A graph does not say how its pixels are normalised: ${name} is a guess, check it against the model's card.`,
  };
}

/** The proposal as a manifest: what a reader corrects, saves and drops again. */
export function encoderManifest(
  model: ModelProto,
  proposal: EncoderProposal,
  file: { readonly name: string; readonly bytes: number; readonly sha256: string },
): ModelManifest {
  const { input, embedding, tokens, grid } = proposal;
  const plainName = file.name.replaceAll(/[^\w.-]/g, "_");
  const precision = precisionOf(model);
  return {
    format: 1,
    id: `own-${file.sha256.slice(0, 12)}`,
    version: "1",
    name: plainName.replace(/\.onnx$/i, ""),
    description: "A reader's own image encoder.",
    task: "encoder",
    files: [
      {
        path: plainName,
        role: "vision",
        precision,
        bytes: file.bytes,
        sha256: file.sha256,
      },
    ],
    defaultPrecision: precision,
    input: {
      ...input,
      range: [...input.range],
      mean: [...input.mean],
      std: [...input.std],
      resize: "area-centre-crop",
    },
    outputs: { embedding, ...(tokens === undefined ? {} : { tokens }) },
    ...(grid === undefined ? {} : { tokenGrid: [grid.rows, grid.columns] }),
    answerSpaces: {},
    labels: [],
    licence: "not stated",
    trainingData: "not stated",
    accuracy: {},
    card: "",
    madeBy: { command: "not stated", seed: 0, versions: {} },
  };
}

/** The narrowest form that most of the weights are stored in. */
function precisionOf(model: ModelProto): Precision {
  const { float16, int8, uint8, int4, uint4 } = ELEMENT_TYPE;
  const counts: Record<Precision, number> = { fp32: 0, fp16: 0, int8: 0, int4: 0 };
  for (const tensor of graphOf(model).initializer) {
    const elements = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
    const type = tensor.dataType;
    if (type === float16) counts.fp16 += elements;
    else if (type === int8 || type === uint8) counts.int8 += elements;
    else if (type === int4 || type === uint4) counts.int4 += elements;
    else counts.fp32 += elements;
  }
  const isPacked = graphOf(model).node.some((node) => node.opType === "MatMulNBits");
  const [most] = (Object.keys(counts) as Precision[]).sort((a, b) => counts[b] - counts[a]);
  return isPacked && most === "int8" ? "int4" : most!;
}
