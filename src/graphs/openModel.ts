/** Opens a ready model on a backend: the sessions of its graphs, and what is asked of them. */
import type { Captioning } from "../model/captioning.ts";
import type { Say } from "../model/visionLanguageModel.ts";
import { serializeModel } from "../onnx/file.ts";
import { withTaps } from "../onnx/taps.ts";
import { MERGED_BYTES } from "./chain.ts";
import { Encoder, IMAGE, requireGray, tapValue } from "./encoder.ts";
import { OnnxModel } from "./onnxModel.ts";
import type { AnswerSide } from "./modelParts.ts";
import type { ReadyAnswer, ReadyModel, Speech } from "./readyModel.ts";
import type { SessionFactory } from "./session.ts";
import { textEncoder } from "./textEncoder.ts";

export interface OpenOptions {
  /** Weights up to which the graphs of a gradient are joined into one (see chain.ts). */
  readonly mergedBytes?: number;
}

const VISION = "vision";

/** @throws LabError "model-incompatible" for an encoder of colour, "graph-*" for graphs the runtime can't load */
export async function openModel(
  ready: ReadyModel,
  sessions: SessionFactory,
  { mergedBytes = MERGED_BYTES }: OpenOptions = {},
): Promise<OnnxModel> {
  const { manifest, precision, sha256, vision } = ready;
  const { name, channels, size } = manifest.input;
  const { tokens = "", embedding } = manifest.outputs;
  requireGray(channels);
  const onGpu = sessions.backend === "webgpu";
  const model = onGpu ? vision.graph.stored : vision.graph.plain;
  // On WebGPU a free batch leaves shape arithmetic on the CPU; images then go one by one.
  const isFixedBatch = onGpu || !ready.answer || vision.isSingle === true;
  const answerSide = ready.answer && (await openAnswerSide(ready.answer, sessions));
  const textSide = ready.text && textEncoder(ready.text, sessions);
  const speech = ready.speech && openedOnce(() => ready.speech!(sessions));
  const taps = vision.taps.map(({ tap }) => tap.name);
  const session = await sessions.create(
    serializeModel(withTaps(model, taps)),
    isFixedBatch ? { dimensions: { b: 1 } } : {},
  );
  const encoder = new Encoder({
    links: [
      {
        name: VISION,
        model,
        inputs: { [name]: IMAGE },
        outputs: {
          [tokens]: "tokens",
          [embedding]: "embedding",
          ...Object.fromEntries(taps.map((tap) => [tap, tapValue(VISION, tap)])),
        },
        session,
      },
    ],
    vision: VISION,
    visionTokens: tokens,
    size,
    tokens: "tokens",
    embedding: "embedding",
    scalars: {},
    isFixedBatch,
    isMapped: false,
  });
  return new OnnxModel({
    manifest,
    precision,
    sha256,
    encoder,
    grid: vision.grid,
    taps: vision.taps,
    answerSide,
    textSide,
    say: speech?.say,
    words: speech?.words,
    captions: ready.captions && speech?.captionsOf(ready.captions),
    sessions,
    mergedBytes,
    owned: [
      session,
      ...(answerSide ? [answerSide.session] : []),
      ...(textSide ? [textSide] : []),
      ...(speech ? [speech] : []),
    ],
  });
}

/** A speech whose sessions are made with its first word. */
function openedOnce(open: () => Promise<Speech>) {
  let opened: Promise<Speech> | undefined;
  const speech = (): Promise<Speech> => {
    const opening = (opened ??= open());
    opening.catch(() => {
      opened = undefined;
    });
    return opening;
  };
  const say: Say = async function* (...asked) {
    return yield* (await speech()).say(...asked);
  };
  return {
    say,
    words: async () => (await speech()).words,
    captionsOf: ({ attends }: { readonly attends: boolean }): Captioning => ({
      attends,
      async *write(...asked) {
        return yield* (await speech()).captions!.write(...asked);
      },
      attention: async (...asked) => (await speech()).captions!.attention(...asked),
    }),
    release: async () => (await opened?.catch(() => undefined))?.release(),
  };
}

async function openAnswerSide(
  { graph, ...answer }: ReadyAnswer,
  sessions: SessionFactory,
): Promise<AnswerSide> {
  const onGpu = sessions.backend === "webgpu";
  const model = onGpu ? graph.stored : graph.plain;
  const taps = answer.crossTaps.flatMap(({ name, within }) => [
    name,
    ...(within ? [within.tap.name] : []),
  ]);
  const session = await sessions.create(
    serializeModel(withTaps(model, taps)),
    onGpu ? { dimensions: { b: 1 } } : {},
  );
  return { ...answer, model, session };
}
