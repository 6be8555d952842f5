/** `lab compare WHAT`: the experiment by its own system and by a second one, where the two part, and what an attack on one does to the other. */
import { stat } from "node:fs/promises";
import type { Lab } from "../engine/lab.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import { compareSystems } from "../experiment/compareSystems.ts";
import type { Exchange } from "../experiment/compareSystems.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { withSystem } from "../experiment/systemChange.ts";
import { aboutFilm, disturbedFilm, isSamePicture, transferOf } from "../experiment/transferred.ts";
import type { Transferred } from "../experiment/transferred.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import type { Precision } from "../model/manifest.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { bundledFolder, bundledManifest, modelIds } from "./modelFiles.ts";
import { nodeLab } from "./nodeLab.ts";
import { radiographOf, readSource } from "./readSource.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export async function compareVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      model: { type: "string" },
      first: { type: "string" },
      precision: { type: "string" },
      defenses: { type: "string", default: "same" },
      backend: { type: "string", default: "native" },
      against: { type: "string" },
      file: { type: "string" },
    },
    allowPositionals: true,
  });
  const [source] = positionals;
  if (source === undefined || positionals.length > 1) {
    throw new UsageError("compare needs one experiment: lab compare SPEC.json --model robust.");
  }
  const opened = openExperiment(await readSource(source)).spec;
  const backends = [values.backend, values.against ?? values.backend] as const;
  const own = await ownModelsOf(values, backends);
  const spec = own.about(opened);
  const model = own.second?.manifest.id ?? values.model ?? spec.model.id;
  const change = {
    model,
    precision: await precisionOf(model, { spec, asked: values.precision, own: own.second }),
    defenses: values.defenses,
  };
  const second = validateSpec(withSystem(spec, change));
  if (JSON.stringify(second) === JSON.stringify(spec) && backends[0] === backends[1]) {
    throw new UsageError(
      "Both systems are the same: name another with --model, --precision, --defenses or --against native|wasm.",
    );
  }
  const sides = [
    await sideOf(spec, { backend: backends[0], own: own.first, file: values.file }),
    await sideOf(second, {
      backend: backends[1],
      own: own.second ?? (model === spec.model.id ? own.first : undefined),
      file: values.file,
    }),
  ] as const;
  const [a, b] = sides;
  print({
    a: a.system,
    b: b.system,
    ...compareSystems(a.results, b.results, await exchanged(a, b)),
  });
}

interface Values {
  readonly model?: string | undefined;
  readonly first?: string | undefined;
  readonly precision?: string | undefined;
}

interface OwnModels {
  readonly first?: ReadyModel;
  readonly second?: ReadyModel;
  about(spec: ExperimentSpec): ExperimentSpec;
}

/** Readers' models that the command line names: the experiment's own, and the second system's. */
async function ownModelsOf(
  { model, first, precision }: Values,
  backends: readonly [string, string],
): Promise<OwnModels> {
  const named = [first, model !== undefined && (await isOwn(model)) ? model : undefined];
  if (named.every((target) => target === undefined)) return { about: (spec) => spec };
  const { aboutOwn, readyOwnModel } = await import("./ownModel.ts");
  const [one, two] = await Promise.all(
    named.map(
      async (target, k) =>
        target &&
        readyOwnModel(target, k === 1 ? precision : undefined, sessionsNamed(backends[k]!)),
    ),
  );
  return {
    about: (spec) => (one ? aboutOwn(spec, one) : spec),
    ...(one ? { first: one } : {}),
    ...(two ? { second: two } : {}),
  };
}

/** A file or folder of a reader's, or a bundled folder of several graphs; ids of packages come first. */
async function isOwn(model: string): Promise<boolean> {
  if ((await modelIds()).includes(model)) return false;
  const isThere = await stat(model).then(
    () => true,
    () => false,
  );
  return isThere || (await bundledFolder(model)) !== undefined;
}

async function precisionOf(
  model: string,
  {
    spec,
    asked,
    own,
  }: {
    readonly spec: ExperimentSpec;
    readonly asked: string | undefined;
    readonly own: ReadyModel | undefined;
  },
): Promise<Precision> {
  if (own) return own.precision;
  if (asked !== undefined) return asked as Precision;
  if (model === spec.model.id) return spec.model.precision;
  return (await bundledManifest(model)).defaultPrecision;
}

interface Side {
  readonly lab: Lab;
  readonly spec: ExperimentSpec;
  readonly results: Partial<StageResults>;
  readonly system: object;
}

async function sideOf(
  spec: ExperimentSpec,
  {
    backend,
    own,
    file,
  }: {
    readonly backend: string;
    readonly own: ReadyModel | undefined;
    readonly file: string | undefined;
  },
): Promise<Side> {
  const lab = nodeLab(sessionsNamed(backend), { own });
  if (spec.case.kind === "file") {
    lab.addRadiograph(await radiographOf(spec.case, file));
  }
  const system = { model: spec.model, defenses: spec.defenses, backend };
  return { lab, spec, results: await resultsOf(lab, spec), system };
}

/** Each system on the picture that was made for the other; null where that is the same picture. */
async function exchanged(a: Side, b: Side): Promise<Exchange | null> {
  if (isSamePicture(a.results, b.results)) return null;
  return { a: await shownTo(a, b), b: await shownTo(b, a) };
}

async function shownTo(
  { lab, spec, results }: Side,
  other: Pick<Side, "results">,
): Promise<Transferred> {
  const film = (await disturbedFilm(other.results))!;
  lab.addRadiograph(film);
  return transferOf(results, await resultsOf(lab, aboutFilm(spec, film)));
}

async function resultsOf(lab: Lab, spec: ExperimentSpec): Promise<Partial<StageResults>> {
  const results: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results;
}
