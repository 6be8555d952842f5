/**
 * A decoder that writes on: the embedding table and the decoder as exporters keep them, token after token by the likeliest
 * next one, with keys and values of what was read kept.
 */
import { LabError } from "../../errors/labError.ts";
import type { Said, SpeechStep } from "../../model/visionLanguageModel.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import { ELEMENT_TYPE, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { numbersOf } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../../tensor/tensor.ts";
import type { Feeds, GraphSession, SessionFactory } from "../session.ts";
import { keptFrom, keptOutputs, releaseUnkept } from "./kept.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { placesBehind } from "./positions.ts";
import type { Prompt } from "./prompt.ts";
import { shapeOf } from "./prompt.ts";
import { startIds, toldOfText } from "./readingEncoder.ts";
import { partsOf, toldInput, toldNext, toldOf } from "./sequence.ts";
import type { Told } from "./sequence.ts";
import { sequenceIndices } from "./tiles.ts";

type Words = Pick<
  FolderFiles,
  "config" | "folder" | "generation" | "tokenizer" | "tokenizerConfig" | "rules" | "pixels"
>;

interface Sessions {
  readonly embed: GraphSession;
  /** What reads the prompt before the decoder, where there is such an encoder. */
  readonly encoder: GraphSession | undefined;
  readonly decoder: GraphSession;
}

export class Speaker {
  readonly #words: Words;
  /** Of the decoder; its graph, weights and all, is the session's. */
  readonly #inputs: GraphView["inputs"];
  readonly #open: Sessions;

  private constructor(words: Words, decoder: ModelProto, open: Sessions) {
    this.#words = words;
    this.#inputs = new GraphView(decoder).inputs;
    this.#open = open;
  }

  /** @throws LabError "model-*" | "graph-*" */
  static async open(
    files: Words & Pick<FolderFiles, "graph">,
    sessions: SessionFactory,
  ): Promise<Speaker> {
    const decoder = await files.graph("decoder");
    const embed = await files.graph("embed");
    checkTable(embed);
    const encoder = isSeq2seq(files) ? await files.graph("encoder") : undefined;
    return new Speaker(files, decoder, {
      embed: await sessions.create(serializeModel(embed)),
      encoder: encoder && (await sessions.create(serializeModel(encoder))),
      decoder: await sessions.create(serializeModel(decoder), { held: keptOutputs(decoder) }),
    });
  }

