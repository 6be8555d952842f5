/**
 * A Python script (ONNX Runtime and NumPy) that repeats a run by code that is not this lab's, and asserts its numbers: both
 * readings of both pictures, every wording, and how far picture and features moved. The pictures are data: a phantom's lie in
 * the script, a reader's film is read from a file beside it, so that a script can be published without a pixel of a patient.
 */
import { zlibSync } from "fflate";
import { LabError, invariant } from "../../errors/labError.ts";
import { toBase64 } from "../../host/base64url.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { toByte } from "../../image/grayImage.ts";
import { modelFile } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { Readout } from "../results.ts";
import { parameterLines } from "./runRecord.ts";
import type { RunRecord } from "./runRecord.ts";
import { PYTHON_BODY } from "./pythonBody.ts";

/** Another runtime sums in another order: some 1e-5 logits on the same picture in float32, more in float16 on a GPU. */
const SAME_FLOATS = { logits: 0.002, probability: 0.001, cosine: 0.0001, picture: 1e-5 } as const;
const ON_GPU = { ...SAME_FLOATS, logits: 0.02, probability: 0.005, cosine: 0.001 } as const;

/** The name under which the script looks for a film's pictures. */
export const PICTURES_FILE = "penumbra-pictures.npy";

export interface PythonScript {
  readonly text: string;
  /** Clean and disturbed picture as the model was given them, [2, size, size] uint8, where they are not in the script. */
  readonly pictures: Uint8Array | null;
  readonly size: number;
}

/**
 * @param encodeQuestion the model's tokenizer.
 * @throws LabError "model-incompatible" for a reader's own model, whose graphs are fed in ways of their own; "internal" for a
 *   run without its two readings
 */
export async function pythonScript(
  record: RunRecord,
  encodeQuestion: (text: string) => readonly number[],
): Promise<PythonScript> {
  const { spec, results, environment, model } = record;
  requirePackage(model);
  const { input, disturbed, metrics, undefended } = results;
  // Defenses at strength 0 leave the bare model, whose features are repeated as well.
  const isDefended = undefended !== undefined;
  const { clean, readout } = bareReadings(record);
  invariant(input && disturbed && metrics, "a script of a run that is not over");
  const pixels = Uint8Array.from([...input.image, ...disturbed.image], toByte);
  const isOwn = spec.case.kind === "file";
  const flipped = undefended ? undefended.flipped : metrics.flipped;
  const run = {
    model: {
      id: model.id,
      files: (["vision", "answer"] as const).map((role) => {
        const { path, sha256 } = modelFile(model, role, environment.precision);
        return { role, path, sha256 };
      }),
      image: model.input.name,
      outputs: model.outputs,
    },
    pictures: {
      size: input.size,
      sha256: await sha256Hex(pixels),
      file: isOwn ? PICTURES_FILE : null,
    },
    defended: isDefended,
    wordings: wordingsOf(clean, readout, model).map(({ text, ...said }) => ({
      text,
      ids: encodeQuestion(text),
      ...said,
    })),
    flipped,
    // Features of a defended run are those behind its defenses, which the script does not repeat.
    metrics: {
      linf: metrics.linf,
      l2: metrics.l2,
      changedShare: metrics.changedShare,
      psnr: Number.isFinite(metrics.psnr) ? metrics.psnr : null,
      ssim: metrics.ssim,
      ...(isDefended ? {} : { featureCosine: metrics.featureCosine, featureL2: metrics.featureL2 }),
    },
    tolerance: environment.backend === "webgpu" ? ON_GPU : SAME_FLOATS,
  };
  const text = PYTHON_BODY.replace("@PARAMETERS@", () => docstring(parameterLines(record)))
    .replace("@RUN@", () => JSON.stringify(run, null, 1))
    .replace("@PIXELS@", () => (isOwn ? "" : wrapped(toBase64(zlibSync(pixels, { level: 9 })))));
  return { text, pictures: isOwn ? pixels : null, size: input.size };
}

/** The readings of the bare model, which the script repeats: defenses are the lab's own code. */
function bareReadings({ results }: RunRecord): {
  readonly clean: Readout;
  readonly readout: Readout;
} {
  const { clean, readout, undefended } = results;
  if (undefended) return { clean: undefended.clean, readout: undefended.disturbed };
  invariant(clean && readout, "a script of a run that is not over");
  return { clean, readout };
}

function requirePackage({ id, input, files, outputs, folder }: ModelManifest): void {
  const isPlain =
    folder === undefined &&
    input.channels === 1 &&
    input.mean.every((value) => value === 0) &&
    input.std.every((value) => value === 1) &&
    files.some(({ role }) => role === "answer") &&
    outputs.tokens !== undefined &&
    outputs.logits !== undefined;
  if (isPlain) return;
  throw new LabError(
    "model-incompatible",
    `A Python script can be written for the models that come with the lab; "${id}" is fed in a way of its own.`,
    { hint: "Save the run manifest instead: it names the model's files by their hashes." },
  );
}

function wordingsOf(clean: Readout, disturbed: Readout, model: ModelManifest) {
  const before = [...(clean.answer ? [clean.answer] : []), ...clean.paraphrases];
  const after = [...(disturbed.answer ? [disturbed.answer] : []), ...disturbed.paraphrases];
  return before.map((said, k) => {
    const words = Object.keys(said.probabilities);
    const space = Object.values(model.answerSpaces).find(({ answers }) =>
      sameWords(answers, words),
    );
    invariant(space, "an answer outside the model's answer spaces");
    return {
      text: said.question,
      polarity: said.polarity,
      answers: space.answers,
      tokenIds: space.tokenIds,
      clean: saidOf(said),
      disturbed: saidOf(after[k]!),
    };
  });
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word) => b.includes(word));
}

function saidOf({ answer, corrected, margin, probabilities, massOutside }: AnswerResult) {
  return { answer, corrected, margin, probabilities, massOutside };
}

/** Lines inside a docstring: neither a quote nor a backslash of a reader's wording may end it. */
function docstring(lines: readonly string[]): string {
  return lines.map((line) => line.replaceAll("\\", "/").replaceAll('"', "'")).join("\n");
}

function wrapped(text: string): string {
  return text.replaceAll(/.{1,120}/g, "$&\n").trimEnd();
}
