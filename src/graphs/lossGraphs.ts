/**
 * The gradient side of a model: a loss head at the end of its chain of graphs, differentiated by the ONNX toolkit, one
 * set of sessions per (loss, number of answers). Built on first use: most visits never attack.
 */
import { LabError } from "../errors/labError.ts";
import type { TokenGradient } from "../model/innerModel.ts";
import type {
  AnswerObjective,
  AttentionObjective,
  FeatureObjective,
  LossGradient,
  Objective,
  TextObjective,
} from "../model/objective.ts";
import { checkAnswerObjective } from "../model/objectiveLoss.ts";
import {
  ANSWER_INPUTS,
  LOSS_OUTPUT,
  REFERENCE_INPUT,
  TEXT_INPUTS,
  withAnswerLoss,
  withAttentionLoss,
  withFeatureLoss,
  withTextLoss,
} from "../onnx/edit/lossHeads.ts";
import { GraphView } from "../onnx/graph.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import { findAttentionTaps } from "../onnx/taps.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import { answerMaps, encoderMaps } from "./attentionGoal.ts";
import { onPicture } from "./attentionMaps.ts";
import type { WeighedTap } from "./attentionGoal.ts";
import { chainShapes, linksBehind } from "./chain.ts";
import type { ChainFeeds, Link } from "./chain.ts";
import { ChainGradient } from "./chainGradient.ts";
import { mergedLinks } from "./mergedLinks.ts";
import { IMAGE, tapValue } from "./encoder.ts";
import type { Encoder } from "./encoder.ts";
import { attentionInputs, objectiveFeeds, readsTruth } from "./objectiveFeeds.ts";
import type { Padding } from "./promptPadding.ts";
import type { PictureTap } from "./readyModel.ts";
import { probeRunner } from "./runners.ts";
import type { SessionFactory } from "./session.ts";
import { TOKEN_COTANGENT, towardsCotangent } from "./tokenCotangent.ts";

export interface LossSource {
  readonly encoder: Encoder;
  /** Absent for an encoder without a text side: then only the feature loss is there. */
  readonly answer?: AnswerGraph | undefined;
  /** Attention maps of the encoder with a place on the picture. */
  readonly taps: readonly PlacedTap[];
  readonly grid: readonly [number, number];
  /** How prompts are padded. */
  readonly padding: Padding;
  /** See chain.ts. */
  readonly mergedBytes: number;
}

interface AnswerGraph {
  readonly model: ModelProto;
  readonly logits: string;
  /** Of the vocabulary alone, where `logits` has more. */
  readonly textLogits?: string | undefined;
  readonly crossTaps: readonly PictureTap[];
  /** Inputs beside the question and the tokens, by the value of the chain that each reads. */
  readonly scalars?: Readonly<Record<string, string>> | undefined;
}

/** One attention map and the gradient of the loss with respect to it. */
export interface TapGradient {
  readonly tap: PictureTap;
  readonly attention: Float32Array;
  readonly gradient: Float32Array;
}

interface Relevance {
  readonly chain: ChainGradient;
  /** By the value of the chain. */
  readonly taps: ReadonlyMap<string, PictureTap>;
}

export class LossGraphs {
  readonly #source: LossSource;
  readonly #sessions: SessionFactory;
  readonly #built = new Map<string, Promise<ChainGradient>>();
  /** By number of answers. */
  readonly #relevance = new Map<number, Promise<Relevance>>();

  constructor(source: LossSource, sessions: SessionFactory) {
    this.#source = source;
    this.#sessions = sessions;
  }

