/** The table of bench/README.md. */
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import type { DefendedMeasurements } from "./defended.ts";
import type { EncoderMeasurements } from "./encoders.ts";
import type { EngineMeasurements } from "./engine.ts";
import type { GradientMeasurements } from "./gradients.ts";
import type { FuzzMeasurement } from "./gradientsFuzz.ts";
import type { InstrumentMeasurement } from "./instruments.ts";
import type { FilmsMeasurements } from "./films.ts";
import type { LargeVlmMeasurement } from "./largeVlm.ts";
import type { PageMeasurements } from "./page.ts";
import type { PeerMeasurement } from "./peers.ts";
import { rounded } from "./statistics.ts";
import type { StudyMeasurements } from "./studies.ts";
import type { StudyPageMeasurements } from "./studyPage.ts";

export interface BenchResults {
  readonly date: string;
  readonly machine: {
    readonly cores: number;
    readonly architecture: string;
    readonly processor: string;
    readonly gpu: string;
    readonly node: string;
  };
  readonly chromium: string;
  readonly gradients: readonly (GradientMeasurements & { readonly backend: string })[];
  readonly gradientsFuzz: FuzzMeasurement;
  readonly engine: EngineMeasurements;
  readonly page: PageMeasurements;
  readonly encoders: readonly EncoderMeasurements[];
  /** Parts that no full run has measured yet are absent. */
  readonly defended?: DefendedMeasurements | undefined;
  readonly films?: FilmsMeasurements | undefined;
  readonly instruments?: readonly InstrumentMeasurement[] | undefined;
  readonly studyPage?: StudyPageMeasurements | undefined;
  readonly studies?: StudyMeasurements | undefined;
  readonly peers: readonly PeerMeasurement[];
  /** Absent until its folder was made and named once. */
  readonly largeVlm?: LargeVlmMeasurement | undefined;
}

function peerRow(peer: PeerMeasurement): readonly string[] {
  const { network, library, forwardMs, gradientMs, difference, failure } = peer;
  const ms = (value: number | undefined): string =>
    value === undefined ? "-" : String(rounded(value));
  if (failure !== undefined) return [network, library, ms(forwardMs), failure, "-", "-"];
  const ratio = forwardMs && gradientMs ? `${rounded(gradientMs / forwardMs)}x` : "-";
  const apart = difference === undefined ? "-" : difference.toExponential(1);
  return [network, library, ms(forwardMs), ms(gradientMs), ratio, apart];
}

function studyRows(studies: StudyMeasurements): readonly (readonly [string, string, string])[] {
  const shares = studies.runs.map(
    ({ study, rows, workers, rowsPerSecond, runtimeShare }): [string, string, string] => [
      `study ${study}, ${rows} rows, ${workers} worker${workers === 1 ? "" : "s"}: processor time inside ONNX Runtime`,
      `${rounded(100 * runtimeShare)} % (${rounded(rowsPerSecond)} rows per second)`,
      study === "epsilon-attack-model" ? ">= 95 %" : "",
    ],
  );
  const { bytesAt10k, bytesAt100k } = studies;
  return [
    ...shares,
    ["two workers over one", `${rounded(studies.twoOverOne)}x`, ">= 1.7x"],
    [
      "two processes of one thread over one of two threads, gradient passes",
      `${rounded(studies.processesOverThreads)}x`,
      "",
    ],
    ["going on with 1,000 rows that are there", `${rounded(studies.resumeSeconds)} s`, "< 2 s"],
    [
      "memory at 100,000 rows over that at 10,000",
      `${rounded(bytesAt100k / bytesAt10k)}x (${megabytes(bytesAt10k)} to ${megabytes(bytesAt100k)})`,
      "flat",
    ],
  ];
}

function largeRows(large: LargeVlmMeasurement): readonly (readonly [string, string, string])[] {
  const what = `SmolVLM-256M's shape, ${megabytes(large.bytes)}, WASM, 1 thread`;
  const took = (value: number): string => `${rounded(value)} s of processor time`;
  return [
    [`${what}: opened`, took(large.openSeconds), ""],
    [
      `${what}: picture and question to the first token`,
      `${took(large.firstTokenSeconds)} (peak ${megabytes(large.forwardPeakBytes)})`,
      "",
    ],
    [`${what}: each further token`, took(large.tokenSeconds), ""],
    [
      `${what}: gradient of the answer's margin`,
      large.gradientSeconds === undefined
        ? (large.gradientFailure ?? "not measured")
        : `${took(large.gradientSeconds)} (peak ${megabytes(large.gradientPeakBytes ?? NaN)})`,
      "",
    ],
  ];
}

