/** VisionLanguageModel over ONNX graphs: a chain of graphs that encodes, a graph that answers, gradients on demand. */
import { loadPart } from "../host/loadPart.ts";
import type { AnswerObjective, LossGradient, Objective } from "../model/objective.ts";
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
  TokenSlopes,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import { checkGradient } from "../onnx/grad/check.ts";
import { hasStandIns } from "../onnx/straightThrough.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { floatData, floatTensor } from "../tensor/tensor.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import {
  answerRelevance,
  attentionOfPosition,
  matrixOf,
  receivedAttention,
} from "./attentionMaps.ts";
import type { ChainFeeds } from "./chain.ts";
import { embedImages, unitNorm } from "./embedding.ts";
import { Encoder, tapValue } from "./encoder.ts";
import { forwardLoss } from "./forwardLoss.ts";
import { gradientSide } from "./gradientSide.ts";
import type { GradientSide } from "./gradientSide.ts";
import type { Inside } from "./inside.ts";
import { LinkedModels } from "./linkedModels.ts";
import type { OpenSet } from "./linkedModels.ts";
import { answerFeeds, answerSideOf, rowAt } from "./modelParts.ts";
import type { ModelParts } from "./modelParts.ts";

/** Rollout follows tokens through all layers: it needs every layer to see the same tokens whole. */
function rolloutTaps(taps: readonly PlacedTap[]): readonly PlacedTap[] {
  const layers = taps.filter(({ kind }) => kind === "self");
  const sizes = new Set(layers.map(({ tap }) => tap.shape.at(-1)));
  return sizes.size === 1 && layers.every(({ isGlobal }) => isGlobal) ? layers : [];
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
    return answerSideOf(this.#parts).tokenizer.encodeQuestion(question);
  }

  encodeText(text: string): readonly number[] {
    return answerSideOf(this.#parts).tokenizer.encodeText(text);
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

  get captions(): VisionLanguageModel["captions"] {
    return this.#parts.captions;
  }

  async encode(image: Float32Array, { maps }: Look = { maps: true }): Promise<Encoding> {
    const { encoder } = this.#parts;
    const taps = maps ? this.#parts.taps : [];
    const { tokens, embedding, vision } = encoder.parts;
    const valueOf = ({ tap }: PlacedTap): string => tapValue(vision, tap.name);
    const results = await encoder.run([image], [tokens, embedding, ...taps.map(valueOf)]);
    const layers = { self: 0, pool: 0 };
    return {
      embedding: unitNorm(encoder, floatData(results[embedding]!, embedding)),
      tokens: results[tokens] as FloatTensor,
      attention: taps.map((placed) =>
        receivedAttention(results[valueOf(placed)]!, placed, layers[placed.kind]++),
      ),
      selfAttentionMatrices: rolloutTaps(taps).map((placed) =>
        matrixOf(results[valueOf(placed)]!, placed.tap.name),
      ),
    };
  }

  embed(images: readonly Float32Array[]): Promise<Float32Array[]> {
    return embedImages(this.#parts.encoder, images);
  }

  async answer(
    tokens: FloatTensor,
    promptIds: readonly number[],
    { maps }: Look = { maps: true },
  ): Promise<AnswerLogits> {
    const { logits: name, session, ...side } = answerSideOf(this.#parts);
    const crossTaps = maps ? side.crossTaps : [];
    const { grid } = this.#parts;
    const position = promptIds.length - 1;
    const results = await session.run(answerFeeds(this.#parts, promptIds, tokens), [
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

  loss(image: Float32Array, objective: Objective): Promise<number> {
    return forwardLoss(this.#parts, image, objective);
  }

  async lossGradient(image: Float32Array, objective: Objective): Promise<LossGradient> {
    return (await this.#gradients.open()).lossGradient(this.#feeds(image), objective);
  }

  get slopes(): TokenSlopes | undefined {
    if (!this.#parts.answerSide) return undefined;
    return {
      lossOf: async (tokens, objective) => {
        const blank = this.#feeds(new Float32Array(this.manifest.input.size ** 2));
        return (await this.#gradients.open()).lossOfTokens(tokens, blank, objective);
      },
      pullback: async (image, cotangent) =>
        (await this.#gradients.open()).pullback(this.#feeds(image), cotangent),
    };
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

  #feeds(image: Float32Array): ChainFeeds {
    return this.#parts.encoder.feeds([image]);
  }
}

async function openSet(before: ModelParts, links: readonly ModelLink[]): Promise<OpenSet> {
  const { linkedParts } = await loadPart(() => import("./linkedParts.ts"));
  const { parts, scalars } = await linkedParts(before, links);
  return { model: new OnnxModel(parts), scalars };
}
