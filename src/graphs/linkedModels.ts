/**
 * A model's variants with graphs linked to it. Sessions belong to the graphs, not to the scalars they are fed, so that a
 * slider over a noise level opens nothing; the last few sets of graphs stay open, and a variant whose graphs were let go
 * opens them again when it is asked.
 */
import type { LinkableModel, ModelLink } from "../model/modelLink.ts";
import type { AnswerObjective, LossGradient, Objective } from "../model/objective.ts";
import type {
  AnswerLogits,
  Encoding,
  GradientCheck,
  Look,
  VisionLanguageModel,
} from "../model/visionLanguageModel.ts";
import type { FloatTensor } from "../tensor/tensor.ts";

/** Sets of graphs: a purifier, a mapper and both. */
const SETS_KEPT = 3;

/** A model with graphs linked to it and their sessions. */
export interface OpenSet {
  readonly model: VisionLanguageModel & {
    /** The same with scalars of other values, by the values of the chain that they are. */
    withScalars(values: Readonly<Record<string, number>>): VisionLanguageModel;
  };
  /** The value of the chain that each scalar of each link became, in the order of the links. */
  readonly scalars: readonly Readonly<Record<string, string>>[];
}

export class LinkedModels {
  readonly #bare: VisionLanguageModel;
  readonly #openSet: (links: readonly ModelLink[]) => Promise<OpenSet>;
  /** By the graphs, the longest unused first. */
  readonly #sets = new Map<string, Promise<OpenSet>>();

  constructor(
    bare: VisionLanguageModel,
    openSet: (links: readonly ModelLink[]) => Promise<OpenSet>,
  ) {
    this.#bare = bare;
    this.#openSet = openSet;
  }

  /** @throws LabError "model-incompatible" when a graph does not fit its place */
  async model(links: readonly ModelLink[]): Promise<LinkableModel> {
    await this.open(links);
    return new LinkedModel(this, links, this.#bare);
  }

  /** The variant with its sessions. */
  async open(links: readonly ModelLink[]): Promise<VisionLanguageModel> {
    const key = setKey(links);
    const set = this.#sets.get(key) ?? this.#openSet(links);
    this.#sets.delete(key);
    this.#sets.set(key, set);
    set.catch(() => this.#sets.delete(key));
    for (const oldest of this.#sets.keys()) {
      if (this.#sets.size <= SETS_KEPT) break;
      await this.close(oldest);
    }
    const { model, scalars } = await set;
    const values = links.flatMap(({ scalars: given }, k) =>
      Object.entries(given).map(([name, value]) => [scalars[k]![name]!, value] as const),
    );
    return model.withScalars(Object.fromEntries(values));
  }

  async close(key: string): Promise<void> {
    const set = await this.#sets.get(key)?.catch(() => undefined);
    this.#sets.delete(key);
    await set?.model.release();
  }

  async release(): Promise<void> {
    for (const key of this.#sets.keys()) await this.close(key);
  }
}

/** Names the graphs and what numbers they take. */
function setKey(links: readonly ModelLink[]): string {
  return links
    .map(({ place, sha256, scalars }) => [place, sha256, ...Object.keys(scalars)].join(" "))
    .join("+");
}

function contentName({ sha256, scalars }: ModelLink): string {
  const numbers = Object.entries(scalars).map(([name, value]) => `${name}=${value}`);
  return [sha256, ...numbers.toSorted()].join(":");
}

class LinkedModel implements LinkableModel {
  readonly manifest;
  readonly precision;
  readonly sha256: string;
  readonly #models: LinkedModels;
  readonly #links: readonly ModelLink[];
  readonly #bare: VisionLanguageModel;

  constructor(models: LinkedModels, links: readonly ModelLink[], bare: VisionLanguageModel) {
    this.manifest = bare.manifest;
    this.precision = bare.precision;
    this.sha256 = [bare.sha256, ...links.map(contentName)].join("+");
    this.#models = models;
    this.#links = links;
    this.#bare = bare;
  }

  encodePrompt(question: string): readonly number[] {
    return this.#bare.encodePrompt(question);
  }

  encodeText(text: string): readonly number[] {
    return this.#bare.encodeText(text);
  }

  get embedText(): VisionLanguageModel["embedText"] {
    return this.#bare.embedText;
  }

  get say(): VisionLanguageModel["say"] {
    return this.#bare.say;
  }

  get captions(): VisionLanguageModel["captions"] {
    return this.#bare.captions;
  }

  async encode(image: Float32Array, look?: Look): Promise<Encoding> {
    return (await this.#open()).encode(image, look);
  }

  async embed(images: readonly Float32Array[]): Promise<Float32Array[]> {
    return (await this.#open()).embed(images);
  }

  async answer(
    tokens: FloatTensor,
    promptIds: readonly number[],
    look?: Look,
  ): Promise<AnswerLogits> {
    return (await this.#open()).answer(tokens, promptIds, look);
  }

  async loss(image: Float32Array, objective: Objective): Promise<number> {
    return (await this.#open()).loss(image, objective);
  }

  async lossGradient(image: Float32Array, objective: Objective): Promise<LossGradient> {
    return (await this.#open()).lossGradient(image, objective);
  }

  get slopes(): VisionLanguageModel["slopes"] {
    if (!this.#bare.slopes) return undefined;
    const slopes = async () => (await this.#open()).slopes!;
    return {
      lossOf: async (tokens, objective) => (await slopes()).lossOf(tokens, objective),
      pullback: async (image, cotangent) => (await slopes()).pullback(image, cotangent),
    };
  }

  async relevance(image: Float32Array, objective: AnswerObjective): Promise<Float32Array> {
    return (await this.#open()).relevance(image, objective);
  }

  async checkGradient(
    image: Float32Array,
    objective: Objective,
    seed: number,
  ): Promise<GradientCheck> {
    return (await this.#open()).checkGradient(image, objective, seed);
  }

  /** What is linked now stands outside: before what was before the encoder, after what was after it. */
  withLinks(links: readonly ModelLink[]): Promise<LinkableModel> {
    const at = (place: ModelLink["place"]) => links.filter((link) => link.place === place);
    return this.#models.model([...at("before"), ...at("inside"), ...this.#links, ...at("after")]);
  }

  /** Its graphs close; asked again it opens them again, for as long as the bare model is open. */
  release(): Promise<void> {
    return this.#models.close(setKey(this.#links));
  }

  #open(): Promise<VisionLanguageModel> {
    return this.#models.open(this.#links);
  }
}
