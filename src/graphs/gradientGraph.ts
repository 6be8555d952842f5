/**
 * The gradient side of a model: encoder and answering head joined, a loss head on top, differentiated by the ONNX
 * toolkit, one session per (loss, number of answers). Built on first use: most visits never attack.
 */
import { goalIndex } from "../model/attackLoss.ts";
import type { LossRequest, LossGradient } from "../model/visionLanguageModel.ts";
import type { GraphSession, SessionFactory } from "./session.ts";
import { composeGraphs } from "../onnx/edit/compose.ts";
import {
  ANSWER_INPUTS,
  LOSS_OUTPUT,
  REFERENCE_INPUT,
  withAnswerLoss,
  withFeatureLoss,
} from "../onnx/edit/lossHeads.ts";
import { withAttentionGradients } from "../onnx/edit/relevance.ts";
import type { RelevanceOutputs } from "../onnx/edit/relevance.ts";
import { differentiate } from "../onnx/grad/differentiate.ts";
import { GraphView } from "../onnx/graph.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import { findAttentionTaps } from "../onnx/taps.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import { LabError } from "../errors/labError.ts";
import { floatData, floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface GradientSource {
  readonly vision: ModelProto;
  /** Absent for an encoder without a text side: then only the feature loss is there. */
  readonly answer?: ModelProto;
  readonly imageInput: string;
  readonly embeddingOutput: string;
  readonly tokensOutput: string;
  readonly logitsOutput?: string;
  readonly imageSize: number;
  readonly padId: number;
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

interface LossSession {
  readonly session: GraphSession;
  /** Name of the output that holds the image's gradient. */
  readonly gradient: string;
}

interface RelevanceSession {
  readonly session: GraphSession;
  readonly outputs: readonly RelevanceOutputs[];
}

export class GradientGraphs {
  readonly #source: GradientSource;
  readonly #sessions: SessionFactory;
  readonly #built = new Map<string, Promise<LossSession>>();
  /** By number of answers. */
  readonly #relevance = new Map<number, Promise<RelevanceSession>>();

  constructor(source: GradientSource, sessions: SessionFactory) {
    this.#source = source;
    this.#sessions = sessions;
  }

  async lossGradient(image: Float32Array, request: LossRequest): Promise<LossGradient> {
    const { session, gradient } = await this.#session(request);
    const results = await session.run(this.#feeds(image, request), [LOSS_OUTPUT, gradient]);
    return {
      loss: floatData(results[LOSS_OUTPUT]!, LOSS_OUTPUT)[0]!,
      gradient: floatData(results[gradient]!, "gradient"),
    };
  }

  /** The loss alone, from the same graph (for central differences: same rounding on both sides). */
  async loss(image: Float32Array, request: LossRequest): Promise<number> {
    const { session } = await this.#session(request);
    const results = await session.run(this.#feeds(image, request), [LOSS_OUTPUT]);
    return floatData(results[LOSS_OUTPUT]!, LOSS_OUTPUT)[0]!;
  }

  /** Attention maps with the loss's gradient, encoder layers first, as [1, heads, queries, keys]. */
  async attentionGradients(
    image: Float32Array,
    request: LossRequest,
  ): Promise<readonly TapGradient[]> {
    const count = request.answers.length;
    let built = this.#relevance.get(count);
    if (!built) {
      built = this.#buildRelevance(request);
      this.#relevance.set(count, built);
      built.catch(() => this.#relevance.delete(count));
    }
    const { session, outputs } = await built;
    const names = outputs.flatMap(({ attention, gradient }) => [attention, gradient]);
    const feeds = this.#feeds(image, request);
    const results = await session.run(feeds, names);
    return outputs.map(({ tap, attention, gradient }) => ({
      tap,
      attention: floatData(results[attention]!, attention),
      gradient: floatData(results[gradient]!, gradient),
    }));
  }

  async #buildRelevance(request: LossRequest): Promise<RelevanceSession> {
    const { vision, answer, logitsOutput, tokensOutput, imageInput, imageSize } = this.#source;
    if (!answer || !logitsOutput) {
      throw new LabError(
        "model-incompatible",
        "An encoder without a text side has no answer to explain.",
      );
    }
    const composed = composeGraphs(vision, answer, { [tokensOutput]: "tokens" });
    const model = withAnswerLoss(composed, {
      kind: "cw-margin",
      logits: logitsOutput,
      batch: 1,
      answers: request.answers.length,
      targeted: true,
    });
    const shapes = await readShapes(model, probeRunner(this.#sessions), {
      shapes: { [imageInput]: [1, 1, imageSize, imageSize], ids: [1, PROMPT_LENGTH] },
    });
    const tokens = shapes.shapes.get(tokensOutput)?.[1];
    // What words pay to words is not on the picture.
    const taps = findAttentionTaps(new GraphView(model), shapes).filter(
      ({ shape }) => shape.length === 4 && shape.at(-1) === tokens,
    );
    const { graph, outputs } = withAttentionGradients(model, {
      loss: LOSS_OUTPUT,
      taps,
      shapes,
      target: this.#sessions.backend === "webgpu" ? "webgpu" : "wasm",
    });
    const session = await this.#sessions.create(serializeModel(graph.model));
    return { session, outputs };
  }

  async release(): Promise<void> {
    for (const built of this.#relevance.values()) await (await built).session.release();
    this.#relevance.clear();
    for (const built of this.#built.values()) await (await built).session.release();
    this.#built.clear();
  }

  #feeds(image: Float32Array, request: LossRequest): Record<string, Tensor> {
    const { imageInput, imageSize } = this.#source;
    const feeds: Record<string, Tensor> = {
      [imageInput]: floatTensor(image, [1, 1, imageSize, imageSize]),
    };
    if (request.goal.kind === "feature") {
      if (!request.reference) throw new LabError("internal", "internal: no reference feature");
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

  #session(request: LossRequest): Promise<LossSession> {
    const key =
      request.goal.kind === "feature"
        ? `feature ${request.reference?.length ?? 0}`
        : `${request.goal.kind} ${request.answers.length}`;
    let session = this.#built.get(key);
    if (!session) {
      session = this.#build(request);
      this.#built.set(key, session);
      // A failed build may be tried again (a lost device, say).
      session.catch(() => this.#built.delete(key));
    }
    return session;
  }

  async #build(request: LossRequest): Promise<LossSession> {
    const { vision, answer, logitsOutput, imageInput, imageSize } = this.#source;
    const image: readonly number[] = [1, 1, imageSize, imageSize];
    const isFeature = request.goal.kind === "feature";
    const model =
      isFeature || !answer || !logitsOutput
        ? withFeatureLoss(vision, {
            kind: "cosine",
            feature: this.#source.embeddingOutput,
            shape: [1, request.reference?.length ?? 0],
          })
        : withAnswerLoss(composeGraphs(vision, answer, { [this.#source.tokensOutput]: "tokens" }), {
            kind: "cw-margin",
            logits: logitsOutput,
            batch: 1,
            answers: request.answers.length,
            targeted: request.goal.kind === "say",
          });
    const shapes = await readShapes(model, probeRunner(this.#sessions), {
      shapes: { [imageInput]: image, ...(isFeature ? {} : { ids: [1, PROMPT_LENGTH] }) },
    });
    const graph = differentiate(model, {
      loss: LOSS_OUTPUT,
      wrt: [imageInput],
      shapes,
      target: this.#sessions.backend === "webgpu" ? "webgpu" : "wasm",
      outputs: [LOSS_OUTPUT],
    });
    const session = await this.#sessions.create(serializeModel(graph.model));
    return { session, gradient: graph.gradients[imageInput]! };
  }
}

/**
 * Runs shape probes: with fixed input shapes the runtime folds what they ask for, and nothing of the model is computed
 * (measured on ViT-B/16: 53 ms instead of 1.3 s). A graph that its optimiser cannot take is run as it is.
 */
export function probeRunner(sessions: SessionFactory): GraphRunner {
  const folding = oneShotRunner(sessions, "basic");
  const plain = oneShotRunner(sessions);
  return async (graph, feeds, outputs) => {
    try {
      return await folding(graph, feeds, outputs);
    } catch {
      return plain(graph, feeds, outputs);
    }
  };
}

/** Runs a graph once; optimising it would cost more than it saves. */
export function oneShotRunner(
  sessions: SessionFactory,
  optimization: "basic" | "disabled" = "disabled",
): GraphRunner {
  return async (graph, feeds, outputs) => {
    const session = await sessions.create(graph, { optimization });
    try {
      return await session.run(feeds, outputs);
    } finally {
      await session.release();
    }
  };
}
