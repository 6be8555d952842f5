/** What a share link or a manifest promises about a run, and the comparison of that promise with what came out here. */
import type { Backend } from "../model/backend.ts";
import { partName, partsBeside } from "../model/graphPart.ts";
import type { ReplayNumbers } from "./replaySchema.ts";
import type { StageResults } from "./results.ts";

export interface ReplayComparison {
  readonly status: "reproduced" | "differs";
  /** One sentence each. A reproduced run may still name another backend. */
  readonly differences: readonly string[];
}

/** Largest differences that still count as reproduced; margins in logits. */
export type ReplayTolerance = Readonly<
  Record<"marginClean" | "marginDisturbed" | "featureCosine", number>
>;

/** Bit by bit the same arithmetic; room for the rounding of a link's numbers. */
const SAME_KERNELS: ReplayTolerance = {
  marginClean: 0.001,
  marginDisturbed: 0.001,
  featureCosine: 0.0001,
};
/**
 * Float32 sums in another order: some 1e-6 on the clean picture. An attack follows the signs of gradients and multiplies
 * that, by up to 0.09 logits and 0.02 in cosine over 18 stacks of WASM against native (docs/decisions.md).
 */
const OTHER_KERNELS: ReplayTolerance = {
  marginClean: 0.02,
  marginDisturbed: 0.2,
  featureCosine: 0.04,
};

/**
 * Largest differences that still count as reproduced. WebAssembly computes the same bits on every machine; native kernels
 * and shaders depend on the processor.
 */
export function replayTolerance(there: Backend, here: Backend): ReplayTolerance {
  return there === "wasm" && here === "wasm" ? SAME_KERNELS : OTHER_KERNELS;
}

/** Rounded to what the tolerances can see, so that a link stays short. */
export function replayNumbers(
  results: Pick<StageResults, "clean" | "readout" | "metrics">,
  engine: Pick<ReplayNumbers, "backend" | "precision" | "modelSha256" | "graphs">,
): ReplayNumbers {
  const graphs = partsBeside(engine.graphs ?? [], engine.modelSha256);
  const { clean, readout, metrics } = results;
  return {
    // An encoder without a text side promises its features only.
    answerClean: clean.answer?.corrected ?? "none",
    answerDisturbed: readout.answer?.corrected ?? "none",
    marginClean: rounded(clean.answer?.margin ?? 0),
    marginDisturbed: rounded(readout.answer?.margin ?? 0),
    featureCosine: rounded(metrics.featureCosine),
    backend: engine.backend,
    precision: engine.precision,
    modelSha256: engine.modelSha256,
    ...(graphs.length > 0 ? { graphs } : {}),
  };
}

/**
 * "reproduced" when the model is the same and every number agrees within replayTolerance. In the
 * sentences "there" is the run of the link or manifest.
 */
export function compareReplay(expected: ReplayNumbers, actual: ReplayNumbers): ReplayComparison {
  const tolerance = replayTolerance(expected.backend, actual.backend);
  const different = (what: string, key: keyof ReplayTolerance) =>
    differentNumber(what, expected[key], actual[key], tolerance[key]);
  const numbers = [
    differentModel(expected, actual),
    ...differentGraphs(expected, actual),
    differentText("precision of the model", expected.precision, actual.precision),
    differentText("clean answer", expected.answerClean, actual.answerClean),
    differentText("disturbed answer", expected.answerDisturbed, actual.answerDisturbed),
    different("clean margin", "marginClean"),
    different("disturbed margin", "marginDisturbed"),
    different("feature cosine", "featureCosine"),
  ].filter((sentence) => sentence !== undefined);
  const backend = differentText("backend", expected.backend, actual.backend);
  return {
    status: numbers.length === 0 ? "reproduced" : "differs",
    differences: backend === undefined ? numbers : [...numbers, backend],
  };
}

function differentModel(expected: ReplayNumbers, actual: ReplayNumbers): string | undefined {
  if (expected.modelSha256 === actual.modelSha256) return undefined;
  const short = (hash: string) => hash.slice(0, 8);
  const [there, here] = [halves(expected.modelSha256), halves(actual.modelSha256)];
  const same = there && here ? there.map((hash, k) => hash === here[k]) : [];
  if (there && here && same.includes(true)) {
    const k = same.indexOf(false);
    return `The ${k === 0 ? "vision" : "answer"} graph of the model is another: ${short(there[k]!)} there, ${short(here[k]!)} here.`;
  }
  return `The model files are others: ${short(expected.modelSha256)} there, ${short(actual.modelSha256)} here.`;
}

/** What was promised before graphs were named is compared by its numbers alone. */
function differentGraphs({ graphs: there }: ReplayNumbers, actual: ReplayNumbers): string[] {
  if (!there) return [];
  const here = new Map((actual.graphs ?? []).map((part) => [partName(part), part.sha256]));
  return there.flatMap((part) => {
    const name = partName(part);
    const own = here.get(name);
    if (own === undefined) return [`The ${name} decided the numbers there and is not used here.`];
    const digits = Math.min(own.length, part.sha256.length);
    return own.slice(0, digits) === part.sha256.slice(0, digits)
      ? []
      : [`The ${name} is another: ${part.sha256.slice(0, 8)} there, ${own.slice(0, 8)} here.`];
  });
}

/** The hashes of the graphs that look and answer; undefined for a model that is named otherwise. */
function halves(hash: string): readonly [string, string] | undefined {
  return /^[0-9a-f]{128}$/.test(hash) ? [hash.slice(0, 64), hash.slice(64)] : undefined;
}

function differentText(what: string, expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  return `The ${what} was ${expected} there and is ${actual} here.`;
}

function differentNumber(
  what: string,
  expected: number,
  actual: number,
  limit: number,
): string | undefined {
  if (Math.abs(expected - actual) <= limit) return undefined;
  return `The ${what} was ${expected} there and is ${rounded(actual)} here (tolerance ${limit}).`;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
