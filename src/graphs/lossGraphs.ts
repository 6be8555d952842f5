/**
 * The gradient side of a model: a loss head at the end of its chain of graphs, differentiated by the ONNX toolkit, one
 * set of sessions per (loss, number of answers). Built on first use: most visits never attack.
 */
import { LabError, invariant } from "../errors/labError.ts";
import { goalIndex } from "../model/attackLoss.ts";
import type { LossGradient, LossRequest } from "../model/visionLanguageModel.ts";
import {
  ANSWER_INPUTS,
  LOSS_OUTPUT,
  REFERENCE_INPUT,
  withAnswerLoss,
  withFeatureLoss,
} from "../onnx/edit/lossHeads.ts";
import { GraphView } from "../onnx/graph.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { findAttentionTaps } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { chainShapes, linksBehind, mergedLinks } from "./chain.ts";
import type { Link } from "./chain.ts";
import { ChainGradient } from "./chainGradient.ts";
import { IMAGE, tapValue } from "./encoder.ts";
import type { Encoder } from "./encoder.ts";
import { probeRunner } from "./runners.ts";
import type { SessionFactory } from "./session.ts";

export interface LossSource {
  readonly encoder: Encoder;
  /** Absent for an encoder without a text side: then only the feature loss is there. */
  readonly answer?: { readonly model: ModelProto; readonly logits: string } | undefined;
  readonly padId: number;
  /** See chain.ts. */
  readonly mergedBytes: number;
}

/**
 * Prompts are padded to this many tokens, so that a new question needs no new session. The head is causal: what follows
 * the answering position cannot reach it.
 */
const PROMPT_LENGTH = 32;

/** One attention map and the gradient of the loss with respect to it. */
export interface TapGradient {
  readonly tap: AttentionTap;
  readonly attention: Float32Array;
  readonly gradient: Float32Array;
}

interface Relevance {
  readonly chain: ChainGradient;
  /** By the value of the chain. */
  readonly taps: ReadonlyMap<string, AttentionTap>;
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

