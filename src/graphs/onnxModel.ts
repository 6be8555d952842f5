/** VisionLanguageModel over ONNX graphs: a vision graph with attention taps, an answering graph, gradients on demand. */
import { LabError } from "../errors/labError.ts";
import type { Tokenizer } from "../language/tokenizer.ts";
import { answerLoss, featureLoss } from "../model/attackLoss.ts";
import { canAnswer, modelFile } from "../model/manifest.ts";
import type { ModelFile, ModelManifest, Precision } from "../model/manifest.ts";
import type { GraphSession, SessionFactory } from "./session.ts";
import type {
  AnswerLogits,
  AttentionLayer,
  Encoding,
  GradientCheck,
  LossRequest,
  LossGradient,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import { foldWeights } from "../onnx/edit/foldWeights.ts";
import { checkGradient } from "../onnx/grad/check.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { placeTaps } from "../onnx/placement.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { findAttentionTaps, fusedAttentionNodes, withTaps } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import { floatData, floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import {
  answerRelevance,
  attentionOfPosition,
  headMean,
  receivedAttention,
} from "./attentionMaps.ts";
import { GradientGraphs, probeRunner } from "./gradientGraph.ts";

export interface ModelFiles {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  /** Verified bytes of one graph. */
  read(file: ModelFile): Promise<Uint8Array>;
  /** Absent where the model is an encoder without a text side. */
  readonly tokenizer?: Tokenizer;
}

/** Names of the manifest's outputs that every model has. */
interface OutputNames {
  readonly tokens: string;
  readonly embedding: string;
}

/** What a model answers with. */
interface AnswerSide {
  readonly model: ModelProto;
  readonly tokenizer: Tokenizer;
  readonly logits: string;
  readonly crossTaps: readonly AttentionTap[];
  readonly session: GraphSession;
}

/**
 * Loads the graphs of a package and makes their sessions.
 * @throws LabError "model-incompatible" for a package without tokens or logits, "graph-*" for graphs the lab can't use.
 */
export async function openOnnxModel(
  files: ModelFiles,
  sessions: SessionFactory,
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
  const image = [1, channels, size, size];
  // On WebGPU a free batch leaves shape arithmetic on the CPU; images then go one by one.
  const fixedBatch = sessions.backend === "webgpu" || !canAnswer(manifest);
  const runner = probeRunner(sessions);
  const visionShapes = await readShapes(vision, runner, { shapes: { [name]: image } });
  const tokenShape = visionShapes.shapes.get(tokens);
  if (!tokenShape) throw new LabError("model-incompatible", `The vision graph has no "${tokens}".`);
  const grid = manifest.tokenGrid ?? [1, tokenShape[1]!];
  const taps = await encoderTaps(vision, visionShapes, grid, tokenShape[1]!, runner);
  const answerSide = canAnswer(manifest)
    ? await openAnswerSide(files, load, sessions, tokenShape)
    : undefined;
  const answerHash = answerSide ? modelFile(manifest, "answer", precision).sha256 : "";
  return new OnnxModel({
    files,
    names: { tokens, embedding },
    sha256: `${visionFile.sha256}${answerHash}`,
    grid,
    taps,
    answerSide,
    fixedBatch,
    visionSession: await sessions.create(
      serializeModel(
        withTaps(
          vision,
          taps.map(({ tap }) => tap.name),
        ),
      ),
      fixedBatch ? { dimensions: { b: 1 } } : {},
    ),
    gradients: new GradientGraphs(
      {
        vision,
        ...(answerSide ? { answer: answerSide.model, logitsOutput: answerSide.logits } : {}),
        imageInput: name,
        embeddingOutput: embedding,
        tokensOutput: tokens,
        imageSize: size,
        padId: manifest.tokenizer?.specialTokens.pad ?? 0,
      },
      sessions,
    ),
  });
}

/** The encoder's attention maps that have a place on the image: self-attention, then pooling. */
async function encoderTaps(
  vision: ModelProto,
  shapes: ShapeTable,
  [rows, columns]: readonly [number, number],
  tokens: number,
  runner: GraphRunner,
): Promise<readonly PlacedTap[]> {
  const view = new GraphView(vision);
  // Without maps a model can still be disturbed and certified; its gradient is refused by name when asked for.
  if (fusedAttentionNodes(view).length > 0) return [];
  const grid = { rows, columns, prefix: Math.max(0, tokens - rows * columns) };
  const placed = await placeTaps(vision, shapes, findAttentionTaps(view, shapes), grid, runner);
  return [
    ...placed.filter(({ kind }) => kind === "self"),
    ...placed.filter(({ kind }) => kind === "pool"),
  ];
}

/** Rollout follows tokens through all layers: it needs every layer to see the same tokens whole. */
function rolloutTaps(taps: readonly PlacedTap[]): readonly PlacedTap[] {
  const layers = taps.filter(({ kind }) => kind === "self");
  const sizes = new Set(layers.map(({ tap }) => tap.shape.at(-1)));
  return sizes.size === 1 && layers.every(({ isGlobal }) => isGlobal) ? layers : [];
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

interface Parts {
  readonly files: ModelFiles;
  readonly names: OutputNames;
  readonly sha256: string;
  readonly grid: readonly [number, number];
  readonly taps: readonly PlacedTap[];
  readonly answerSide: AnswerSide | undefined;
  readonly fixedBatch: boolean;
  readonly visionSession: GraphSession;
  readonly gradients: GradientGraphs;
}

/** Logits of the answering position: the last of `rows`. */
function lastRow(logits: Float32Array, rows: number): Float32Array {
  return logits.slice(((rows - 1) * logits.length) / rows);
}

export class OnnxModel implements VisionLanguageModel {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  readonly sha256: string;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.manifest = parts.files.manifest;
    this.precision = parts.files.precision;
    this.sha256 = parts.sha256;
    this.#parts = parts;
  }

  encodePrompt(question: string): readonly number[] {
    return this.#answerSide().tokenizer.encodeQuestion(question);
  }

  async encode(image: Float32Array): Promise<Encoding> {
    const { names, taps, visionSession } = this.#parts;
    const results = await visionSession.run(this.#imageFeed([image]), [
      names.tokens,
      names.embedding,
      ...taps.map(({ tap }) => tap.name),
    ]);
    const layers = { self: 0, pool: 0 };
    return {
      embedding: floatData(results[names.embedding]!, names.embedding),
      tokens: results[names.tokens] as FloatTensor,
      attention: taps.map((placed) =>
        receivedAttention(results[placed.tap.name]!, placed, layers[placed.kind]++),
      ),
      selfAttentionMatrices: rolloutTaps(taps).map(({ tap: { name } }) =>
        headMean(results[name]!, name),
      ),
    };
  }

  async embed(images: readonly Float32Array[]): Promise<Float32Array[]> {
    const { names, visionSession, fixedBatch } = this.#parts;
    const embeddings: Float32Array[] = [];
    const batches = fixedBatch ? images.map((image) => [image]) : [images];
    for (const batch of batches) {
      const results = await visionSession.run(this.#imageFeed(batch), [names.embedding]);
      const data = floatData(results[names.embedding]!, names.embedding);
      const width = data.length / batch.length;
      for (let i = 0; i < batch.length; i++)
        embeddings.push(data.slice(i * width, (i + 1) * width));
    }
    return embeddings;
  }

  async answer(tokens: FloatTensor, promptIds: readonly number[]): Promise<AnswerLogits> {
    const { logits: name, crossTaps, session } = this.#answerSide();
    const { grid } = this.#parts;
    const length = promptIds.length;
    const results = await session.run({ ids: int64Tensor(promptIds, [1, length]), tokens }, [
      name,
      ...crossTaps.map((tap) => tap.name),
    ]);
    return {
      logits: lastRow(floatData(results[name]!, name), length),
      crossAttention: crossTaps.map((tap, layer): AttentionLayer =>
        attentionOfPosition(results[tap.name]!, tap.name, layer, length - 1, grid),
      ),
    };
  }

  async loss(image: Float32Array, request: LossRequest): Promise<number> {
    const { goal, promptIds } = request;
    if (goal.kind === "feature") {
      const [embedding] = await this.embed([image]);
      return featureLoss(embedding!, request.reference);
    }
    const { names, visionSession } = this.#parts;
    const { logits: name, session } = this.#answerSide();
    const encoded = await visionSession.run(this.#imageFeed([image]), [names.tokens]);
    const length = promptIds.length;
    const feeds = { ids: int64Tensor(promptIds, [1, length]), tokens: encoded[names.tokens]! };
    const { [name]: logits } = await session.run(feeds, [name]);
    return answerLoss(lastRow(floatData(logits!, name), length), goal, request);
  }

  lossGradient(image: Float32Array, request: LossRequest): Promise<LossGradient> {
    return this.#parts.gradients.lossGradient(image, request);
  }

  async relevance(image: Float32Array, request: LossRequest): Promise<Float32Array> {
    const { gradients, grid } = this.#parts;
    const taps = await gradients.attentionGradients(image, request);
    return answerRelevance(taps, request.promptIds.length - 1, grid[0] * grid[1]);
  }

  async checkGradient(
    image: Float32Array,
    request: LossRequest,
    seed: number,
  ): Promise<GradientCheck> {
    const { gradients } = this.#parts;
    const { size } = this.manifest.input;
    const { gradient } = await gradients.lossGradient(image, request);
    const check = await checkGradient({
      loss: (x) => gradients.loss(x.data, request),
      gradient,
      x: floatTensor(image, [1, 1, size, size]),
      seed,
      coordinates: 2,
      directions: 2,
    });
    return {
      coordinates: check.analytic.length,
      maxRelativeError: check.maxRelativeError,
      ok: check.ok,
      analytic: check.analytic,
      numeric: check.numeric,
    };
  }

  async release(): Promise<void> {
    await this.#parts.gradients.release();
    await this.#parts.visionSession.release();
    await this.#parts.answerSide?.session.release();
  }

  #answerSide(): AnswerSide {
    const { answerSide } = this.#parts;
    if (answerSide) return answerSide;
    throw new LabError(
      "model-incompatible",
      `Model ${this.manifest.id} is an image encoder without a text side, so it can't answer.`,
    );
  }

  #imageFeed(images: readonly Float32Array[]): Record<string, FloatTensor> {
    const { size, channels, name } = this.manifest.input;
    if (channels !== 1) {
      throw new LabError("model-incompatible", "This version runs encoders with one grey channel.");
    }
    const data = new Float32Array(images.length * size * size);
    images.forEach((image, i) => data.set(image, i * size * size));
    return { [name]: floatTensor(data, [images.length, 1, size, size]) };
  }
}
