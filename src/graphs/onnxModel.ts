/** VisionLanguageModel over ONNX graphs: a chain of graphs that encodes, a graph that answers, gradients on demand. */
import { LabError } from "../errors/labError.ts";
import { loadPart } from "../host/loadPart.ts";
import { attentionLoss } from "../model/attentionLoss.ts";
import type {
  AnswerObjective,
  AttentionObjective,
  LossGradient,
  Objective,
} from "../model/objective.ts";
import { answerLoss, featureLoss, textLoss } from "../model/objectiveLoss.ts";
import type {
  InnerModel,
  InnerRequest,
  InnerResult,
  InnerSite,
  TokenGradient,
} from "../model/innerModel.ts";
import type { LinkableModel, ModelLink } from "../model/modelLink.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type {
  AnswerLogits,
  AttentionLayer,
  Encoding,
  GradientCheck,
  Look,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import { checkGradient } from "../onnx/grad/check.ts";
import { hasStandIns } from "../onnx/straightThrough.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { l2Norm } from "../tensor/norms.ts";
import { floatData, floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../tensor/tensor.ts";
import { answerMaps, encoderMaps } from "./attentionGoal.ts";
import {
  answerRelevance,
  attentionOfPosition,
  headMean,
  receivedAttention,
} from "./attentionMaps.ts";
import type { ChainFeeds } from "./chain.ts";
import { Encoder, tapValue } from "./encoder.ts";
import type { Inside } from "./inside.ts";
import { LinkedModels } from "./linkedModels.ts";
import type { OpenSet } from "./linkedModels.ts";
import { linkedEncoder } from "./links.ts";
import type { LossGraphs } from "./lossGraphs.ts";
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
  readonly words: VisionLanguageModel["words"];
  /** See chain.ts. */
  readonly mergedBytes: number;
  /** Sessions that go with this model. */
  readonly owned: readonly Pick<GraphSession, "release">[];
}

/** Rollout follows tokens through all layers: it needs every layer to see the same tokens whole. */
function rolloutTaps(taps: readonly PlacedTap[]): readonly PlacedTap[] {
  const layers = taps.filter(({ kind }) => kind === "self");
  const sizes = new Set(layers.map(({ tap }) => tap.shape.at(-1)));
  return sizes.size === 1 && layers.every(({ isGlobal }) => isGlobal) ? layers : [];
}

/** Logits [V] at a position, of logits [1, positions, V]. */
function rowAt(logits: Tensor, position: number, name: string): Float32Array {
  const width = logits.shape.at(-1)!;
  return floatData(logits, name).slice(position * width, (position + 1) * width);
}

export class OnnxModel implements LinkableModel, InnerModel {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  readonly sha256: string;
  readonly #parts: ModelParts;
  readonly #gradients: GradientSide;
  readonly #linked: LinkedModels;
  #inside: Promise<Inside> | undefined;

  constructor(parts: ModelParts, gradients = gradientSide(parts)) {
    this.manifest = parts.manifest;
    this.precision = parts.precision;
    this.sha256 = parts.sha256;
    this.#parts = parts;
    this.#gradients = gradients;
    this.#linked = new LinkedModels(this, (links) => openSet(parts, links));
  }

  get gradient(): "exact" | "bpda" {
    const { encoder, answerSide } = this.#parts;
    const graphs = [
      ...encoder.links.map(({ model }) => model),
      ...(answerSide ? [answerSide.model] : []),
    ];
    return graphs.some(hasStandIns) ? "bpda" : "exact";
  }

