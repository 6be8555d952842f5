/** How an edit of the experiment is called beside "Undo": what differs between two specs, in a few words. */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { PARAMS } from "../experiment/params.ts";
import type { ExperimentSpec, StackItem } from "../experiment/spec.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";

type Item = StackItem | DefenseItem;

/** "epsilon of PGD", "add Gaussian noise", "question"; several changes at once are "several settings". */
export function changeName(before: ExperimentSpec, after: ExperimentSpec): string {
  const names = [
    ...(same(before.case, after.case) ? [] : [caseName(before, after)]),
    ...(before.question === after.question ? [] : ["question"]),
    ...(same(before.window, after.window) ? [] : ["model’s window"]),
    ...(before.model.id === after.model.id ? [] : ["model"]),
    ...(before.model.precision === after.model.precision ? [] : ["precision"]),
    ...listName(before.stack, after.stack, "disturbances"),
    ...listName(before.defenses, after.defenses, "defenses"),
    ...(same(before.certificate, after.certificate) ? [] : ["certificate"]),
    ...(same(before.relevance, after.relevance) ? [] : ["relevance"]),
    ...(same(before.instruments, after.instruments) ? [] : ["measurement"]),
  ];
  // A gallery case brings its question along.
  if (names.length > 1 && names[0] === "picture") return "picture";
  if (names.length > 1) return "several settings";
  return names[0] ?? "setting";
}

function caseName({ case: before }: ExperimentSpec, { case: after }: ExperimentSpec): string {
  if (before.kind === "file" && after.kind === "file" && before.sha256 === after.sha256) {
    return "the model’s square";
  }
  const isSamePhantom =
    before.kind === "phantom" &&
    after.kind === "phantom" &&
    before.phantom.seed === after.phantom.seed;
  return isSamePhantom ? "phantom" : "picture";
}

function listName(before: readonly Item[], after: readonly Item[], all: string): readonly string[] {
  if (before === after || same(before, after)) return [];
  const added = after.filter(({ id }) => !before.some((item) => item.id === id));
  const gone = before.filter(({ id }) => !after.some((item) => item.id === id));
  if (added.length === 1 && gone.length === 0) return [`add ${labelOf(added[0]!)}`];
  if (gone.length === 1 && added.length === 0) return [`remove ${labelOf(gone[0]!)}`];
  if (added.length > 0 || gone.length > 0) return [all];
  const changed = after.filter(
    (item) =>
      !same(
        item,
        before.find(({ id }) => id === item.id),
      ),
  );
  if (changed.length === 0) return [`order of ${all}`];
  if (changed.length > 1) return [all];
  const [item] = changed as [Item];
  return [
    `${settingName(
      before.find(({ id }) => id === item.id)!,
      item,
    )} of ${labelOf(item)}`,
  ];
}

function settingName(before: Item, after: Item): string {
  const [a, b] = [flat(before), flat(after)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => !same(a[name], b[name]),
  );
  if (names.length !== 1) return "settings";
  const [name] = names as [string];
  if (name === "enabled") return after.enabled ? "switching on" : "switching off";
  return nameOfParam(after, name);
}

/** Settings and parameters side by side. */
function flat(item: Item): Readonly<Record<string, unknown>> {
  return "params" in item ? { ...item, params: undefined, ...item.params } : { ...item };
}

function nameOfParam(item: Item, name: string): string {
  const params =
    "defense" in item
      ? DEFENSE_CATALOG[item.defense]?.params
      : item.type === "perturbation"
        ? PERTURBATION_CATALOG[item.perturbation]?.params
        : undefined;
  const known: Readonly<Record<string, { readonly label: string }>> = PARAMS;
  const label = params?.[name]?.label ?? known[`attack.${name}`]?.label;
  return label ? label.toLowerCase() : (WORDS[name] ?? name);
}

/** Settings that are no numbers, by the words that stand beside them. */
const WORDS: Readonly<Record<string, string>> = {
  knowledge: "attacker",
  norm: "limit",
  foresees: "attacker",
  region: "place",
  stamp: "place",
};

function labelOf(item: Item): string {
  if ("defense" in item) return DEFENSE_CATALOG[item.defense]?.label ?? item.defense;
  return item.type === "attack"
    ? ATTACK_CATALOG[item.attack].label
    : PERTURBATION_CATALOG[item.perturbation].label;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
