/**
 * A vision encoder, an embedding table and a decoder in three graphs, as LLaVA and its kin are exported for browsers. Answers
 * by the next token's probabilities or by greedy decoding, and the gradient of an answer's margin in the grey picture.
 */
import { LabError } from "../../errors/labError.ts";
import { renderQuestion } from "../../language/chatTemplate.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { numbersOf } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../../tensor/tensor.ts";
import { probeRunner } from "../runners.ts";
import type { GraphSession, SessionFactory } from "../session.ts";
import type { Choice } from "./answers.ts";
import { GREY_INPUT, withGreyPicture } from "./greyVision.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { PROMPT_VALUES, fixedInput, isPast, promptDecoder } from "./promptDecoder.ts";
import { marginOf, openMargin } from "./margin.ts";
import type { PictureOracle } from "./margin.ts";

/** A question laid out as tokens: the text before the picture's place and after it. */
export interface Prompt {
  readonly text: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface GenerationLimits {
  readonly maxTokens: number;
  readonly signal?: { readonly aborted: boolean };
  /** Called with the text so far after each token. */
  readonly onText?: (text: string) => void;
}

/** The graphs, and their sessions. */
interface Opened {
  readonly vision: ModelProto;
  readonly decoder: ModelProto;
  readonly image: readonly [count: number, width: number];
  readonly sessions: Readonly<Record<"vision" | "embed" | "decoder", GraphSession>>;
}

const VISION_OUTPUT = "picture_tokens";

export class LlavaModel {
  /** Side of the grey picture. */
  readonly size: number;
  readonly #files: FolderFiles;
  readonly #sessions: SessionFactory;
  readonly #vision: ModelProto;
  readonly #decoder: ModelProto;
  readonly #inputs: GraphView["inputs"];
  /** Number of the picture's tokens, and channels of each. */
  readonly #image: readonly [count: number, width: number];
  readonly #open: Readonly<Record<"vision" | "embed" | "decoder", GraphSession>>;

  private constructor(files: FolderFiles, sessions: SessionFactory, opened: Opened) {
    this.#files = files;
    this.#sessions = sessions;
    this.#vision = opened.vision;
    this.#decoder = opened.decoder;
    this.#inputs = new GraphView(opened.decoder).inputs;
    this.#image = opened.image;
    this.#open = opened.sessions;
    this.size = files.size;
  }

  /** @throws LabError "model-*" | "graph-*" */
  static async open(files: FolderFiles, sessions: SessionFactory): Promise<LlavaModel> {
    const { model, image } = await visionOf(files, sessions);
    const decoder = await files.graph("decoder");
    const embed = await files.graph("embed");
    checkTable(embed);
    const opened = {
      vision: await sessions.create(serializeModel(model)),
      embed: await sessions.create(serializeModel(embed)),
      decoder: await sessions.create(serializeModel(decoder)),
    };
    return new LlavaModel(files, sessions, { vision: model, decoder, image, sessions: opened });
  }

  /** @throws LabError "model-unsupported" for a folder without a chat template, or one with no place for the picture */
  prompt(question: string): Prompt {
    const { template, tokenizer, tokenizerConfig, config } = this.#files;
    if (template === undefined) {
      throw new LabError(
        "model-unsupported",
        "The folder has no chat template, so that nothing says how this model wants to be asked.",
        {
          hint: "Add the model's chat_template.jinja to the folder.",
        },
      );
    }
    const bos = specialToken(tokenizerConfig, "bos_token");
    const text = renderQuestion(template, question, {
      bos,
      eos: specialToken(tokenizerConfig, "eos_token"),
    });
    // As the processor does: the tokenizer adds its own tokens unless the template has begun with one.
    const ids = tokenizer.encode(text, bos === "" || !text.startsWith(bos));
    const image = config["image_token_index"] ?? config["image_token_id"];
    const places = ids.flatMap((id, i) => (id === image ? [i] : []));
    const [place = -1] = places;
    if (places.length !== 1) {
      throw new LabError(
        "model-unsupported",
        `The chat template writes ${places.length} places for the picture (token ${String(image)}); the lab fills one.`,
      );
    }
    return { text, before: ids.slice(0, place), after: ids.slice(place + 1) };
  }

