/**
 * A vision encoder, an embedding table and a decoder in three graphs, as LLaVA and its kin are exported for browsers, run as
 * they are. Answers by the next token's probabilities or by greedy decoding, and the gradient of an answer's margin in the
 * grey picture.
 */
import { close } from "../../host/closing.ts";
import type { Said } from "../../model/visionLanguageModel.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { serializeModel } from "../../onnx/file.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { probeRunner } from "../runners.ts";
import type { GraphSession, SessionFactory } from "../session.ts";
import type { Choice } from "./answers.ts";
import { GRAY_INPUT } from "./visionInputs.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { PICTURE, pictureGraph } from "./pictureGraph.ts";
import type { PictureGraph } from "./pictureGraph.ts";
import { promptOf, shapeOf } from "./prompt.ts";
import type { Prompt } from "./prompt.ts";
import { PROMPT_VALUES, promptDecoder, wordsOf } from "./promptDecoder.ts";
import { marginOf, openMargin } from "./margin.ts";
import type { PictureOracle } from "./margin.ts";
import { languageGraph } from "./readingEncoder.ts";
import { Speaker } from "./speaker.ts";

export interface GenerationLimits {
  readonly maxTokens: number;
  readonly signal?: { readonly aborted: boolean };
  /** Called with the text so far after each token. */
  readonly onText?: (text: string) => void;
}

export class LlavaModel {
  /** Side of the grey picture. */
  readonly size: number;
  readonly #files: FolderFiles;
  readonly #sessions: SessionFactory;
  readonly #picture: PictureGraph;
  readonly #vision: GraphSession;
  readonly #speaker: Speaker;

  private constructor(
    files: FolderFiles,
    sessions: SessionFactory,
    opened: {
      readonly picture: PictureGraph;
      readonly vision: GraphSession;
      readonly speaker: Speaker;
    },
  ) {
    this.#files = files;
    this.#sessions = sessions;
    this.#picture = opened.picture;
    this.#vision = opened.vision;
    this.#speaker = opened.speaker;
    this.size = files.size;
  }

  /** @throws LabError "model-*" | "graph-*" */
  static async open(files: FolderFiles, sessions: SessionFactory): Promise<LlavaModel> {
    const picture = await pictureGraph(files, probeRunner(sessions));
    const speaker = await Speaker.open(files, sessions);
    const vision = await sessions.create(serializeModel(picture.model));
    return new LlavaModel(files, sessions, { picture, vision, speaker });
  }

  /** @throws LabError "model-unsupported" for a folder without a chat template, or one with no place for the picture */
  prompt(question: string): Prompt {
    return promptOf(this.#files, question);
  }

  /** Logits [V] of the token after the prompt. */
  async nextLogits(picture: Float32Array, prompt: Prompt): Promise<Float32Array> {
    return this.#speaker.nextLogits(await this.#tokens(picture), prompt);
  }

  /** Greedy decoding with cached keys and values, until a stop token or the budget. */
  async generate(
    picture: Float32Array,
    prompt: Prompt,
    { maxTokens, signal, onText }: GenerationLimits,
  ): Promise<Omit<Said, "stopped"> & { readonly stopped: Said["stopped"] | "cancelled" }> {
    const speech = this.#speaker.say(await this.#tokens(picture), prompt, { maxTokens });
    let said = { text: "", ids: [] as readonly number[] };
    try {
      for (;;) {
        if (signal?.aborted === true) return { ...said, stopped: "cancelled" };
        const step = await speech.next();
        if (step.done) return step.value;
        said = step.value;
        onText?.(said.text);
      }
    } finally {
      await close(speech);
    }
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
    const [image, width] = this.#picture.image;
    const shape = { ...shapeOf(prompt, image), width, tiles: this.#picture.tiles };
    const language = await languageGraph(this.#files, probeRunner(this.#sessions));
    const head = new GraphBuilder(promptDecoder(language, shape, this.#files.rules));
    const loss = marginOf(head, PROMPT_VALUES.logits, { answer, others });
    const decoder = await prepareGraph(head.build(), probeRunner(this.#sessions));
    const text: Record<string, FloatTensor> = {};
    for (const [part, ids] of Object.entries(wordsOf(prompt))) {
      text[part] = await this.#speaker.embed(ids, width);
    }
    const names = [PROMPT_VALUES.image, ...Object.keys(text)];
    const links = [
      {
        name: "vision",
        model: this.#picture.model,
        inputs: { [GRAY_INPUT]: GRAY_INPUT },
        outputs: { [PICTURE.tokens]: PROMPT_VALUES.image },
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
    await this.#vision.release();
    await this.#speaker.release();
  }

  /** The picture's tokens [1, T, W]. */
  async #tokens(picture: Float32Array): Promise<FloatTensor> {
    const gray = floatTensor(picture, [1, 1, this.size, this.size]);
    const results = await this.#vision.run({ [GRAY_INPUT]: gray }, [PICTURE.tokens]);
    return results[PICTURE.tokens] as FloatTensor;
  }
}
