/**
 * `lab run WHAT`: an experiment from a file, a saved run manifest or a share link; prints the run manifest of its repetition,
 * and writes what is no number as files if asked.
 */
import { arch, availableParallelism, cpus, platform } from "node:os";
import path from "node:path";
import { runManifest } from "../experiment/manifest.ts";
import type { StageResults } from "../experiment/results.ts";
import type { FigurePanel } from "../experiment/exports/figure.ts";
import type { RunRecord } from "../experiment/exports/runRecord.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { compareReplay, replayNumbers } from "../experiment/replay.ts";
import { commitOf } from "./build.ts";
import { sessionsNamed } from "./graphFiles.ts";
import type { Lab } from "../engine/lab.ts";
import { boxesFrom, boxesOf } from "../study/boxesCsv.ts";
import { readBytes } from "./files.ts";
import { nodeLab } from "./nodeLab.ts";
import type { CliSessions } from "./nodeSessions.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { radiographOf, readSource } from "./readSource.ts";
import { panelsNamed, writeExports } from "./runExports.ts";
import { writeRunFiles } from "./runFiles.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";
import { labVersion } from "./version.ts";

export async function runVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      file: { type: "string" },
      boxes: { type: "string" },
      backend: { type: "string", default: "native" },
      dump: { type: "string" },
      export: { type: "string" },
      panels: { type: "string" },
      model: { type: "string" },
      precision: { type: "string" },
    },
    allowPositionals: true,
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1) {
    throw new UsageError(
      "run needs one experiment: lab run SPEC.json, lab run MANIFEST.json or lab run LINK.",
    );
  }
  const panels = panelsNamed(values.panels);
  if (panels && values.export === undefined) {
    throw new UsageError("--panels chooses those of a figure: name its folder with --export DIR.");
  }
  const opened = openExperiment(await readSource(source));
  const { expected } = opened;
  const sessions = sessionsNamed(values.backend);
  const own = await ownOf(values, sessions);
  const spec = await marked(own ? own.about(opened.spec) : opened.spec, values);
  const lab = nodeLab(sessions, { own: own?.ready });
  if (spec.case.kind === "file") {
    lab.addRadiograph(await radiographOf(spec.case, values.file));
  } else if (values.file !== undefined) {
    throw new UsageError("--file is given, but the experiment is about a phantom.");
  }
  const folder = values.dump;
  const recorded = new Map<string, Tensor>();
  const keep =
    folder === undefined
      ? undefined
      : (name: string, tensor: Tensor) => void recorded.set(name, tensor);
  const results: { -readonly [S in keyof StageResults]?: StageResults[S] } = {};
  for await (const event of lab.run(spec, "full", { aborted: false }, keep && { record: keep })) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  const record = await recordOf({ spec, results }, lab, sessions);
  const manifest = runManifest(spec, results, record.environment, record.model);
  const { clean, readout, metrics } = results;
  const replay =
    expected && clean && readout && metrics
      ? compareReplay(expected, replayNumbers({ clean, readout, metrics }, manifest.environment))
      : undefined;

  const { export: exported } = values;
  const files = await filesOf(record, recorded, { dump: folder, exported, panels, lab });
  // A script that repeats a run learns of a difference without reading it.
  if (replay?.status === "differs") process.exitCode = 3;
  print({
    ...manifest,
    ...(replay ? { replay } : {}),
    ...(files ? { files } : {}),
  });
}

/** With what a table says of where findings are on the film. */
async function marked(
  spec: ExperimentSpec,
  { boxes, file }: { readonly boxes?: string | undefined; readonly file?: string | undefined },
): Promise<ExperimentSpec> {
  if (boxes === undefined) return spec;
  if (spec.case.kind !== "file" || file === undefined) {
    throw new UsageError("--boxes says where findings are on a film: name the film with --file.");
  }
  const table = boxesFrom(new TextDecoder().decode(await readBytes(boxes)));
  const own = boxesOf(table, path.basename(file));
  if (!own) throw new UsageError(`${boxes} has no box on ${path.basename(file)}.`);
  return validateSpec({ ...spec, case: { ...spec.case, boxes: own } });
}

/** The reader's own model that is named, if one is; what reads such models is fetched with it. */
async function ownOf(
  {
    model,
    precision,
  }: { readonly model?: string | undefined; readonly precision?: string | undefined },
  sessions: CliSessions,
) {
  if (model === undefined) {
    if (precision === undefined) return undefined;
    throw new UsageError(
      "--precision chooses among the graphs of your own model: name its folder with --model.",
    );
  }
  const { aboutOwn, readyOwnModel } = await import("./ownModel.ts");
  const ready = await readyOwnModel(model, precision, sessions);
  return { ready, about: (spec: ExperimentSpec) => aboutOwn(spec, ready) };
}

async function recordOf(
  { spec, results }: Pick<RunRecord, "spec" | "results">,
  lab: Lab,
  { backend, runtime }: CliSessions,
): Promise<RunRecord> {
  const {
    manifest: model,
    precision,
    sha256,
  } = await lab.model(spec.model.id, spec.model.precision);
  const environment = {
    lab: labVersion(),
    commit: commitOf(path.join(import.meta.dirname, "../..")),
    madeAt: new Date().toISOString(),
    machine: `${platform()} ${arch()}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}`,
    backend,
    runtime,
    precision,
    modelSha256: sha256,
  };
  return { spec, results, environment, model };
}

/** The files of both options, those of --dump first. */
async function filesOf(
  record: RunRecord,
  recorded: ReadonlyMap<string, Tensor>,
  {
    dump,
    exported,
    panels,
    lab,
  }: {
    readonly dump: string | undefined;
    readonly exported: string | undefined;
    readonly panels: readonly FigurePanel[] | undefined;
    readonly lab: Lab;
  },
): Promise<readonly string[] | undefined> {
  if (dump === undefined && exported === undefined) return undefined;
  const { spec, results } = record;
  const model = await lab.model(spec.model.id, spec.model.precision);
  const encodeQuestion = (text: string) => model.encodePrompt(text);
  return [
    ...(dump === undefined ? [] : await writeRunFiles(dump, results, recorded)),
    ...(exported === undefined
      ? []
      : await writeExports(exported, record, { panels, encodeQuestion })),
  ];
}