  /** The same model, its graphs and sessions with it, where scalars of its encoder have other values. */
  withScalars(values: Readonly<Record<string, number>>): OnnxModel {
    const encoder = this.#parts.encoder.withScalars(values);
    return new OnnxModel({ ...this.#parts, encoder, owned: [] }, this.#gradients);
  }

  encodePrompt(question: string): readonly number[] {
    return this.#answerSide().tokenizer.encodeQuestion(question);
  }

  encodeText(text: string): readonly number[] {
    return this.#answerSide().tokenizer.encodeText(text);
  }

  get embedText(): VisionLanguageModel["embedText"] {
    const { textSide } = this.#parts;
    return textSide && ((texts) => textSide.embed(texts));
  }

  get say(): VisionLanguageModel["say"] {
    return this.#parts.say;
  }

  get words(): VisionLanguageModel["words"] {
    return this.#parts.words;
  }

  async encode(image: Float32Array, { maps }: Look = { maps: true }): Promise<Encoding> {
    const { encoder } = this.#parts;
    const taps = maps ? this.#parts.taps : [];
    const { tokens, embedding, vision } = encoder.parts;
    const valueOf = ({ tap }: PlacedTap): string => tapValue(vision, tap.name);
    const results = await encoder.run([image], [tokens, embedding, ...taps.map(valueOf)]);
    const layers = { self: 0, pool: 0 };
    return {
      embedding: this.#unitNorm(floatData(results[embedding]!, embedding)),
      tokens: results[tokens] as FloatTensor,
      attention: taps.map((placed) =>
        receivedAttention(results[valueOf(placed)]!, placed, layers[placed.kind]++),
      ),
      selfAttentionMatrices: rolloutTaps(taps).map((placed) =>
        headMean(results[valueOf(placed)]!, placed.tap.name),
      ),
    };
  }

  async embed(images: readonly Float32Array[]): Promise<Float32Array[]> {
    const { encoder } = this.#parts;
    const { embedding, isFixedBatch } = encoder.parts;
    const embeddings: Float32Array[] = [];
    // No picture is no run: a batch of none is an error of the runtime.
    const batches = isFixedBatch || images.length === 0 ? images.map((image) => [image]) : [images];
    for (const batch of batches) {
      const results = await encoder.run(batch, [embedding]);
      const data = floatData(results[embedding]!, embedding);
      const width = data.length / batch.length;
      for (let i = 0; i < batch.length; i++)
        embeddings.push(this.#unitNorm(data.slice(i * width, (i + 1) * width)));
    }
    return embeddings;
  }

  async embedTokens(images: readonly Float32Array[]): Promise<Float32Array[]> {
    const { encoder } = this.#parts;
    const { tokens: name } = encoder.parts;
    const features: Float32Array[] = [];
    for (const image of images) {
      const { [name]: tokens } = await encoder.run([image], [name]);
      const data = floatData(tokens!, name);
      const norm = l2Norm(data);
      features.push(data.map((value) => value / norm));
    }
    return features;
  }

  async answer(
    tokens: FloatTensor,
    promptIds: readonly number[],
    { maps }: Look = { maps: true },
  ): Promise<AnswerLogits> {
    const { logits: name, session, ...side } = this.#answerSide();
    const crossTaps = maps ? side.crossTaps : [];
    const { grid } = this.#parts;
    const position = promptIds.length - 1;
    const results = await session.run({ ids: this.#ids(promptIds), tokens }, [
      name,
      ...crossTaps.map((tap) => tap.name),
    ]);
    return {
      logits: rowAt(results[name]!, position, name),
      crossAttention: crossTaps.map((tap, layer): AttentionLayer =>
        attentionOfPosition(results[tap.name]!, {
          tap: tap.name,
          layer,
          position,
          grid,
          isShared: tap.within !== undefined,
        }),
      ),
    };
  }

  async loss(image: Float32Array, objective: Objective): Promise<number> {
    switch (objective.kind) {
      case "feature": {
        const [embedding] = await this.embed([image]);
        return featureLoss(embedding!, objective);
      }
      case "answer": {
        const { promptIds } = objective;
        const { logits: name } = this.#answerSide();
        const { [name]: logits } = await this.#said(image, promptIds, [name]);
        return answerLoss(rowAt(logits!, promptIds.length - 1, name), objective);
      }
      case "text": {
        const { promptIds, textIds } = objective;
        const { logits: said, textLogits: name = said } = this.#answerSide();
        const read = [...promptIds, ...textIds.slice(0, -1)];
        const { [name]: logits } = await this.#said(image, read, [name]);
        const width = logits!.shape.at(-1)!;
        const rows = floatData(logits!, name).subarray(0, read.length * width);
        return textLoss(rows.subarray((promptIds.length - 1) * width), objective);
      }
      case "attention":
        return this.#attentionLoss(image, objective);
    }
  }

  async #attentionLoss(image: Float32Array, objective: AttentionObjective): Promise<number> {
    const { encoder, taps, grid } = this.#parts;
    const { promptIds, of } = objective;
    const valueOf = (tap: string) => (of === "encoder" ? tapValue(encoder.parts.vision, tap) : tap);
    const maps =
      of === "encoder"
        ? encoderMaps(taps, objective)
        : answerMaps(this.#answerSide().crossTaps, grid, objective, promptIds.length);
    const wanted = maps.map(({ tap }) => valueOf(tap));
    const made =
      of === "encoder"
        ? await encoder.run([image], wanted)
        : await this.#said(image, promptIds, wanted);
    return attentionLoss(
      objective,
      maps.map((weighed) => {
        const value = valueOf(weighed.tap);
        return { data: floatData(made[value]!, value), weighed };
      }),
    );
  }

  /** What the answering graph makes of a picture and these tokens. */
  async #said(image: Float32Array, ids: readonly number[], wanted: readonly string[]) {
    const { encoder } = this.#parts;
    const { tokens } = encoder.parts;
    const { session } = this.#answerSide();
    const encoded = await encoder.run([image], [tokens]);
    const feeds = { ids: this.#ids(ids), tokens: encoded[tokens]! };
    return session.run(feeds, wanted);
  }

  /** Token ids as the answering graph takes them: padded where it takes one length alone. */
  #ids(ids: readonly number[]): Tensor {
    const { promptLength } = this.#answerSide();
    if (promptLength === undefined) return int64Tensor(ids, [1, ids.length]);
    return paddedIds(ids, paddingOf(this.#parts));
  }

  async lossGradient(image: Float32Array, objective: Objective): Promise<LossGradient> {
    return (await this.#gradients.open()).lossGradient(this.#feeds(image), objective);
  }

  async relevance(image: Float32Array, objective: AnswerObjective): Promise<Float32Array> {
    const { grid } = this.#parts;
    const graphs = await this.#gradients.open();
    const taps = await graphs.attentionGradients(this.#feeds(image), objective);
    return answerRelevance(taps, objective.promptIds.length - 1, grid[0] * grid[1]);
  }

  async tokenGradient(image: Float32Array, objective: Objective): Promise<TokenGradient> {
    const { encoder } = this.#parts;
    const { tokens: name } = encoder.parts;
    const { [name]: tokens } = await encoder.run([image], [name]);
    const graphs = await this.#gradients.open();
    const made = await graphs.tokenGradient(this.#feeds(image), objective);
    return { ...made, tokens: floatTensor(floatData(tokens!, name), tokens!.shape) };
  }

  async innerSites(): Promise<readonly InnerSite[]> {
    return (await this.#opened()).sites();
  }

  async innerRun(request: InnerRequest): Promise<InnerResult> {
    return (await this.#opened()).run(request);
  }

  /** The model's inside; what reads it is fetched when it is first looked at. */
  #opened(): Promise<Inside> {
    const opening = (this.#inside ??= loadPart(() => import("./inside.ts")).then(
      (part) => new part.Inside(this.#parts),
    ));
    opening.catch(() => {
      this.#inside = undefined;
    });
    return opening;
  }

  async withShuffledWeights(share: number, seed: number): Promise<OnnxModel> {
    const { encoder, answerSide } = this.#parts;
    const { shuffledGraphs } = await loadPart(() => import("./shuffledGraphs.ts"));
    const changed = await shuffledGraphs(this.#parts, share, seed);
    return new OnnxModel({
      ...this.#parts,
      sha256: `${this.sha256}+shuffled ${share} ${seed}`,
      encoder: new Encoder({ ...encoder.parts, links: changed.links }),
      answerSide: answerSide && changed.answerSide,
      owned: changed.opened,
    });
  }

  async checkGradient(
    image: Float32Array,
    objective: Objective,
    seed: number,
  ): Promise<GradientCheck> {
    const { size } = this.manifest.input;
    const graphs = await this.#gradients.open();
    const { gradient } = await graphs.lossGradient(this.#feeds(image), objective);
    const check = await checkGradient({
      loss: (x) => graphs.loss(this.#feeds(x.data), objective),
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

  withLinks(links: readonly ModelLink[]): Promise<LinkableModel> {
    return this.#linked.model(links);
  }

  async release(): Promise<void> {
    await this.#linked.release();
    await this.#gradients.release();
    await (await this.#inside?.catch(() => undefined))?.release();
    for (const session of this.#parts.owned) await session.release();
  }

  /** A mapped embedding with norm 1; the model's own has it already. */
  #unitNorm(embedding: Float32Array): Float32Array {
    if (!this.#parts.encoder.parts.isMapped) return embedding;
    const norm = l2Norm(embedding);
    return norm > 0 ? embedding.map((value) => value / norm) : embedding;
  }

  #feeds(image: Float32Array): ChainFeeds {
    return this.#parts.encoder.feeds([image]);
  }

  #answerSide(): AnswerSide {
    const { answerSide } = this.#parts;
    if (answerSide) return answerSide;
    throw new LabError(
      "model-incompatible",
      `Model ${this.manifest.id} is an image encoder without a text side, so it can't answer.`,
    );
  }
}

/** The gradient side of a model; its rules are fetched with the first gradient, which comes after the first answer. */
interface GradientSide {
  open(): Promise<LossGraphs>;
  release(): Promise<void>;
}

function gradientSide({
  manifest,
  encoder,
  answerSide,
  taps,
  grid,
  mergedBytes,
  sessions,
}: ModelParts): GradientSide {
  const padding = paddingOf({ manifest, answerSide });
  const source = { encoder, answer: answerSide, taps, grid, padding, mergedBytes };
  let opened: Promise<LossGraphs> | undefined;
  return {
    open() {
      const opening = (opened ??= loadPart(() => import("./lossGraphs.ts")).then(
        (part) => new part.LossGraphs(source, sessions),
      ));
      opening.catch(() => {
        opened = undefined;
      });
      return opening;
    },
    release: async () => (await opened)?.release(),
  };
}

async function openSet(parts: ModelParts, links: readonly ModelLink[]): Promise<OpenSet> {
  const { encoder, opened, scalars } = await linkedEncoder(parts.encoder, links, parts.sessions);
  return { model: new OnnxModel({ ...parts, encoder, owned: opened }), scalars };
}
