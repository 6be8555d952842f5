/** A run as it is exported: what was asked, what came out, and where it was made. */
import { VECTOR } from "../certifiedFeature.ts";
import { FINDINGS } from "../../phantom/spec.ts";
import { partName, partsBeside } from "../../model/graphPart.ts";
import type { GraphPart } from "../../model/graphPartSchema.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import type { RunEnvironment } from "../manifest.ts";
import type { StageResults } from "../results.ts";
import type { ExperimentSpec, StackItem } from "../spec.ts";

export interface RunRecord {
  readonly spec: ExperimentSpec;
  readonly results: Partial<StageResults>;
  readonly environment: RunEnvironment;
  readonly model: ModelManifest;
}

/** Which picture, in one line that names nobody. */
export function caseLine({ case: shown }: Pick<ExperimentSpec, "case">): string {
  if (shown.kind === "file") return `Own film, pixel hash ${shown.sha256.slice(0, 12)}`;
  const { seed, findings } = shown.phantom;
  const named = findings.map(({ kind, side, amount }) =>
    [side, kind, amount, amount === undefined ? "" : FINDINGS[kind].unit].filter(Boolean),
  );
  return `Phantom, seed ${seed}: ${named.map((words) => words.join(" ")).join(", ") || "no finding"}`;
}

/** A member of the stack with every setting that decides what it does. */
export function itemLine(item: StackItem, label: string): string {
  const { id: _id, enabled: _enabled, type: _type, ...settings } = item;
  const said =
    item.type === "perturbation"
      ? [...settingsOf(item.params), ...(item.strokes ? [`${item.strokes.length} strokes`] : [])]
      : attackSettings(settings);
  return `${label} (${[...said, `seed ${item.seed}`].join(", ")})`;
}

function attackSettings(item: Readonly<Record<string, unknown>>): readonly string[] {
  const { norm, epsilon, goal, attack: _attack, seed: _seed, ...rest } = item;
  return [
    `${String(norm)} epsilon ${String(epsilon)}${norm === "linf" ? "/255" : ""}`,
    ...settingsOf(rest),
    (goal as { readonly kind: string }).kind,
  ];
}

/** "steps 20": names and values of plain settings; what is no plain value is left to the manifest. */
export function settingsOf(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object" ? [] : [`${words(name)} ${String(value)}`],
  );
}

/** "relativeStep" is "relative step". */
function words(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** All settings that decide the numbers, one line each: what is printed under a figure. */
export function parameterLines({
  spec,
  results,
  environment,
  model,
}: RunRecord): readonly string[] {
  const labels = new Map(results.disturbed?.items.map(({ id, label }) => [id, label]));
  const stack = spec.stack.filter(({ enabled }) => enabled);
  const defenses = spec.defenses.filter(({ enabled }) => enabled);
  const { certificate } = spec;
  return [
    `Question: ${spec.question}`,
    `Picture: ${caseLine(spec)}. ${results.input?.statement ?? ""}`.trim(),
    `Disturbances: ${stack.map((item) => itemLine(item, labels.get(item.id) ?? nameOf(item))).join("; ") || "none"}`,
    ...(defenses.length > 0
      ? [
          `Defenses: ${defenses.map(({ defense, params, seed }) => `${words(defense)} (${[...settingsOf(params), `seed ${seed}`].join(", ")})`).join("; ")}`,
        ]
      : []),
    `Model: ${model.name} version ${model.version}, ${environment.precision}, graphs ${environment.modelSha256.slice(0, 12)}`,
    ...otherGraphs(results.graphs ?? [], environment.modelSha256),
    ...(results.certificate
      ? [
          `Certificate of ${VECTOR[results.certificate.feature]}: sigma ${certificate.sigma}, alpha ${certificate.alpha}, n ${results.certificate.n}, seed ${certificate.seed}`,
        ]
      : []),
    `Penumbra ${environment.lab}${environment.commit ? ` (${environment.commit})` : ""}, ${environment.runtime}, ${environment.backend}, ${environment.madeAt.slice(0, 10)}`,
  ];
}

/** Those that the model's own hash does not name. */
function otherGraphs(graphs: readonly GraphPart[], modelSha256: string): readonly string[] {
  const said = partsBeside(graphs, modelSha256).map(
    (part) => `${partName(part)} ${part.sha256.slice(0, 12)}`,
  );
  return said.length > 0 ? [`Beside it: ${said.join("; ")}`] : [];
}

function nameOf(item: StackItem): string {
  return item.type === "perturbation" ? words(item.perturbation) : item.attack;
}
