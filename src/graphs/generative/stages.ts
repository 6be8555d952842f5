/**
 * A LLaVA with its inside open: what encoder, connector and language side hold of one picture and one question, and where
 * the answer's token looks. Fused operators are taken apart first, so that published exports show it too.
 */
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import { findStateSites } from "../../onnx/stateSites.ts";
import type { StateSite } from "../../onnx/stateSites.ts";
import { findAttentionTaps, fusedAttentionNodes, withTaps } from "../../onnx/taps.ts";
import type { AttentionTap } from "../../onnx/taps.ts";
import { floatsOf, numbersOf } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../../tensor/tensor.ts";
import { probeRunner } from "../runners.ts";
import type { GraphSession, SessionFactory } from "../session.ts";
import { GRAY_INPUT, withGrayPicture } from "./visionInputs.ts";
import type { Prompt } from "./prompt.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { tokensIn } from "./pictureGraph.ts";
import { shapeOf } from "./prompt.ts";
import { PROMPT_VALUES, promptDecoder, wordsOf } from "./promptDecoder.ts";
import { languageGraph } from "./readingEncoder.ts";
import { picturePlaces } from "./sequence.ts";
import type { SequenceShape } from "./sequence.ts";

/** One place's value: `rows` vectors of `width` numbers. */
export interface StageState {
  /** Such as "self-attention 2". */
  readonly block: string;
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Where the token that the answer is read from looks, in one layer. */
export interface AnswerAttention {
  readonly layer: number;
  readonly heads: number;
  /** [heads]: share of its attention that the picture gets; the rest goes to words. */
  readonly onPicture: Float32Array;
  /** [heads * T]: attention to each of the picture's tokens, summing to `onPicture`. */
  readonly maps: Float32Array;
}

export interface StageReading {
  /** The encoder's residual stream after each block, its tokens as rows. */
  readonly encoder: readonly StageState[];
  /** The picture's tokens [T, W] as the language side reads them. */
  readonly connector: StageState;
  /** The decoder's stream after each block: the picture's rows [T, W]. */
  readonly picture: readonly StageState[];
  /** The same at the answer's place, [1, W]. */
  readonly answer: readonly StageState[];
  readonly attention: readonly AnswerAttention[];
  /** [V], of the token after the prompt. */
  readonly logits: Float32Array;
}

const WORDS: Readonly<Record<StateSite["block"], string>> = {
  stem: "stem",
  convolution: "convolution",
  attention: "self-attention",
  crossAttention: "cross-attention",
  mlp: "MLP",
};

interface OpenGraph {
  readonly session: GraphSession;
  readonly sites: readonly StateSite[];
  readonly taps: readonly AttentionTap[];
}

interface OpenVision extends OpenGraph {
  readonly output: string;
  readonly image: readonly [count: number, width: number];
}

export class VlmStages {
  readonly #files: FolderFiles;
  readonly #sessions: SessionFactory;
  readonly #vision: OpenVision;
  readonly #embed: GraphSession;
  /** By the lengths of the text before and after the picture: shapes are fixed in an opened graph. */
  readonly #decoders = new Map<string, Promise<OpenGraph>>();

  private constructor(
    files: FolderFiles,
    sessions: SessionFactory,
    { vision, embed }: { readonly vision: OpenVision; readonly embed: GraphSession },
  ) {
    this.#files = files;
    this.#sessions = sessions;
    this.#vision = vision;
    this.#embed = embed;
  }

  /** @throws LabError "model-*" | "graph-*" */
  static async open(files: FolderFiles, sessions: SessionFactory): Promise<VlmStages> {
    const { size } = files;
    const gray = withGrayPicture(await files.graph("vision"), files);
    const prepared = await prepareGraph(gray, probeRunner(sessions), {
      shapes: { [GRAY_INPUT]: [1, 1, size, size] },
    });
    const [output = ""] = new GraphView(prepared.model).outputs;
    const image = tokensIn(output, prepared.shapes);
    const vision = {
      ...(await openGraph(prepared, sessions)),
      output,
      image,
    };
    const embed = await sessions.create(serializeModel(await files.graph("embed")));
    return new VlmStages(files, sessions, { vision, embed });
  }

  /** What of a model's inside cannot be had, one sentence each. */
  get missing(): readonly string[] {
    const { sites } = this.#vision;
    return sites.length === 0
      ? ["The encoder's residual stream is not visible in its graph: no shift by its layers."]
      : [];
  }

