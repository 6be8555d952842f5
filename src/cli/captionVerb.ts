/**
 * `lab caption`: what a captioner writes of a film, token by token with its log-probabilities and where each word looks, and what it writes
 * after an attack on the likelihood of its own text.
 */
import { LabError } from "../errors/labError.ts";
import { openModel } from "../graphs/openModel.ts";
import type { OnnxModel } from "../graphs/onnxModel.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import { modelInputOf } from "../experiment/source.ts";
import { findingAgreement } from "../language/reportFindings.ts";
import { bleu, meteor } from "../metrics/captionScores.ts";
import type { Captioning, Written } from "../model/captioning.ts";
import type { TextObjective } from "../model/objective.ts";
import { floatTensor } from "../tensor/tensor.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import { openRadiograph } from "./files.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { writeNpy } from "./npy.ts";
import { readyOwnModel } from "./ownModel.ts";
import { UsageError, grayRadius, parseCommandLine, wholeNumber } from "./usageError.ts";
import { pgdRun } from "./pgdRun.ts";

const OPTIONS = {
  model: { type: "string", default: "captioner-mini" },
  precision: { type: "string" },
  backend: { type: "string", default: "native" },
  beams: { type: "string", default: "1" },
  "max-tokens": { type: "string", default: "80" },
  epsilon: { type: "string" },
  steps: { type: "string", default: "10" },
  towards: { type: "string" },
  attention: { type: "string" },
} as const;
const MOST_BEAMS = 16;

interface Asked {
  readonly beams: number;
  readonly maxTokens: number;
  readonly epsilon: number;
  readonly steps: number;
  readonly towards: string | undefined;
}

export async function captionVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError("caption needs one file: lab caption FILE --model captioner-mini.");
  }
  const asked = {
    beams: wholeNumber("beams", values.beams, 1, MOST_BEAMS),
    maxTokens: wholeNumber("max-tokens", values["max-tokens"], 1, 1024),
    epsilon: values.epsilon === undefined ? 0 : grayRadius(values.epsilon),
    steps: wholeNumber("steps", values.steps, 1, 1000),
    towards: values.towards,
  };
  if (asked.towards !== undefined && asked.epsilon === 0) {
    throw new UsageError("--towards is what an attack is to make it write: give --epsilon too.");
  }
  const sessions = sessionsNamed(values.backend);
  const ready = await readyOwnModel(values.model, values.precision, sessions);
  const model = await openModel(ready, sessions);
  try {
    const captions = captionsOf(model);
    const { image, statement, notices } = await pictureOf(file, ready);
    const { tokens } = await model.encode(image, { maps: false });
    const clean = await told(captions, tokens, asked);
    if (values.attention !== undefined) {
      const maps = await attentionOf(captions, tokens, { clean: clean.written, model });
      await writeNpy(values.attention, maps);
    }
    print({
      file,
      model: values.model,
      precision: model.precision,
      decoding: asked.beams === 1 ? "greedy" : `beam search, ${asked.beams} beams`,
      ...clean.line,
      ...(asked.epsilon > 0 && {
        attacked: await attacked(model, { image, clean: clean.written }, asked),
      }),
      saw: statement,
      notices,
    });
  } finally {
    await model.release();
  }
}

function captionsOf(model: OnnxModel): Captioning {
  if (model.captions) return model.captions;
  throw new LabError(
    "model-incompatible",
    `${model.manifest.name} is no captioner: it is asked in words.`,
    { hint: "Use lab ask; a VisionEncoderDecoder or BLIP model writes captions." },
  );
}

async function pictureOf(file: string, { manifest }: ReadyModel) {
  const radiograph = await openRadiograph(file);
  return modelInputOf(
    { kind: "file", sha256: radiograph.rawSha256 },
    { kind: radiograph.vois.length > 0 ? "file" : "automatic" },
    { size: manifest.input.size, resize: manifest.input.resize },
    () => radiograph,
  );
}

/** A text with all that is known of its tokens. */
async function told(captions: Captioning, tokens: FloatTensor, { maxTokens, beams }: Asked) {
  const writing = captions.write(tokens, { maxTokens, beams });
  let step = await writing.next();
  while (!step.done) step = await writing.next();
  const written = step.value;
  const maps = captions.attends ? await captions.attention(tokens, written.ids) : [];
  const { text, ids, logProbabilities, pieces, stopped } = written;
  const words = pieces.map((piece, k) => ({
    token: piece,
    id: ids[k],
    logProbability: logProbabilities[k],
    ...(maps[k] && { mostLookedAt: largest(maps[k]) }),
  }));
  const sum = logProbabilities.reduce((a, b) => a + b, 0);
  return { written, line: { text: text.trim(), stopped, logLikelihood: sum, words } };
}

function largest(map: Float32Array): { readonly token: number; readonly share: number } {
  const token = map.reduce((best, value, i) => (value > map[best]! ? i : best), 0);
  return { token, share: map[token]! };
}

/** [tokens, picture's tokens] as .npy. */
async function attentionOf(
  captions: Captioning,
  tokens: FloatTensor,
  { clean, model }: { readonly clean: Written; readonly model: OnnxModel },
): Promise<FloatTensor> {
  if (!captions.attends) {
    throw new LabError(
      "graph-fused-attention",
      `The decoder of ${model.manifest.name} does not show its attention, so there is none to write.`,
    );
  }
  const maps = await captions.attention(tokens, clean.ids);
  const width = maps[0]?.length ?? 0;
  const data = new Float32Array(maps.length * width);
  maps.forEach((map, k) => data.set(map, k * width));
  return floatTensor(data, [maps.length, width]);
}

/** PGD on 8-bit pictures: away from its own text, or towards another. */
async function attacked(
  model: OnnxModel,
  { image, clean }: { readonly image: Float32Array; readonly clean: Written },
  asked: Asked,
): Promise<object> {
  const { epsilon, steps, towards } = asked;
  const objective: TextObjective = {
    kind: "text",
    aim: towards === undefined ? "away" : "towards",
    loss: "log-likelihood",
    // Any question: the places of its captions stand before the text and are not read for it.
    promptIds: model.encodePrompt("Is there a pleural effusion?"),
    textIds: towards === undefined ? clean.ids : model.encodeText(towards),
  };
  if (objective.textIds.length === 0) {
    throw new LabError("question-invalid", "There is no text to move: the model wrote nothing.");
  }
  const oracle = {
    loss: (x: Float32Array) => model.loss(x, objective),
    lossAndGradient: (x: Float32Array) => model.lossGradient(x, objective),
  };
  const made = await pgdRun(oracle, image, { epsilon, steps });
  const { adversarial, norm, loss, losses } = made;
  const { tokens } = await model.encode(adversarial, { maps: false });
  const { line } = await told(captionsOf(model), tokens, asked);
  const pair = { written: line.text, reference: clean.text };
  return {
    attack: "pgd",
    goal: towards === undefined ? "away from its own text" : `towards “${towards}”`,
    epsilon,
    norm,
    losses,
    loss,
    ...line,
    againstClean: {
      bleu: bleu([pair]),
      meteor: meteor(pair),
      findingAgreement: findingAgreement(pair.written, pair.reference),
    },
  };
}
