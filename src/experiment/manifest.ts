/**
 * The run manifest: everything another reader needs to repeat a run and compare it, as JSON. Pictures, masks and
 * attention maps stay out: a manifest of a reader's own radiograph may be published.
 */
import { compareMaps } from "../explanations/mapComparison.ts";
import { grayImage } from "../image/grayImage.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { Backend } from "../model/backend.ts";
import { groundTruth } from "./groundTruth.ts";
import { replayTolerance } from "./replay.ts";
import { RUN_FORMAT, RUN_VERSION } from "./openExperiment.ts";
import type { CertificateResult, Readout, RelevanceResult, StageResults } from "./results.ts";
import type { InstrumentResult } from "./instruments/instrumentResult.ts";
import type { ExperimentSpec } from "./spec.ts";

/** Where and when the numbers were made. */
export interface RunEnvironment {
  /** The lab's version. */
  readonly lab: string;
  /** Git commit the lab was built from, with "+changes" when files differed from it; null where git could not tell. */
  readonly commit: string | null;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** Processor, system or browser, and threads, as far as they are known. */
  readonly machine: string;
  readonly backend: Backend;
  /** What was asked for, and why the backend above was taken; absent where there was nothing to choose. */
  readonly choice?: { readonly asked: "webgpu" | "wasm" | "auto"; readonly reason: string };
  /** Runtime and its version, such as "onnxruntime-web 1.30.0". */
  readonly runtime: string;
  readonly precision: Precision;
  readonly modelSha256: string;
}

/** Numbers at full precision; what is not a finite number (a vacuous bound) is null. */
export function runManifest(
  spec: ExperimentSpec,
  results: Partial<StageResults>,
  environment: RunEnvironment,
  model: Pick<ModelManifest, "id" | "version" | "files">,
) {
  return {
    format: RUN_FORMAT,
    version: RUN_VERSION,
    notice: "Research and teaching only, not for diagnosis.",
    spec,
    environment: { ...environment, graphs: results.graphs ?? [] },
    // By the backend that repeats the run: the largest differences that still count as reproduced.
    tolerance: {
      wasm: replayTolerance(environment.backend, "wasm"),
      webgpu: replayTolerance(environment.backend, "webgpu"),
      native: replayTolerance(environment.backend, "native"),
    },
    model: {
      id: model.id,
      version: model.version,
      files: model.files
        .filter((file) => file.precision === environment.precision)
        .map(({ path, role, sha256, bytes }) => ({ path, role, sha256, bytes })),
    },
    seeds: seedsOf(spec),
    results: summarizeResults(results),
  };
}

/** Results of every stage without pictures, masks and maps; sums and sizes stand in for them. */
export function summarizeResults(results: Partial<StageResults>) {
  const { input, clean, disturbed, readout, metrics, gradientCheck, relevance } = results;
  const { certificate, beside, undefended } = results;
  return {
    ...(input && {
      input: {
        size: input.size,
        statement: input.statement,
        notices: input.notices,
        ...(input.truth && {
          truth: {
            findings: input.truth.findings,
            report: input.truth.report,
            ...(clean?.answer && {
              answer: groundTruth(clean.answer.question, input.truth)?.answer ?? null,
            }),
          },
        }),
      },
    }),
    ...(clean && { clean: summarizeReadout(clean) }),
    ...(disturbed && { disturbed: { items: disturbed.items } }),
    ...(readout && { readout: summarizeReadout(readout) }),
    ...(metrics && {
      metrics: {
        ...metrics,
        // Identical pictures have an infinite ratio, which JSON can't hold: they are named instead.
        identical: metrics.l2 === 0,
        psnr: finite(metrics.psnr),
        rolloutSsim: finite(metrics.rolloutSsim),
      },
    }),
    ...(undefended && {
      undefended: {
        clean: summarizeReadout(undefended.clean),
        disturbed: summarizeReadout(undefended.disturbed),
        flipped: undefended.flipped,
      },
    }),
    ...(gradientCheck && { gradientCheck }),
    ...(relevance && clean && { relevance: summarizeRelevance(relevance, clean.grid) }),
    ...(certificate && { certificate: summarizeCertificate(certificate) }),
    ...(beside && {
      beside:
        "obstacle" in beside
          ? beside
          : { model: beside.model, certificate: summarizeCertificate(beside.certificate) },
    }),
    ...summarizeInstruments(results),
  };
}