  async lossGradient(image: Float32Array, request: LossRequest): Promise<LossGradient> {
    const chain = await this.#chain(request);
    const { loss, gradients } = await chain.lossAndGradients(this.#feeds(image, request));
    return { loss, gradient: gradients[IMAGE]! };
  }

  /** The loss alone, from the same graphs (for central differences: same rounding on both sides). */
  async loss(image: Float32Array, request: LossRequest): Promise<number> {
    const chain = await this.#chain(request);
    return chain.loss(this.#feeds(image, request));
  }

  /** Attention maps with the gradient of the answer's margin, encoder layers first, as [1, heads, queries, keys]. */
  async attentionGradients(
    image: Float32Array,
    request: LossRequest,
  ): Promise<readonly TapGradient[]> {
    const { chain, taps } = await kept(this.#relevance, request.answers.length, () =>
      this.#buildRelevance(request),
    );
    const { values, gradients } = await chain.lossAndGradients(this.#feeds(image, request));
    return [...taps].flatMap(([value, tap]) => {
      const [attention, gradient] = [values[value], gradients[value]];
      return attention && gradient ? [{ tap, attention, gradient }] : [];
    });
  }

  async release(): Promise<void> {
    for (const built of this.#relevance.values()) await (await built).chain.release();
    this.#relevance.clear();
    for (const built of this.#built.values()) await (await built).release();
    this.#built.clear();
  }

  #chain(request: LossRequest): Promise<ChainGradient> {
    const key =
      request.goal.kind === "feature"
        ? `feature ${request.reference?.length ?? 0}`
        : `${request.goal.kind} ${request.answers.length}`;
    return kept(this.#built, key, () => {
      const links = this.#lossLinks(request);
      return this.#open(links, request, [IMAGE]);
    });
  }

  #open(
    links: readonly Link[],
    request: LossRequest,
    wrt: readonly string[],
  ): Promise<ChainGradient> {
    const needed = linksBehind(links, [LOSS_OUTPUT]);
    return ChainGradient.open(
      {
        links: mergedLinks(needed, this.#source.mergedBytes),
        loss: LOSS_OUTPUT,
        wrt,
        shapes: this.#shapes(request),
      },
      this.#sessions,
    );
  }

  async #buildRelevance(request: LossRequest): Promise<Relevance> {
    const { encoder, answer } = this.#source;
    if (!answer) {
      throw new LabError(
        "model-incompatible",
        "An encoder without a text side has no answer to explain.",
      );
    }
    const goal = { kind: "say", answer: request.answers[0]! } as const;
    const links = this.#lossLinks({ ...request, goal });
    const tables = await chainShapes(links, this.#shapes(request), probeRunner(this.#sessions));
    const visionAt = links.findIndex(({ name }) => name === encoder.parts.vision);
    const tokens = tables[visionAt]?.shapes.get(encoder.parts.visionTokens)?.[1];
    const taps = new Map<string, AttentionTap>();
    const tapped = links.map((link, k): Link => {
      // What stands before the encoder sees pixels, not tokens.
      if (k < visionAt) return link;
      const outputs: Record<string, string> = { ...link.outputs };
      for (const tap of findAttentionTaps(new GraphView(link.model), tables[k])) {
        // What words pay to words is not on the picture.
        if (tap.shape.length !== 4 || tap.shape.at(-1) !== tokens) continue;
        const value = (outputs[tap.name] ??= tapValue(link.name, tap.name));
        taps.set(value, tap);
      }
      return { ...link, outputs };
    });
    return { chain: await this.#open(tapped, request, [...taps.keys()]), taps };
  }

  /** The chain from the image to output LOSS_OUTPUT. */
  #lossLinks(request: LossRequest): readonly Link[] {
    const { encoder, answer } = this.#source;
    if (request.goal.kind === "feature" || !answer) {
      const at = encoder.links.findIndex(({ outputs }) =>
        Object.values(outputs).includes(encoder.parts.embedding),
      );
      const link = encoder.links[at]!;
      const feature = Object.keys(link.outputs).find(
        (name) => link.outputs[name] === encoder.parts.embedding,
      )!;
      const model = withFeatureLoss(link.model, {
        kind: "cosine",
        feature,
        shape: [1, request.reference?.length ?? 0],
      });
      return [
        ...encoder.links.slice(0, at),
        {
          name: link.name,
          model,
          inputs: { ...link.inputs, [REFERENCE_INPUT]: REFERENCE_INPUT },
          outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT },
        },
      ];
    }
    const { position, answerIds, target } = ANSWER_INPUTS;
    const model = withAnswerLoss(answer.model, {
      kind: "cw-margin",
      logits: answer.logits,
      batch: 1,
      answers: request.answers.length,
      targeted: request.goal.kind === "say",
    });
    return [
      ...encoder.links,
      {
        name: "head",
        model,
        inputs: {
          ids: "ids",
          tokens: encoder.parts.tokens,
          [position]: position,
          [answerIds]: answerIds,
          [target]: target,
        },
        outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT },
      },
    ];
  }

  #shapes(request: LossRequest): Record<string, readonly number[]> {
    const { encoder } = this.#source;
    return {
      ...encoder.shapes(1),
      ids: [1, PROMPT_LENGTH],
      [ANSWER_INPUTS.position]: [1],
      [ANSWER_INPUTS.answerIds]: [request.answers.length],
      [ANSWER_INPUTS.target]: [1],
      [REFERENCE_INPUT]: [1, request.reference?.length ?? 0],
    };
  }

  #feeds(image: Float32Array, request: LossRequest): Record<string, Tensor> {
    const feeds = this.#source.encoder.feeds([image]);
    if (request.goal.kind === "feature") {
      invariant(request.reference, "no reference feature");
      feeds[REFERENCE_INPUT] = floatTensor(request.reference, [1, request.reference.length]);
    } else {
      Object.assign(feeds, this.#promptFeeds(request, request.goal.answer));
    }
    return feeds;
  }

  #promptFeeds(request: LossRequest, answer: string): Record<string, Tensor> {
    const ids = request.promptIds;
    if (ids.length > PROMPT_LENGTH) {
      throw new LabError(
        "question-invalid",
        `The question has ${ids.length} tokens; attacks take at most ${PROMPT_LENGTH}.`,
        { hint: "Ask it in fewer words." },
      );
    }
    const target = goalIndex(request.answers, answer);
    const padded = [...ids, ...Array<number>(PROMPT_LENGTH - ids.length).fill(this.#source.padId)];
    return {
      ids: int64Tensor(padded, [1, PROMPT_LENGTH]),
      [ANSWER_INPUTS.position]: int64Tensor([ids.length - 1], [1]),
      [ANSWER_INPUTS.answerIds]: int64Tensor(request.answerTokenIds, [request.answers.length]),
      [ANSWER_INPUTS.target]: int64Tensor([target], [1]),
    };
  }
}

/** What was built under the key, built now where it was not. A failed build may be tried again (a lost device, say). */
function kept<K, V>(built: Map<K, Promise<V>>, key: K, build: () => Promise<V>): Promise<V> {
  const known = built.get(key) ?? build();
  built.set(key, known);
  known.catch(() => built.delete(key));
  return known;
}