function defendedRows(
  defended: DefendedMeasurements,
): readonly (readonly [string, string, string])[] {
  const { copies, answers, previewMedianMs, previewP95Ms, ticks } = defended;
  return [
    ...answers.map(({ backend, cpuMs }): [string, string, string] => [
      `one answer of the noise-trained model behind feature smoothing of ${copies} copies (${backend}, 1 thread)`,
      `${seconds(cpuMs)} of processor time`,
      "",
    ]),
    [
      `epsilon tick to the first changed answer behind feature smoothing, inside a drag (its preview takes one copy), ${ticks} ticks`,
      `95th percentile ${seconds(previewP95Ms)}, median ${seconds(previewMedianMs)}`,
      "<= 0.15 s",
    ],
  ];
}

function filmRows(films: FilmsMeasurements): readonly (readonly [string, string, string])[] {
  const grown = (before: number, after: number): string =>
    `${(after / before).toFixed(3)}x (${megabytes(before)} to ${megabytes(after)})`;
  return [
    [
      `memory after 50 films of ${films.side} x ${films.side} over that after 10`,
      grown(films.memoryAfterSome, films.memoryAfterFilms),
      "flat",
    ],
    [
      "memory after 500 mixed interactions over that after 100",
      grown(films.memoryAfterFewInteractions, films.memoryAfterInteractions),
      "flat",
    ],
    [
      `main-thread work for one move of a pan over such a film (${films.renderer === "gpu" ? "WebGL 2" : "canvas"})`,
      `${rounded(films.panWorkMs)} ms; ${rounded(films.panFrameMs)} ms from frame to frame, drawn in software where there is no GPU`,
      "",
    ],
  ];
}

function studyPageRow({
  p95Ms,
  p95WithStudyMs,
  runsMeanwhile,
}: StudyPageMeasurements): readonly [string, string, string] {
  return [
    "an input to the frame after it, 95th percentile, a study running over none",
    `${rounded(p95WithStudyMs / p95Ms)}x (${rounded(p95Ms)} ms to ${rounded(p95WithStudyMs)} ms, ${runsMeanwhile} runs meanwhile)`,
    "<= 1.25x",
  ];
}

/** The longest of all, by name; then those that are long at all. */
function instrumentRow(
  instruments: readonly InstrumentMeasurement[],
): readonly [string, string, string] {
  const worst = instruments.reduce((a, b) => (b.longestTaskMs > a.longestTaskMs ? b : a));
  const over = instruments.filter(({ longestTaskMs }) => longestTaskMs > 50).length;
  return [
    "longest main-thread task while any one measurement is switched on",
    `${rounded(worst.longestTaskMs)} ms${worst.longestTaskMs > 0 ? ` (${worst.label}; ${over} of ${instruments.length} over 50 ms)` : ` (of ${instruments.length})`}`,
    "<= 50 ms",
  ];
}

function instrumentTable(instruments: readonly InstrumentMeasurement[]): string {
  const rows = instruments.map(
    ({ label, longestTaskMs, seconds: took, isRefused }) =>
      `| ${label}${isRefused ? " (refused here)" : ""} | ${longestTaskMs === 0 ? "none" : rounded(longestTaskMs)} | ${rounded(took)} |`,
  );
  return `
## Each measurement on the opening case

Switched on by itself in the built page: the longest main-thread task that the browser reported until the whole result stood (it reports
those of 50 ms and more), and how long that took.

| measurement | longest task, ms | seconds |
| --- | --- | --- |
${rows.join("\n")}
`;
}

const seconds = (ms: number): string => `${rounded(ms / 1000)} s`;
const megabytes = (bytes: number): string => `${rounded(bytes / 1e6)} MB`;