  /** @param image what the encoder is fed (Encoder.feeds), scalars included */
  async lossGradient(image: ChainFeeds, objective: Objective): Promise<LossGradient> {
    const chain = await this.#chain(objective);
    const { loss, gradients } = await chain.lossAndGradients(this.#feeds(image, objective));
    return { loss, gradient: gradients[IMAGE]! };
  }

  /** The loss alone, from the same graphs (for central differences: same rounding on both sides). */
  async loss(image: ChainFeeds, objective: Objective): Promise<number> {
    const chain = await this.#chain(objective);
    return chain.loss(this.#feeds(image, objective));
  }

  /** Attention maps with the gradient of the answer's margin, encoder layers first, as [1, heads, queries, keys]. */
  async attentionGradients(
    image: ChainFeeds,
    objective: AnswerObjective,
  ): Promise<readonly TapGradient[]> {
    const { chain, taps } = await kept(this.#relevance, objective.answers.length, () =>
      this.#buildRelevance(objective),
    );
    const { values, gradients } = await chain.lossAndGradients(this.#feeds(image, objective));
    return [...taps].flatMap(([value, tap]) => {
      const [attention, gradient] = [values[value], gradients[value]];
      if (!attention || !gradient) return [];
      return [{ tap, attention: onPicture(attention, tap), gradient: onPicture(gradient, tap) }];
    });
  }

  /** The gradient of the objective with respect to the image tokens, [T * D]. */
  async tokenGradient(
    image: ChainFeeds,
    objective: Objective,
  ): Promise<Omit<TokenGradient, "tokens">> {
    const { tokens } = this.#source.encoder.parts;
    const key = `tokens ${objectiveKey(objective)}`;
    const chain = await kept(this.#built, key, async () =>
      this.#open(await this.#lossLinks(objective), this.#shapes(objective), [tokens]),
    );
    const { loss, gradients } = await chain.lossAndGradients(this.#feeds(image, objective));
    const { [tokens]: gradient } = gradients;
    if (!gradient) {
      throw new LabError("graph-unsupported-op", "This objective does not read the image tokens.");
    }
    return { loss, gradient };
  }

  /**
   * The loss of what is answered from these tokens, and its gradient with respect to them, [T * D].
   * @param fed whatever the encoder is fed: of it only scalars are read
   */
  async lossOfTokens(
    tokens: FloatTensor,
    fed: ChainFeeds,
    objective: Objective,
  ): Promise<LossGradient> {
    const { tokens: name } = this.#source.encoder.parts;
    const key = ["fromTokens", objectiveKey(objective)].join(" ");
    const chain = await kept(this.#built, key, async () => {
      const head = (await this.#lossLinks(objective)).slice(-1);
      return this.#open(head, { ...this.#shapes(objective), [name]: tokens.shape }, [name]);
    });
    const feeds = { ...this.#feeds(fed, objective), [name]: tokens };
    const { loss, gradients } = await chain.lossAndGradients(feeds);
    return { loss, gradient: gradients[name]! };
  }

  /** The cotangent of the picture's tokens [1, T, D] as one of the picture. */
  async pullback(image: ChainFeeds, cotangent: FloatTensor): Promise<Float32Array> {
    const { shape } = cotangent;
    const chain = await kept(this.#built, "tokenCotangent", () => {
      const shapes = { ...this.#source.encoder.shapes(1), [TOKEN_COTANGENT]: shape };
      return this.#open(towardsCotangent(this.#source.encoder, shape), shapes, [IMAGE]);
    });
    const feeds = { ...image, [TOKEN_COTANGENT]: cotangent };
    return (await chain.lossAndGradients(feeds)).gradients[IMAGE]!;
  }

  async release(): Promise<void> {
    for (const built of this.#relevance.values()) await (await built).chain.release();
    this.#relevance.clear();
    for (const built of this.#built.values()) await (await built).release();
    this.#built.clear();
  }

  #chain(objective: Objective): Promise<ChainGradient> {
    return kept(this.#built, objectiveKey(objective), async () => {
      const links = await this.#lossLinks(objective);
      return this.#open(links, this.#shapes(objective), [IMAGE]);
    });
  }

  #open(
    links: readonly Link[],
    shapes: Readonly<Record<string, readonly number[]>>,
    wrt: readonly string[],
  ): Promise<ChainGradient> {
    const needed = linksBehind(links, [LOSS_OUTPUT]);
    return ChainGradient.open(
      {
        links: mergedLinks(needed, this.#source.mergedBytes),
        loss: LOSS_OUTPUT,
        wrt,
        shapes,
      },
      this.#sessions,
    );
  }

  async #buildRelevance(objective: AnswerObjective): Promise<Relevance> {
    const { encoder } = this.#source;
    const links = this.#answerLinks({ ...objective, aim: "towards", loss: "margin" });
    const tables = await chainShapes(links, this.#shapes(objective), probeRunner(this.#sessions));
    const visionAt = links.findIndex(({ name }) => name === encoder.parts.vision);
    const tokens = tables[visionAt]?.shapes.get(encoder.parts.visionTokens)?.[1];
    const taps = new Map<string, PictureTap>();
    const tapped = links.map((link, k): Link => {
      // What stands before the encoder sees pixels, not tokens.
      if (k < visionAt) return link;
      const outputs: Record<string, string> = { ...link.outputs };
      const parts = link.name === "head" ? this.#shapedMaps() : new Map<string, PictureTap>();
      for (const tap of findAttentionTaps(new GraphView(link.model), tables[k])) {
        const part = parts.get(tap.name);
        // What words pay to words is not on the picture.
        if (!part && (tap.shape.length !== 4 || tap.shape.at(-1) !== tokens)) continue;
        const value = (outputs[tap.name] ??= tapValue(link.name, tap.name));
        taps.set(value, part ?? tap);
      }
      return { ...link, outputs };
    });
    if (taps.size === 0) {
      throw new LabError(
        "graph-unsupported-op",
        "No attention of this model's answer to the picture's tokens is shown by its graphs, so that no relevance can be followed.",
        { hint: "Occlusion and integrated gradients need no attention." },
      );
    }
    return { chain: await this.#open(tapped, this.#shapes(objective), [...taps.keys()]), taps };
  }

  /**
   * The answering graph's maps that are not [1, heads, queries, image tokens] by themselves: parts of a map over one sequence,
   * by the whole map's name, and those of a pooling head that has its heads on the first axis.
   */
  #shapedMaps(): ReadonlyMap<string, PictureTap> {
    const { crossTaps } = this.#answerGraph();
    return new Map(
      crossTaps.flatMap((tap) => {
        if (tap.within) return [[tap.within.tap.name, tap]];
        if (tap.texts) return [[tap.texts.name, tap]];
        return tap.shape.length === 3 ? [[tap.name, { ...tap, shape: [1, ...tap.shape] }]] : [];
      }),
    );
  }

  /** The chain from the image to output LOSS_OUTPUT. */
  async #lossLinks(objective: Objective): Promise<readonly Link[]> {
    switch (objective.kind) {
      case "answer":
        return this.#answerLinks(objective);
      case "feature":
        return this.#featureLinks(objective);
      case "text":
        return this.#textLinks(objective);
      case "attention":
        return this.#attentionLinks(objective);
    }
  }

  #featureLinks({ loss, aim, reference }: FeatureObjective): readonly Link[] {
    const { encoder } = this.#source;
    const at = encoder.links.findIndex(({ outputs }) =>
      Object.values(outputs).includes(encoder.parts.embedding),
    );
    const link = encoder.links[at]!;
    const feature = Object.keys(link.outputs).find(
      (name) => link.outputs[name] === encoder.parts.embedding,
    )!;
    const model = withFeatureLoss(link.model, {
      kind: loss,
      feature,
      shape: [1, reference.length],
      targeted: aim === "towards",
    });
    const inputs = { ...link.inputs, [REFERENCE_INPUT]: REFERENCE_INPUT };
    const head = { name: link.name, model, inputs, outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT } };
    return [...encoder.links.slice(0, at), head];
  }

  #answerLinks(objective: AnswerObjective): readonly Link[] {
    const answer = this.#answerGraph();
    checkAnswerObjective(objective);
    const { loss, aim, answers } = objective;
    const model = withAnswerLoss(answer.model, {
      kind: loss === "margin" ? "cw-margin" : loss,
      logits: answer.logits,
      batch: 1,
      answers: answers.length,
      targeted: aim === "towards",
    });
    const { position, answerIds, target, truth } = ANSWER_INPUTS;
    const named = [position, answerIds, target, ...(readsTruth(objective) ? [truth] : [])];
    return this.#behindEncoder(model, named);
  }

  async #textLinks({ aim }: TextObjective): Promise<readonly Link[]> {
    const answer = this.#answerGraph();
    const { model, logits: said, textLogits: logits = said } = answer;
    const plain = this.#behindEncoder(model, [], logits);
    const { length: positions } = this.#source.padding;
    const shapes = { ...this.#source.encoder.shapes(1), ids: [1, positions] };
    const tables = await chainShapes(plain, shapes, probeRunner(this.#sessions));
    const vocabulary = tables.at(-1)!.shapes.get(logits)!.at(-1)!;
    const targeted = aim === "towards";
    const head = withTextLoss(model, { logits, positions, vocabulary, targeted });
    return this.#behindEncoder(head, Object.values(TEXT_INPUTS));
  }

  #attentionLinks(objective: AttentionObjective): readonly Link[] {
    const { encoder } = this.#source;
    const { loss: kind, aim, of } = objective;
    const taps = this.#weighed(objective);
    const names = taps.flatMap((_, k) => attentionInputs(objective, k));
    const head = (model: ModelProto) =>
      withAttentionLoss(model, { kind, taps, targeted: aim === "towards" });
    if (of === "answer") return this.#behindEncoder(head(this.#answerGraph().model), names);
    const at = encoder.links.findIndex(({ name }) => name === encoder.parts.vision);
    const { name, model, inputs } = encoder.links[at]!;
    const fed = { ...inputs, ...Object.fromEntries(names.map((input) => [input, input])) };
    const link = { name, model: head(model), inputs: fed, outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT } };
    return [...encoder.links.slice(0, at), link];
  }

  /** The encoder's links and the answering graph with a head, which reads these inputs beside the question. */
  #behindEncoder(
    model: ModelProto,
    named: readonly string[],
    output = LOSS_OUTPUT,
  ): readonly Link[] {
    const { encoder } = this.#source;
    const inputs = {
      ids: "ids",
      tokens: encoder.parts.tokens,
      ...this.#answerGraph().scalars,
      ...Object.fromEntries(named.map((name) => [name, name])),
    };
    return [...encoder.links, { name: "head", model, inputs, outputs: { [output]: output } }];
  }

