/** CLIP and SigLIP in one graph: a picture scored against captions. */
import { LabError } from "../../errors/labError.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { protoFromTensor } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { probeRunner } from "../runners.ts";
import type { GraphSession, SessionFactory } from "../session.ts";
import { captionLength, laidOutCaptions } from "./captions.ts";
import { GRAY_INPUT, withGrayPicture } from "./visionInputs.ts";
import { marginOf, openMargin } from "./margin.ts";
import type { PictureOracle } from "./margin.ts";
import type { FolderFiles } from "./modelFiles.ts";

/** Logits [n]: the picture's score for each caption, scaled and shifted as the model does. */
const LOGITS = "caption_logits";

export class DualEncoder {
  readonly size: number;
  readonly captions: readonly string[];
  readonly #graph: ModelProto;
  readonly #session: GraphSession;
  readonly #sessions: SessionFactory;

  private constructor(
    files: FolderFiles,
    captions: readonly string[],
    graph: ModelProto,
    { session, sessions }: { readonly session: GraphSession; readonly sessions: SessionFactory },
  ) {
    this.size = files.size;
    this.captions = captions;
    this.#graph = graph;
    this.#session = session;
    this.#sessions = sessions;
  }

  /**
   * The captions become constants of the graph.
   * @throws LabError "question-invalid" for fewer than two captions, "model-*" | "graph-*"
   */
  static async open(
    files: FolderFiles,
    captions: readonly string[],
    sessions: SessionFactory,
  ): Promise<DualEncoder> {
    if (captions.length < 2) {
      throw new LabError("question-invalid", "A picture is scored against at least two captions.");
    }
    const whole = await files.graph("joint");
    const b = new GraphBuilder(withGrayPicture(whole, files));
    const view = new GraphView(b.build());
    if (!view.has("logits_per_image")) {
      throw new LabError("model-unsupported", "The graph has no output logits_per_image.");
    }
    const text = captionTokens(files, captions);
    for (const { name } of view.inputs) {
      if (name === GRAY_INPUT) continue;
      const value = text[name];
      if (value === undefined) {
        throw new LabError(
          "model-unsupported",
          `The graph has the input ${name}, which the lab does not know how to feed.`,
        );
      }
      b.addInitializer(protoFromTensor(name, value));
    }
    b.setInputs([...view.inputs].filter(({ name }) => name === GRAY_INPUT));
    const wide = b.add("Cast", ["logits_per_image"], {
      attributes: { to: { int: ELEMENT_TYPE.float32 } },
    });
    b.add("Reshape", [wide, b.ints([-1])], { outputs: [LOGITS] });
    b.setOutputs([]);
    b.addOutput(LOGITS, ELEMENT_TYPE.float32);
    const { model } = await prepareGraph(b.build(), probeRunner(sessions));
    const session = await sessions.create(serializeModel(model));
    return new DualEncoder(files, captions, model, { session, sessions });
  }

  /** @param picture [S * S], grey in [0, 1] */
  async logits(picture: Float32Array): Promise<Float32Array> {
    const gray = floatTensor(picture, [1, 1, this.size, this.size]);
    const results = await this.#session.run({ [GRAY_INPUT]: gray });
    return results[LOGITS]!.data as Float32Array;
  }

  /** The loss "log of the other captions' softmax share less that of this one" and its gradient in the picture. */
  async marginOracle(caption: number): Promise<PictureOracle> {
    const head = new GraphBuilder(this.#graph);
    const others = this.captions.flatMap((_, i) => (i === caption ? [] : [{ ids: [i] }]));
    const loss = marginOf(head, LOGITS, { answer: { ids: [caption] }, others });
    const link = {
      name: "model",
      model: head.build(),
      inputs: { [GRAY_INPUT]: GRAY_INPUT },
      outputs: { [loss]: loss },
    };
    return openMargin({ links: [link], loss, size: this.size, text: {} }, this.#sessions);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** Captions as the processors lay them out: the tokenizer's own tokens around them, cut and padded to the longest. */
function captionTokens(
  files: FolderFiles,
  captions: readonly string[],
): Readonly<Record<string, Tensor>> {
  const { ids, mask } = laidOutCaptions(files, captions);
  const shape = [captions.length, captionLength(files)];
  return { input_ids: int64Tensor(ids, shape), attention_mask: int64Tensor(mask, shape) };
}
