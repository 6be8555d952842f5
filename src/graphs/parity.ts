/** The parity self-test: does this backend compute what the stored reference says? */
import type { ParityReference } from "../model/manifest.ts";
import { parityImage } from "../model/manifest.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { cosine } from "../tensor/norms.ts";

/** float32 sums in another order stay far inside these; a broken kernel does not. */
const SMALLEST_COSINE = 0.999;
const LARGEST_LOGIT_DIFFERENCE = 0.05;

export interface ParityReport {
  readonly ok: boolean;
  readonly cosine: number;
  readonly answerAgrees: boolean;
  readonly maxLogitDifference: number;
}

/** Runs the golden image and prompt; "not ok" also when the package has no reference for this precision. */
export async function checkParity(
  model: VisionLanguageModel,
  parity: ParityReference,
): Promise<ParityReport> {
  const { manifest, precision } = model;
  const reference = parity.references[precision];
  const space = manifest.answerSpaces[parity.answerSpace];
  if (!reference || !space) {
    return { ok: false, cosine: NaN, answerAgrees: false, maxLogitDifference: NaN };
  }
  const { embedding, tokens } = await model.encode(parityImage(manifest.input.size));
  const { logits } = await model.answer(tokens, parity.ids);
  const answers = space.tokenIds.map((id) => logits[id]!);
  const agreement = cosine(embedding, reference.embedding);
  const differences = answers.map((value, k) => Math.abs(value - reference.answerLogits[k]!));
  const maxLogitDifference = Math.max(...differences);
  const answerAgrees = indexOfMax(answers) === indexOfMax(reference.answerLogits);
  return {
    ok:
      agreement >= SMALLEST_COSINE &&
      maxLogitDifference <= LARGEST_LOGIT_DIFFERENCE &&
      answerAgrees,
    cosine: agreement,
    answerAgrees,
    maxLogitDifference,
  };
}

/** Whether two backends see the golden image alike. */
export async function embeddingsAgree(
  a: VisionLanguageModel,
  b: VisionLanguageModel,
): Promise<boolean> {
  const image = parityImage(a.manifest.input.size);
  const [[first], [second]] = [await a.embed([image]), await b.embed([image])];
  return cosine(first!, second!) >= SMALLEST_COSINE;
}

/**
 * Median milliseconds of `runs` forward passes of the vision graph.
 * @param isWarm whether the graph has run before; a first pass is not counted
 * @returns NaN of no runs
 */
export async function measureForward(
  model: VisionLanguageModel,
  now: () => number,
  { runs, isWarm }: { readonly runs: number; readonly isWarm: boolean },
): Promise<number> {
  const image = parityImage(model.manifest.input.size);
  if (!isWarm) await model.embed([image]);
  const times: number[] = [];
  for (let k = 0; k < runs; k++) {
    const start = now();
    await model.embed([image]);
    times.push(now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
}

function indexOfMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