  #answerGraph(): AnswerGraph {
    const { answer } = this.#source;
    if (answer) return answer;
    throw new LabError(
      "model-incompatible",
      "An encoder without a text side has no answer to move or to explain.",
    );
  }

  #weighed(objective: AttentionObjective): readonly WeighedTap[] {
    const { taps, grid, padding } = this.#source;
    if (objective.of === "encoder") return encoderMaps(taps, objective);
    return answerMaps(this.#answerGraph().crossTaps, grid, objective, padding.length);
  }

  #shapes(objective: Objective): Record<string, readonly number[]> {
    const shapes = this.#source.encoder.shapes(1);
    const fed = Object.entries(this.#feeds({}, objective));
    return { ...shapes, ...Object.fromEntries(fed.map(([name, { shape }]) => [name, shape])) };
  }

  #feeds(image: ChainFeeds, objective: Objective): ChainFeeds {
    const weighed = objective.kind === "attention" ? this.#weighed(objective) : [];
    return { ...image, ...objectiveFeeds(objective, weighed, this.#source.padding) };
  }
}

/** Objectives with one key have one graph. */
function objectiveKey(objective: Objective): string {
  const { kind, aim, loss } = objective;
  return `${kind} ${aim} ${loss} ${variantOf(objective)}`;
}

function variantOf(objective: Objective): number | string {
  switch (objective.kind) {
    case "answer":
      return objective.answers.length;
    case "feature":
      return objective.reference.length;
    case "text":
      return "";
    case "attention":
      return objective.of;
  }
}

/** What was built under the key, built now where it was not. A failed build may be tried again (a lost device, say). */
function kept<K, V>(built: Map<K, Promise<V>>, key: K, build: () => Promise<V>): Promise<V> {
  const known = built.get(key) ?? build();
  built.set(key, known);
  known.catch(() => built.delete(key));
  return known;
}
