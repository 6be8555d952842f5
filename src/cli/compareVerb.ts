/** `lab compare WHAT`: the experiment by its own system and by a second one, and where the two part. */
import { openExperiment } from "../experiment/openExperiment.ts";
import { compareSystems } from "../experiment/compareSystems.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { withSystem } from "../experiment/systemChange.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import type { Precision } from "../model/manifest.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { bundledManifest } from "./modelFiles.ts";
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
  const { spec } = openExperiment(await readSource(source));
  const model = values.model ?? spec.model.id;
  const manifest = await bundledManifest(model);
  const isSameModel = model === spec.model.id;
  const precision =
    values.precision ?? (isSameModel ? spec.model.precision : manifest.defaultPrecision);
  const change = { model, precision: precision as Precision, defenses: values.defenses };
  const second = validateSpec(withSystem(spec, change));
  const backends = [values.backend, values.against ?? values.backend] as const;
  if (JSON.stringify(second) === JSON.stringify(spec) && backends[0] === backends[1]) {
    throw new UsageError(
      "Both systems are the same: name another with --model, --precision, --defenses or --against native|wasm.",
    );
  }
  const sides = [];
  for (const [side, [asked, backend]] of [
    ["a", [spec, backends[0]]],
    ["b", [second, backends[1]]],
  ] as const) {
    const results = await resultsOf(asked, { backend, file: values.file });
    sides.push({
      side,
      results,
      system: { model: asked.model, defenses: asked.defenses, backend },
    });
  }
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
  print({ a: a.system, b: b.system, ...compareSystems(a.results, b.results) });
}

async function resultsOf(
  spec: ExperimentSpec,
  { backend, file }: { readonly backend: string; readonly file: string | undefined },
): Promise<Partial<StageResults>> {
  const lab = nodeLab(sessionsNamed(backend));
  if (spec.case.kind === "file") {
    lab.addRadiograph(await radiographOf(spec.case, file));
  }
  const results: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results;
}
