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
import type { GraphSession, SessionFactory } from "../session.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import type { Prompt } from "./prompt.ts";
import { fixedInput, isPast } from "./promptDecoder.ts";

type Words = Pick<FolderFiles, "config" | "generation" | "tokenizer" | "tokenizerConfig">;

type Sessions = Readonly<Record<"embed" | "decoder", GraphSession>>;

export class Speaker {
  readonly decoder: ModelProto;
  readonly #words: Words;
  readonly #inputs: GraphView["inputs"];
  readonly #open: Sessions;

  private constructor(words: Words, decoder: ModelProto, open: Sessions) {
    this.decoder = decoder;
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
    return new Speaker(files, decoder, {
      embed: await sessions.create(serializeModel(embed)),
      decoder: await sessions.create(serializeModel(decoder)),
    });
  }

  /** Logits [V] of the token after the prompt. @param image the picture's tokens [1, T, W] */
  async nextLogits(image: FloatTensor, prompt: Prompt): Promise<Float32Array> {
    const results = await this.#step(await this.#embeddings(image, prompt), undefined);
    return lastRow(results["logits"]!);
  }

  /** Greedy decoding until a stop token or the budget: each token as it comes. */
  async *say(
    image: FloatTensor,
    prompt: Prompt,
    { maxTokens }: { readonly maxTokens: number },
  ): AsyncGenerator<SpeechStep, Said> {
    const ids: number[] = [];
    const stops = this.#stopTokens();
    let input = await this.#embeddings(image, prompt);
    let past: Past | undefined;
    const text = (): string => this.#words.tokenizer.decode(ids);
    while (ids.length < maxTokens) {
      const results = await this.#step(input, past);
      past = { length: (past?.length ?? 0) + input.shape[1]!, present: results };
      const logits = lastRow(results["logits"]!);
      const next = logits.reduce((best, z, i) => (z > logits[best]! ? i : best), 0);
      if (stops.has(next)) return { text: text(), ids, stopped: "end" };
      ids.push(next);
      yield { text: text(), ids: [...ids] };
      input = await this.embed([next], input.shape.at(-1)!);
    }
    return { text: text(), ids, stopped: "budget" };
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
    for (const session of Object.values(this.#open)) await session.release();
  }

  async #embeddings(image: FloatTensor, { before, after }: Prompt): Promise<FloatTensor> {
    const width = image.shape.at(-1)!;
    const parts = [
      ...(before.length > 0 ? [await this.embed(before, width)] : []),
      image,
      ...(after.length > 0 ? [await this.embed(after, width)] : []),
    ];
    const rows = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
    const data = new Float32Array(rows * width);
    let at = 0;
    for (const part of parts) {
      data.set(part.data, at);
      at += part.data.length;
    }
    return floatTensor(data, [1, rows, width]);
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