  /** @param picture [S * S], grey in [0, 1] */
  async read(picture: Float32Array, prompt: Prompt): Promise<StageReading> {
    const { output, image, sites, session } = this.#vision;
    const size = this.#files.size;
    const seen = await session.run({ [GRAY_INPUT]: floatTensor(picture, [1, 1, size, size]) });
    const tokens = floatTensor(Float32Array.from(numbersOf(seen[output]!)), [1, ...image]);
    const feeds: Record<string, Tensor> = { [PROMPT_VALUES.image]: tokens };
    for (const [part, ids] of Object.entries(wordsOf(prompt))) feeds[part] = await this.words(ids);
    const decoder = await this.#decoder(prompt);
    const said = await decoder.session.run(feeds);
    const places = picturePlaces(shapeOf(prompt, image[0])).flatMap((is, i) => (is ? [i] : []));
    const sequence = picturePlaces(shapeOf(prompt, image[0])).length;
    // An encoder of text before the decoder holds the picture's places; the decoder's own stream is of its first tokens.
    const streams = streamsOf(decoder.sites, said);
    const own = streams.filter(({ rows }) => rows !== sequence);
    const maps = decoder.taps.filter(({ shape }) => shape.at(-1) === sequence);
    const across = maps.filter(({ shape }) => shape.at(-2) !== sequence);
    return {
      encoder: streamsOf(sites, seen),
      connector: { block: "connector", rows: image[0], width: image[1], data: tokens.data },
      picture: streams
        .filter(({ rows }) => rows === sequence)
        .map((state) => rowsOf(state, places)),
      answer: (own.length > 0 ? own : streams).map((state) => rowsOf(state, [state.rows - 1])),
      attention: (across.length > 0 ? across : maps).map((tap, layer) =>
        attentionOf(said[tap.name]!, tap, { layer, places }),
      ),
      logits: floatsOf(said[PROMPT_VALUES.logits]!, PROMPT_VALUES.logits),
    };
  }

  /** Embeddings [1, n, W] of token ids. */
  async words(ids: readonly number[]): Promise<FloatTensor> {
    const [input = ""] = this.#embed.inputNames;
    const [output = ""] = this.#embed.outputNames;
    const results = await this.#embed.run({ [input]: int64Tensor(ids, [1, ids.length]) });
    const width = this.#vision.image[1];
    return floatTensor(Float32Array.from(numbersOf(results[output]!)), [1, ids.length, width]);
  }

  async release(): Promise<void> {
    await this.#vision.session.release();
    await this.#embed.release();
    for (const opening of this.#decoders.values()) await (await opening).session.release();
  }

  #decoder(prompt: Prompt): Promise<OpenGraph> {
    const shape = shapeOf(prompt, this.#vision.image[0]);
    const key = JSON.stringify(shape);
    const opening = this.#decoders.get(key) ?? this.#openDecoder(shape);
    this.#decoders.set(key, opening);
    return opening;
  }

  async #openDecoder(shape: SequenceShape): Promise<OpenGraph> {
    const [, width] = this.#vision.image;
    // The encoder's own order of tiles, which is the sequence's.
    const whole = { ...shape, width, tiles: 0 };
    const language = await languageGraph(this.#files, probeRunner(this.#sessions));
    const graph = promptDecoder(language, whole, this.#files.rules);
    return openGraph(await prepareGraph(graph, probeRunner(this.#sessions)), this.#sessions);
  }
}

/** States are read here, and nothing is put in their place: half precision is as good. */
const FLOATS = [ELEMENT_TYPE.float32, ELEMENT_TYPE.float16];

async function openGraph(
  { model, shapes }: PreparedGraph,
  sessions: SessionFactory,
): Promise<OpenGraph> {
  const view = new GraphView(model);
  const isFused = fusedAttentionNodes(view).length > 0;
  const sites = isFused
    ? []
    : findStateSites(view, shapes, FLOATS).filter(({ role }) => role === "stream");
  const taps = isFused
    ? []
    : findAttentionTaps(view, shapes).filter(({ shape }) => shape.length === 4);
  const names = [...sites, ...taps].map(({ name }) => name);
  return { session: await sessions.create(serializeModel(withTaps(model, names))), sites, taps };
}

function streamsOf(
  sites: readonly StateSite[],
  values: Readonly<Record<string, Tensor>>,
): StageState[] {
  return sites.map(({ name, block, index, shape }) => ({
    block: block === "stem" ? WORDS[block] : `${WORDS[block]} ${index + 1}`,
    rows: shape[1]!,
    width: shape[2]!,
    data: floatsOf(values[name]!, name),
  }));
}

function rowsOf(state: StageState, places: readonly number[]): StageState {
  const { width, data } = state;
  const rows = new Float32Array(places.length * width);
  places.forEach((at, i) => rows.set(data.subarray(at * width, (at + 1) * width), i * width));
  return { ...state, rows: places.length, data: rows };
}

/** The last query's row of a map [1, heads, N, N], the picture's keys of it. */
function attentionOf(
  tensor: Tensor,
  { name, shape }: AttentionTap,
  { layer, places }: { readonly layer: number; readonly places: readonly number[] },
): AnswerAttention {
  const [, heads = 1, queries = 1, keys = 1] = shape;
  const count = places.length;
  const data = floatsOf(tensor, name);
  const maps = new Float32Array(heads * count);
  const onPicture = new Float32Array(heads);
  for (let head = 0; head < heads; head++) {
    const row = (head * queries + queries - 1) * keys;
    const part = Float32Array.from(places, (at) => data[row + at]!);
    maps.set(part, head * count);
    onPicture[head] = part.reduce((sum, value) => sum + value, 0);
  }
  return { layer, heads, onPicture, maps };
}