  /** Logits [V] of the token after the prompt. */
  async nextLogits(picture: Float32Array, prompt: Prompt): Promise<Float32Array> {
    const embeddings = await this.#embeddings(picture, prompt);
    const results = await this.#step(embeddings, undefined);
    return lastRow(results["logits"]!);
  }

  /** Greedy decoding with cached keys and values, until a stop token or the budget. */
  async generate(
    picture: Float32Array,
    prompt: Prompt,
    { maxTokens, signal, onText }: GenerationLimits,
  ): Promise<{
    readonly text: string;
    readonly ids: readonly number[];
    readonly stopped: "end" | "budget" | "cancelled";
  }> {
    const ids: number[] = [];
    const stops = this.#stopTokens();
    let input = await this.#embeddings(picture, prompt);
    let past: Past | undefined;
    const text = (): string => this.#files.tokenizer.decode(ids);
    while (ids.length < maxTokens) {
      if (signal?.aborted === true) return { text: text(), ids, stopped: "cancelled" };
      const results = await this.#step(input, past);
      past = { length: (past?.length ?? 0) + input.shape[1]!, present: results };
      const logits = lastRow(results["logits"]!);
      const next = logits.reduce((best, z, i) => (z > logits[best]! ? i : best), 0);
      if (stops.has(next)) return { text: text(), ids, stopped: "end" };
      ids.push(next);
      onText?.(text());
      input = await this.#embed([next]);
    }
    return { text: text(), ids, stopped: "budget" };
  }