  /**
   * Logits [V] of the token after the prompt.
   * @param image the picture's tokens [1, T, W]
   * @throws LabError "question-invalid" for a prompt that is longer than the decoder has places
   */
  async nextLogits(image: FloatTensor, prompt: Prompt): Promise<Float32Array> {
    const asked = await this.#asked(image, prompt);
    placesBehind(asked.input.shape.at(-2)!, this.#words);
    const feeds = this.#feeds(asked.input, asked.told, asked.read);
    const { logits } = await this.#open.decoder.run(feeds, ["logits"]);
    return lastRow(logits!);
  }

  /** Greedy decoding until a stop token, the budget or the decoder's last place: each token as it comes. */
  async *say(
    image: FloatTensor,
    prompt: Prompt,
    { maxTokens }: { readonly maxTokens: number },
  ): AsyncGenerator<SpeechStep, Said> {
    const ids: number[] = [];
    const stops = this.#stopTokens();
    const asked = await this.#asked(image, prompt);
    let { input, told } = asked;
    const budget = Math.min(maxTokens, placesBehind(input.shape.at(-2)!, this.#words));
    let past: Feeds | undefined;
    const text = (): string => this.#words.tokenizer.decode(ids);
    try {
      while (ids.length < budget) {
        const feeds = this.#feeds(input, told, { ...asked.read, ...past });
        const results = await this.#open.decoder.runHolding(feeds);
        const kept = keptFrom(results, past);
        const read = past;
        past = kept;
        await releaseUnkept([results, read], [kept]);
        told = toldNext(asked.told, ids.length);
        const logits = lastRow(results["logits"] as Tensor);
        const next = logits.reduce((best, z, i) => (z > logits[best]! ? i : best), 0);
        if (stops.has(next)) return { text: text(), ids, stopped: "end" };
        ids.push(next);
        yield { text: text(), ids: [...ids] };
        input = await this.embed([next], input.shape.at(-1)!);
      }
      return { text: text(), ids, stopped: "budget" };
    } finally {
      await releaseUnkept([past]);
    }
  }

  /** Rows of the table, [1, n, width]. @throws LabError "model-incompatible" for a table of another width */
  async embed(ids: readonly number[], width: number): Promise<FloatTensor> {
    const { embed } = this.#open;
    const results = await embed.run({ [embed.inputNames[0]!]: int64Tensor(ids, [1, ids.length]) });
    const found = results[embed.outputNames[0]!]!;
    if (found.shape.at(-1) !== width) {
      throw new LabError(
        "model-incompatible",
        `The vision graph makes tokens of ${width} channels and the embedding table of ${found.shape.at(-1) ?? 0}: they belong to different models.`,
      );
    }
    return floatTensor(Float32Array.from(numbersOf(found)), [1, ids.length, width]);
  }

  async release(): Promise<void> {
    const { embed, encoder, decoder } = this.#open;
    for (const session of [embed, encoder, decoder]) await session?.release();
  }

  async #embeddings(image: FloatTensor, prompt: Prompt): Promise<FloatTensor> {
    const { before, between, after } = prompt;
    const width = image.shape.at(-1)!;
    const count = image.shape[1]!;
    const words = async (ids: readonly number[]): Promise<Float32Array> =>
      ids.length > 0 ? (await this.embed(ids, width)).data : new Float32Array(0);
    const values = {
      before: await words(before),
      image: this.#tileByTile(image),
      between: await words(between.flat()),
      after: await words(after),
    };
    const parts = partsOf(shapeOf(prompt, count));
    const rows = parts.reduce((sum, { from, to }) => sum + to - from, 0);
    const data = new Float32Array(rows * width);
    let at = 0;
    for (const { of, from, to } of parts) {
      data.set(values[of].subarray(from * width, to * width), at);
      at += (to - from) * width;
    }
    return floatTensor(data, [1, rows, width]);
  }

  /** The picture's tokens as the model reads them. */
  #tileByTile({ data, shape }: FloatTensor): Float32Array {
    const { pixels } = this.#words;
    if (pixels.kind !== "tiles" || pixels.across === 0) return data;
    const [, count = 0, width = 0] = shape;
    const read = new Float32Array(data.length);
    for (const [i, at] of sequenceIndices({ tiles: pixels.across, image: count }).entries()) {
      read.set(data.subarray(i * width, (i + 1) * width), at * width);
    }
    return read;
  }

  /** What the decoder begins with: the prompt itself, or its own first tokens beside what an encoder made of the prompt. */
  async #asked(image: FloatTensor, prompt: Prompt): Promise<Asked> {
    const embeddings = await this.#embeddings(image, prompt);
    const { encoder } = this.#open;
    if (!encoder) {
      const told = toldOf(this.#words.rules, shapeOf(prompt, image.shape[1]!));
      return { input: embeddings, told, read: {} };
    }
    const [, length = 0, width = 0] = embeddings.shape;
    const mask = int64Tensor(Array<number>(length).fill(1), [1, length]);
    const found = await encoder.run({ inputs_embeds: embeddings, attention_mask: mask });
    const start = startIds(this.#words);
    return {
      input: await this.embed(start, width),
      told: toldOfText(start.length),
      read: {
        encoder_hidden_states: found[encoder.outputNames[0]!]!,
        encoder_attention_mask: mask,
      },
    };
  }

  /** Of one run of the decoder. @param read what it was given or made before, by the input that takes it */
  #feeds(embeddings: FloatTensor, told: Told, read: Feeds): Feeds {
    const feeds: Record<string, Feeds[string]> = {};
    for (const info of this.#inputs) {
      const { name } = info;
      feeds[name] = name === "inputs_embeds" ? embeddings : (read[name] ?? toldInput(info, told));
    }
    return feeds;
  }

  #stopTokens(): ReadonlySet<number> {
    const { config, generation, tokenizer, tokenizerConfig } = this.#words;
    const text = config["text_config"] as Readonly<Record<string, unknown>> | undefined;
    const stated = [
      generation["eos_token_id"],
      config["eos_token_id"],
      text?.["eos_token_id"],
    ].flat();
    const ids = stated.filter((id): id is number => typeof id === "number");
    const eos = tokenizer.idOf(specialToken(tokenizerConfig, "eos_token"));
    return new Set(eos === undefined ? ids : [...ids, eos]);
  }
}

interface Asked {
  readonly input: FloatTensor;
  readonly told: Told;
  readonly read: Feeds;
}

function isSeq2seq({ folder }: Pick<FolderFiles, "folder">): boolean {
  return folder.family === "seq2seq";
}

/** Logits at the last place, [V]. */
export function lastRow(logits: Tensor): Float32Array {
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
