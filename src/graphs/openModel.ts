/** Opens a model: its graphs prepared for the backend, their attention maps found and placed, their sessions made. */
import { LabError } from "../errors/labError.ts";
import type { Tokenizer } from "../language/tokenizer.ts";
import { canAnswer, graphsSha256, modelFile } from "../model/manifest.ts";
import type { ModelFile, ModelManifest, Precision } from "../model/manifest.ts";
import { foldWeights } from "../onnx/edit/foldWeights.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { placeTaps } from "../onnx/placement.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { findAttentionTaps, fusedAttentionNodes, withTaps } from "../onnx/taps.ts";
import { MERGED_BYTES } from "./chain.ts";
import { Encoder, IMAGE, requireGrey, tapValue } from "./encoder.ts";
import { OnnxModel } from "./onnxModel.ts";
import type { AnswerSide } from "./onnxModel.ts";
import { probeRunner } from "./runners.ts";
import type { SessionFactory } from "./session.ts";

export interface ModelFiles {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  /** Verified bytes of one graph. */
  read(file: ModelFile): Promise<Uint8Array>;
  /** Absent where the model is an encoder without a text side. */
  readonly tokenizer?: Tokenizer;
}

export interface OpenOptions {
  /** Weights up to which the graphs of a gradient are joined into one (see chain.ts). */
  readonly mergedBytes?: number;
}

const VISION = "vision";

/**
 * Loads the graphs of a package and makes their sessions.
 * @throws LabError "model-incompatible" for a package without tokens or logits, "graph-*" for graphs the lab can't use.
 */
export async function openOnnxModel(
  files: ModelFiles,
  sessions: SessionFactory,
  { mergedBytes = MERGED_BYTES }: OpenOptions = {},
): Promise<OnnxModel> {
  const { manifest, precision } = files;
  const { tokens, embedding } = manifest.outputs;
  if (tokens === undefined || (manifest.task === "vqa" && !canAnswer(manifest))) {
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} has no ${tokens === undefined ? "tokens" : "logits"} output, so it can't answer questions.`,
    );
  }
  const visionFile = modelFile(manifest, "vision", precision);
  // On WebGPU small weights stay small; on the CPU every run would dequantize them again.
  const load = async (file: ModelFile) => {
    const model = parseModel(await files.read(file));
    return sessions.backend === "webgpu" ? model : foldWeights(model);
  };
  const vision = await load(visionFile);
  const { size, channels, name } = manifest.input;
  requireGrey(channels);
  // On WebGPU a free batch leaves shape arithmetic on the CPU; images then go one by one.
  const isFixedBatch = sessions.backend === "webgpu" || !canAnswer(manifest);
  const runner = probeRunner(sessions);
  const visionShapes = await readShapes(vision, runner, {
    shapes: { [name]: [1, channels, size, size] },
  });
  const tokenShape = visionShapes.shapes.get(tokens);
  if (!tokenShape) throw new LabError("model-incompatible", `The vision graph has no "${tokens}".`);
  const grid = manifest.tokenGrid ?? [1, tokenShape[1]!];
  const taps = await encoderTaps(
    { model: vision, shapes: visionShapes },
    grid,
    tokenShape[1]!,
    runner,
  );
  const answerSide = canAnswer(manifest)
    ? await openAnswerSide(files, load, sessions, tokenShape)
    : undefined;
  const tapNames = taps.map(({ tap }) => tap.name);
  const session = await sessions.create(
    serializeModel(withTaps(vision, tapNames)),
    isFixedBatch ? { dimensions: { b: 1 } } : {},
  );
  const encoder = new Encoder({
    links: [
      {
        name: VISION,
        model: vision,
        inputs: { [name]: IMAGE },
        outputs: {
          [tokens]: "tokens",
          [embedding]: "embedding",
          ...Object.fromEntries(tapNames.map((tap) => [tap, tapValue(VISION, tap)])),
        },
        session,
      },
    ],
    vision: VISION,
    visionTokens: tokens,
    size,
    tokens: "tokens",
    embedding: "embedding",
    scalars: {},
    isFixedBatch,
    isMapped: false,
  });
  return new OnnxModel({
    manifest,
    precision,
    sha256: graphsSha256(manifest, precision),
    encoder,
    grid,
    taps,
    answerSide,
    sessions,
    mergedBytes,
    owned: [session, ...(answerSide ? [answerSide.session] : [])],
  });
}

/** The encoder's attention maps that have a place on the image: self-attention, then pooling. */
async function encoderTaps(
  { model, shapes }: { readonly model: ModelProto; readonly shapes: ShapeTable },
  [rows, columns]: readonly [number, number],
  tokens: number,
  runner: GraphRunner,
): Promise<readonly PlacedTap[]> {
  const view = new GraphView(model);
  // Without maps a model can still be disturbed and certified; its gradient is refused by name when asked for.
  if (fusedAttentionNodes(view).length > 0) return [];
  const grid = { rows, columns, prefix: Math.max(0, tokens - rows * columns) };
  const placed = await placeTaps(model, shapes, findAttentionTaps(view, shapes), grid, runner);
  return [
    ...placed.filter(({ kind }) => kind === "self"),
    ...placed.filter(({ kind }) => kind === "pool"),
  ];
}

async function openAnswerSide(
  { manifest, precision, tokenizer }: ModelFiles,
  load: (file: ModelFile) => Promise<ModelProto>,
  sessions: SessionFactory,
  tokenShape: readonly number[],
): Promise<AnswerSide> {
  const { logits } = manifest.outputs;
  if (logits === undefined || tokenizer === undefined) {
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} has no tokenizer, so it can't answer.`,
    );
  }
  const model = await load(modelFile(manifest, "answer", precision));
  const shapes = await readShapes(model, probeRunner(sessions), {
    shapes: { ids: [1, 4], tokens: tokenShape },
  });
  const crossTaps = findAttentionTaps(new GraphView(model), shapes).filter(
    (tap) => tap.shape.at(-1) === tokenShape[1],
  );
  const names = crossTaps.map((tap) => tap.name);
  const session = await sessions.create(
    serializeModel(withTaps(model, names)),
    sessions.backend === "webgpu" ? { dimensions: { b: 1 } } : {},
  );
  return { model, tokenizer, logits, crossTaps, session };
}