function summarizeCertificate(certificate: CertificateResult) {
  const { curve, atStack, n, maxSamples } = certificate;
  return {
    ...certificate,
    // Any count of draws gives a valid bound; a later one may be tighter.
    finished: n >= maxSamples,
    curve: {
      radius: numbers(curve.radius),
      toClean: numbers(curve.toClean),
      toSmoothedClean: numbers(curve.toSmoothedClean),
    },
    atStack: { toClean: finite(atStack.toClean), toSmoothedClean: finite(atStack.toSmoothedClean) },
  };
}

/** What each instrument found, without the maps themselves; long arrays as plain numbers. */
function summarizeInstruments(results: Partial<StageResults>) {
  const entries = Object.entries(results).flatMap(([name, result]) =>
    name.startsWith("instrument:") ? [[name.slice("instrument:".length), result] as const] : [],
  );
  if (entries.length === 0) return {};
  return {
    instruments: Object.fromEntries(
      entries.map(([id, result]) => [id, summarizeInstrument(result as InstrumentResult)]),
    ),
  };
}

function summarizeInstrument({ maps, frames: _pictures, ...result }: InstrumentResult) {
  // Frames and the rows' pictures are pixels; what was read off them is in the result's tables.
  const plain: unknown = JSON.parse(
    JSON.stringify(result, (key, value: unknown) =>
      key === "pictures"
        ? undefined
        : value instanceof Float64Array
          ? Array.from(value, finite)
          : value,
    ),
  );
  return {
    ...(plain as Omit<InstrumentResult, "maps" | "frames">),
    ...(maps && { maps: maps.map(({ id, label, grid, unit }) => ({ id, label, grid, unit })) }),
  };
}

/** Where each answer's relevance peaks on the token grid and how alike the two maps are; or why there are none. */
function summarizeRelevance(relevance: RelevanceResult, grid: readonly [number, number]) {
  if ("obstacle" in relevance) return relevance;
  const [rows, columns] = grid;
  const { clean, disturbed } = relevance;
  const peak = (map: Float32Array) => {
    const share = Math.max(...map);
    const cell = map.indexOf(share);
    return { row: Math.floor(cell / columns), column: cell % columns, share };
  };
  const { ssim, jsd } = compareMaps(
    grayImage(clean, rows, columns),
    grayImage(disturbed, rows, columns),
  );
  return {
    grid,
    cleanPeak: peak(clean),
    disturbedPeak: peak(disturbed),
    ssim: finite(ssim),
    jsdBits: finite(jsd),
  };
}

function summarizeReadout(readout: Readout) {
  return {
    ...(readout.population && { population: readout.population }),
    answer: readout.answer,
    paraphrases: readout.paraphrases,
    grid: readout.grid,
    attentionTaps: readout.attention.map(({ tap, kind, layer, heads, grid }) => ({
      tap,
      kind,
      layer,
      heads,
      grid,
    })),
  };
}

function seedsOf(spec: ExperimentSpec): Readonly<Record<string, number>> {
  return {
    ...(spec.case.kind === "phantom" ? { phantom: spec.case.phantom.seed } : {}),
    ...Object.fromEntries(spec.stack.map((item) => [item.id, item.seed])),
    ...Object.fromEntries(spec.defenses.map((item) => [item.id, item.seed])),
    ...Object.fromEntries(spec.instruments.map(({ instrument, seed }) => [instrument, seed])),
    certificate: spec.certificate.seed,
  };
}

function numbers(values: Float32Array): (number | null)[] {
  return Array.from(values, finite);
}

/** JSON has neither NaN nor Infinity: a bound that says nothing is null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