export async function writeReport(results: BenchResults, file: string): Promise<void> {
  const { machine, engine, page } = results;
  const fuzz = results.gradientsFuzz;
  const growth = page.memoryAfter / page.memoryBefore;
  const rows: (readonly [string, string, string])[] = [
    ...results.gradients.flatMap((g): [string, string, string][] => [
      [
        `gradient pass over forward pass (${g.backend}, 1 thread)`,
        `${rounded(g.gradientOverForward)}x (${rounded(g.gradientMs)} ms over ${rounded(g.forwardMs)} ms)`,
        // The page runs on WASM; native kernels are for the headless lab.
        g.backend === "wasm" ? "<= 2.6x" : "",
      ],
      [
        `PGD-10 over its graph runs (${g.backend}, 1 thread)`,
        `${rounded(g.pgdOverRuns)}x`,
        "<= 1.1x",
      ],
    ]),
    [
      `gradients of ${fuzz.graphs} random graphs against central differences`,
      `${fuzz.right} right, ${fuzz.refused} refused by name, ${fuzz.unjudged} without a reference, ${fuzz.wrong.length} wrong`,
      "0 wrong",
    ],
    ...results.encoders.flatMap((e): [string, string, string][] => [
      [
        `${e.network}: gradient pass over forward pass (WASM, 1 thread)`,
        `${rounded(e.gradientOverForward)}x (${rounded(e.gradientMs)} ms over ${rounded(e.forwardMs)} ms)`,
        "<= 2.3x",
      ],
      [
        `${e.network}: peak memory, gradient over forward`,
        `${rounded(e.peakOverForward)}x (${megabytes(e.gradientPeakBytes)} over ${megabytes(e.forwardPeakBytes)})`,
        "<= 3x",
      ],
      [`${e.network}: building the gradient graph`, seconds(e.buildMs), "<= 2 s"],
    ]),
    ["first paint", seconds(page.firstPaintMs), "< 1 s"],
    [
      "default model loaded and self-tested after first paint, cold cache",
      seconds(page.modelReadyMs),
      "<= 3 s",
    ],
    ["first answer after first paint, cold cache", seconds(page.firstAnswerMs), "< 10 s"],
    [
      "first guarantee that proves something after first paint, cold cache",
      seconds(page.firstProofMs),
      "<= 5 s",
    ],
    [
      "curve of the case's own certificate after first paint, cold cache",
      seconds(page.firstCertificateMs),
      "",
    ],
    [
      "epsilon tick to the first changed answer, inside a drag",
      seconds(page.tickToAnswerMs),
      "<= 0.15 s",
    ],
    [`PGD-10, full fidelity (WASM x${engine.info.threads})`, seconds(engine.pgd10Ms), "< 6 s"],
    ["first certificate after a request", seconds(engine.firstCertificateMs), "< 3 s"],
    ["first certificate that proves something", seconds(engine.usefulCertificateMs), "< 20 s"],
    ["certificate samples", `${rounded(engine.certificateSamplesPerSecond)} per second`, ""],
    ["1,000 certificate samples", seconds(1e6 / engine.certificateSamplesPerSecond), "<= 45 s"],
    [
      "memory after 100 slider drags over before",
      `${growth.toFixed(3)}x (${megabytes(page.memoryBefore)} to ${megabytes(page.memoryAfter)})`,
      "flat",
    ],
    [
      "longest main-thread task while attacks run under 100 drags",
      `${rounded(page.longestTaskMs)} ms (${page.longTasks} over 50 ms)`,
      "<= 50 ms",
    ],
  ];
  const { defended, films, studies, studyPage, instruments } = results;
  if (defended) rows.push(...defendedRows(defended));
  if (films) rows.push(...filmRows(films));
  if (instruments) rows.push(instrumentRow(instruments));
  if (studies) rows.push(...studyRows(studies));
  if (results.largeVlm) rows.push(...largeRows(results.largeVlm));
  if (studyPage) rows.push(studyPageRow(studyPage));
  const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
  const peers = results.peers.map((p) => `| ${peerRow(p).join(" | ")} |`).join("\n");
  const text = `# Measurements

Made by \`npm run bench\` on ${results.date}: ${machine.cores} cores (${machine.processor}, ${machine.architecture}), GPU ${machine.gpu}, Chromium ${results.chromium}, Node ${machine.node}.
Medians; model ${engine.info.modelId} in ${engine.info.precision}. Only ratios compare between machines. A main-thread task of 0 ms means that
none was long enough (50 ms) for the browser to report.

| what | measured | budget |
| --- | --- | --- |
${table}

A pan over a film uploads nothing: its pixels become one texture when it opens, and each move is one draw call with another
matrix (counted by hand on a film of 3000 x 3000, 120 moves: 0 uploads, 120 draws, 6.0 ms of the main thread's own time a move, of
which 1.2 ms are scripts). No GPU has shown 60 frames a second; in software a frame of it takes longer to draw than to ask for.
${instruments ? instrumentTable(instruments) : ""}
## Beside other libraries

One forward pass and one input gradient of the same network in the same page (bench/peers), one thread of WASM each, medians in milliseconds.
TensorFlow.js reads no ONNX: its transformer is written by hand in the same shapes, with other random weights. WebGPU is not compared here: this
machine has none.

| network | library | forward | gradient | gradient over forward | difference |
| --- | --- | --- | --- | --- | --- |
${peers}
`;
  // As the format check wants it, tables padded.
  const options = { ...(await resolveConfig(file)), parser: "markdown" };
  writeFileSync(file, await format(text, options));
}
