/**
 * The gradient side of a model: a loss head at the end of its chain of graphs, differentiated by the ONNX toolkit, one
 * set of sessions per (loss, number of answers). Built on first use: most visits never attack.
 */
import { LabError } from "../errors/labError.ts";
import type { TokenGradient } from "../model/innerModel.ts";
import type {
  AnswerObjective,
  FeatureObjective,
  LossGradient,
  Objective,
} from "../model/objective.ts";
import { answerIndex, checkAnswerObjective } from "../model/objectiveLoss.ts";
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
import type { ChainFeeds, Link } from "./chain.ts";
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
      return attention && gradient ? [{ tap, attention, gradient }] : [];
    });
  }

  /** The gradient of the objective with respect to the image tokens, [T * D]. */
  async tokenGradient(
    image: ChainFeeds,
    objective: Objective,
  ): Promise<Omit<TokenGradient, "tokens">> {
    const { tokens } = this.#source.encoder.parts;
    const key = `tokens ${objectiveKey(objective)}`;
    const chain = await kept(this.#built, key, () =>
      this.#open(this.#lossLinks(objective), objective, [tokens]),
    );
    const { loss, gradients } = await chain.lossAndGradients(this.#feeds(image, objective));
    const { [tokens]: gradient } = gradients;
    if (!gradient) {
      throw new LabError("graph-unsupported-op", "This objective does not read the image tokens.");
    }
    return { loss, gradient };
  }

  async release(): Promise<void> {
    for (const built of this.#relevance.values()) await (await built).chain.release();
    this.#relevance.clear();
    for (const built of this.#built.values()) await (await built).release();
    this.#built.clear();
  }

  #chain(objective: Objective): Promise<ChainGradient> {
    return kept(this.#built, objectiveKey(objective), () => {
      const links = this.#lossLinks(objective);
      return this.#open(links, objective, [IMAGE]);
    });
  }

  #open(
    links: readonly Link[],
    objective: Objective,
    wrt: readonly string[],
  ): Promise<ChainGradient> {
    const needed = linksBehind(links, [LOSS_OUTPUT]);
    return ChainGradient.open(
      {
        links: mergedLinks(needed, this.#source.mergedBytes),
        loss: LOSS_OUTPUT,
        wrt,
        shapes: this.#shapes(objective),
      },
      this.#sessions,
    );
  }

  async #buildRelevance(objective: AnswerObjective): Promise<Relevance> {
    const { encoder, answer } = this.#source;
    if (!answer) {
      throw new LabError(
        "model-incompatible",
        "An encoder without a text side has no answer to explain.",
      );
    }
    const links = this.#lossLinks({ ...objective, aim: "towards", loss: "margin" });
    const tables = await chainShapes(links, this.#shapes(objective), probeRunner(this.#sessions));
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
    return { chain: await this.#open(tapped, objective, [...taps.keys()]), taps };
  }

  /** The chain from the image to output LOSS_OUTPUT. */
  #lossLinks(objective: Objective): readonly Link[] {
    return objective.kind === "feature"
      ? this.#featureLinks(objective)
      : this.#answerLinks(objective);
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
    const { encoder, answer } = this.#source;
    if (!answer) {
      throw new LabError(
        "model-incompatible",
        "An encoder without a text side has no answer to move.",
      );
    }
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
    const inputs = {
      ids: "ids",
      tokens: encoder.parts.tokens,
      ...Object.fromEntries(named.map((name) => [name, name])),
    };
    const head = { name: "head", model, inputs, outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT } };
    return [...encoder.links, head];
  }

  #shapes(objective: Objective): Record<string, readonly number[]> {
    const shapes = this.#source.encoder.shapes(1);
    if (objective.kind === "feature") {
      return { ...shapes, [REFERENCE_INPUT]: [1, objective.reference.length] };
    }
    return {
      ...shapes,
      ids: [1, PROMPT_LENGTH],
      [ANSWER_INPUTS.position]: [1],
      [ANSWER_INPUTS.answerIds]: [objective.answers.length],
      [ANSWER_INPUTS.target]: [1],
      [ANSWER_INPUTS.truth]: [1],
    };
  }

  #feeds(image: ChainFeeds, objective: Objective): ChainFeeds {
    if (objective.kind === "answer") return { ...image, ...this.#promptFeeds(objective) };
    const { reference } = objective;
    return { ...image, [REFERENCE_INPUT]: floatTensor(reference, [1, reference.length]) };
  }

  #promptFeeds(objective: AnswerObjective): Record<string, Tensor> {
    const { promptIds, answers, answerTokenIds, answer, truth } = objective;
    if (promptIds.length > PROMPT_LENGTH) {
      throw new LabError(
        "question-invalid",
        `The question has ${promptIds.length} tokens; attacks take at most ${PROMPT_LENGTH}.`,
        { hint: "Ask it in fewer words." },
      );
    }
    const padding = Array<number>(PROMPT_LENGTH - promptIds.length).fill(this.#source.padId);
    const index = (of: string) => int64Tensor([answerIndex(answers, of)], [1]);
    return {
      ids: int64Tensor([...promptIds, ...padding], [1, PROMPT_LENGTH]),
      [ANSWER_INPUTS.position]: int64Tensor([promptIds.length - 1], [1]),
      [ANSWER_INPUTS.answerIds]: int64Tensor(answerTokenIds, [answers.length]),
      [ANSWER_INPUTS.target]: index(answer),
      ...(readsTruth(objective) ? { [ANSWER_INPUTS.truth]: index(truth ?? "") } : {}),
    };
  }
}

/** Objectives with one key have one graph. */
function objectiveKey(objective: Objective): string {
  const { kind, aim, loss } = objective;
  return `${kind} ${aim} ${loss} ${kind === "feature" ? objective.reference.length : objective.answers.length}`;
}

function readsTruth({ loss, aim }: AnswerObjective): boolean {
  return loss === "dlr" && aim === "towards";
}

/** What was built under the key, built now where it was not. A failed build may be tried again (a lost device, say). */
function kept<K, V>(built: Map<K, Promise<V>>, key: K, build: () => Promise<V>): Promise<V> {
  const known = built.get(key) ?? build();
  built.set(key, known);
  known.catch(() => built.delete(key));
  return known;
}