  /**
   * The loss "the other answers' log-probability less this answer's" and its gradient in the picture, link by link through
   * encoder, projector and decoder.
   * @throws LabError "graph-unsupported-op" | "graph-fused-attention" where a graph on the way has no gradient
   */
  async marginOracle(
    prompt: Prompt,
    answer: Choice,
    others: readonly Choice[],
  ): Promise<PictureOracle> {
    const [image, width] = this.#image;
    const shape = { before: prompt.before.length, image, after: prompt.after.length, width };
    const head = new GraphBuilder(promptDecoder(this.#decoder, shape));
    const loss = marginOf(head, PROMPT_VALUES.logits, { answer, others });
    const decoder = await prepareGraph(head.build(), probeRunner(this.#sessions));
    const text: Record<string, FloatTensor> = {};
    if (shape.before > 0) text[PROMPT_VALUES.before] = await this.#embed(prompt.before);
    if (shape.after > 0) text[PROMPT_VALUES.after] = await this.#embed(prompt.after);
    const names = [PROMPT_VALUES.image, ...Object.keys(text)];
    const links = [
      {
        name: "vision",
        model: this.#vision,
        inputs: { [GREY_INPUT]: GREY_INPUT },
        outputs: { [VISION_OUTPUT]: PROMPT_VALUES.image },
      },
      {
        name: "decoder",
        model: decoder.model,
        inputs: Object.fromEntries(names.map((name) => [name, name])),
        outputs: { [loss]: loss },
      },
    ];
    return openMargin({ links, loss, size: this.size, text }, this.#sessions);
  }

  async release(): Promise<void> {
    for (const session of Object.values(this.#open)) await session.release();
  }

  async #embeddings(picture: Float32Array, prompt: Prompt): Promise<FloatTensor> {
    const grey = floatTensor(picture, [1, 1, this.size, this.size]);
    const { [VISION_OUTPUT]: image } = await this.#open.vision.run({ [GREY_INPUT]: grey });
    const parts = [
      ...(prompt.before.length > 0 ? [await this.#embed(prompt.before)] : []),
      image!,
      ...(prompt.after.length > 0 ? [await this.#embed(prompt.after)] : []),
    ];
    const rows = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
    const width = this.#image[1];
    const data = new Float32Array(rows * width);
    let at = 0;
    for (const part of parts) {
      data.set(part.data as Float32Array, at);
      at += part.data.length;
    }
    return floatTensor(data, [1, rows, width]);
  }

  async #embed(ids: readonly number[]): Promise<FloatTensor> {
    const { embed } = this.#open;
    const results = await embed.run({ [embed.inputNames[0]!]: int64Tensor(ids, [1, ids.length]) });
    const found = results[embed.outputNames[0]!]!;
    const width = this.#image[1];
    if (found.shape.at(-1) !== width) {
      throw new LabError(
        "model-incompatible",
        `The vision graph makes tokens of ${width} channels and the embedding table of ${found.shape.at(-1) ?? 0}: they belong to different models.`,
      );
    }
    return floatTensor(Float32Array.from(numbersOf(found)), [1, ids.length, width]);
  }

  /** One run of the decoder, after the earlier steps. */
  #step(embeddings: FloatTensor, past: Past | undefined): Promise<Record<string, Tensor>> {
    const length = embeddings.shape[1]!;
    const before = past?.length ?? 0;
    const feeds: Record<string, Tensor> = {};
    for (const info of this.#inputs) {
      const { name } = info;
      if (name === "inputs_embeds") feeds[name] = embeddings;
      else if (past && isPast(name)) feeds[name] = past.present[presentOf(name)]!;
      else if (past && name === "use_cache_branch") {
        feeds[name] = { dtype: "bool", shape: [1], data: Uint8Array.of(1) };
      } else if (name === "position_ids") {
        const positions = Array.from({ length }, (_, i) => before + i);
        feeds[name] = int64Tensor(positions, [1, length]);
      } else feeds[name] = fixedInput(info, before + length);
    }
    return this.#open.decoder.run(feeds);
  }

  #stopTokens(): ReadonlySet<number> {
    const { config, tokenizer, tokenizerConfig } = this.#files;
    const text = config["text_config"] as Readonly<Record<string, unknown>> | undefined;
    const stated = [
      this.#files.generation["eos_token_id"],
      config["eos_token_id"],
      text?.["eos_token_id"],
    ].flat();
    const ids = stated.filter((id): id is number => typeof id === "number");
    const eos = tokenizer.idOf(specialToken(tokenizerConfig, "eos_token"));
    return new Set(eos === undefined ? ids : [...ids, eos]);
  }
}

interface Past {
  readonly length: number;
  readonly present: Readonly<Record<string, Tensor>>;
}

function presentOf(past: string): string {
  return past.replace("past_key_values.", "present.");
}

function lastRow(logits: Tensor): Float32Array {
  const vocabulary = logits.shape.at(-1)!;
  const rows = logits.data.length / vocabulary;
  const from = (rows - 1) * vocabulary;
  return Float32Array.from(
    numbersOf({ ...logits, shape: [vocabulary], data: logits.data.slice(from) } as Tensor),
  );
}

/** @throws LabError "model-incompatible" for a graph that is no embedding table */
function checkTable(model: ModelProto): void {
  const [input, ...more] = new GraphView(model).inputs;
  if (input && more.length === 0 && elementTypeOf(input) === ELEMENT_TYPE.int64) return;
  throw new LabError(
    "model-incompatible",
    "The graph embed_tokens does not take token ids alone: another graph has its name.",
    { hint: "Take the file from the model's own folder again." },
  );
}

/** The vision graph from grey picture to tokens [1, T, D], float32. */
async function visionOf(
  files: FolderFiles,
  sessions: SessionFactory,
): Promise<{ readonly model: ModelProto; readonly image: readonly [number, number] }> {
  const { size, preprocessing } = files;
  const grey = withGreyPicture(await files.graph("vision"), preprocessing, size);
  const { model, shapes } = await prepareGraph(grey, probeRunner(sessions), {
    shapes: { [GREY_INPUT]: [1, 1, size, size] },
  });
  const [output = ""] = new GraphView(model).outputs;
  const [count, width] = (shapes.shapes.get(output) ?? []).slice(-2);
  if (count === undefined || width === undefined) {
    throw new LabError(
      "model-incompatible",
      `The vision graph's output ${output} is no list of tokens.`,
    );
  }
  const b = new GraphBuilder(model);
  const wide = b.add("Cast", [output], { attributes: { to: { int: 1 } } });
  b.add("Reshape", [wide, b.ints([1, -1, width])], { outputs: [VISION_OUTPUT] });
  b.setOutputs([]);
  b.addOutput(VISION_OUTPUT, 1);
  return { model: b.build(), image: [count, width] };
}
