/**
 * `lab run WHAT`: an experiment from a file, a saved run manifest or a share link; prints the run manifest of its repetition,
 * and writes what is no number as files if asked.
 */
import { arch, availableParallelism, cpus, platform } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { LabError } from "../errors/labError.ts";
import { runManifest } from "../experiment/manifest.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import { compareReplay, replayNumbers } from "../experiment/replay.ts";
import { looksLikeLink } from "../experiment/shareLink/decode.ts";
import { commitOf } from "./build.ts";
import { openRadiograph, readBytes } from "./files.ts";
import { sessionsNamed } from "./graphFiles.ts";
import type { Lab } from "../engine/lab.ts";
import { nodeLab } from "./nodeLab.ts";
import type { CliSessions } from "./nodeSessions.ts";
import type { Tensor } from "../tensor/tensor.ts";
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
      backend: { type: "string", default: "native" },
      dump: { type: "string" },
    },
    allowPositionals: true,
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1) {
    throw new UsageError(
      "run needs one experiment: lab run SPEC.json, lab run MANIFEST.json or lab run LINK.",
    );
  }
  const { spec, expected } = openExperiment(await readText(source));
  const sessions = sessionsNamed(values.backend);
  const lab = nodeLab(sessions);
  if (spec.case.kind === "file") {
    lab.addRadiograph(await radiographOf(spec.case.sha256, values.file));
  } else if (values.file !== undefined) {
    throw new UsageError("--file is given, but the experiment is about a phantom.");
  }
  const folder = values.dump;
  const recorded = new Map<string, Tensor>();
  const record =
    folder === undefined
      ? undefined
      : (name: string, tensor: Tensor) => void recorded.set(name, tensor);
  const results: { -readonly [S in keyof StageResults]?: StageResults[S] } = {};
  for await (const event of lab.run(spec, "full", { aborted: false }, record)) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  const manifest = await manifestOf(spec, results, lab, sessions);
  const { clean, readout, metrics } = results;
  const replay =
    expected && clean && readout && metrics
      ? compareReplay(expected, replayNumbers({ clean, readout, metrics }, manifest.environment))
      : undefined;

  // A script that repeats a run learns of a difference without reading it.
  if (replay?.status === "differs") process.exitCode = 3;
  print({
    ...manifest,
    ...(replay ? { replay } : {}),
    ...(folder === undefined ? {} : { files: await writeRunFiles(folder, results, recorded) }),
  });
}

async function manifestOf(
  spec: ExperimentSpec,
  results: Partial<StageResults>,
  lab: Lab,
  { backend, runtime }: CliSessions,
) {
  const { manifest, precision, sha256 } = await lab.model(spec.model.id, spec.model.precision);
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
  return runManifest(spec, results, environment, manifest);
}

/** A link stands on the command line itself; everything else is a file, or standard input for "-". */
async function readText(source: string): Promise<string> {
  if (looksLikeLink(source)) return source;
  const bytes =
    source === "-" ? new Uint8Array(await buffer(process.stdin)) : await readBytes(source);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const what = source === "-" ? "Standard input" : `The file ${source}`;
    throw new LabError("spec-invalid", `${what} is not text.`, {
      hint: "lab --help shows a whole experiment.",
      cause,
    });
  }
}

async function radiographOf(sha256: string, file: string | undefined) {
  if (file === undefined) {
    throw new UsageError("The experiment is about a file: name it with --file FILE.");
  }
  const radiograph = await openRadiograph(file);
  if (radiograph.rawSha256 === sha256) return radiograph;
  throw new LabError(
    "file-mismatch",
    `The experiment is about another picture: ${file} has pixel hash ${radiograph.rawSha256?.slice(0, 12)}, not ${sha256.slice(0, 12)}.`,
  );
}
