/** `lab list`: what the lab has, from the registries the page and the validator read, as one JSON object. */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { BUNDLED_FOLDERS } from "../model/catalog.ts";
import { FINDINGS, PATIENT_PARAMS } from "../phantom/spec.ts";
import { GOALS } from "../experiment/goals.ts";
import { PARAMS, SPEC_LIMITS, epsilonParam } from "../experiment/params.ts";
import { expandQuestions } from "../language/questionBank.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";
import { SEVERITIES } from "../perturbations/severities.ts";
import { MEASURES } from "../study/measures.ts";
import type { Measure } from "../study/measures.ts";
import { lessonEntries } from "./lessonFiles.ts";
import { bundledManifest, modelIds } from "./modelFiles.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

const SECTIONS = {
  models: async () => Promise.all((await modelIds()).map(modelEntry)),
  /** Named where a model is, too (`ask`, `run --model`, studies); opened as a reader's folder is. */
  folders: () => BUNDLED_FOLDERS,
  findings: () => FINDINGS,
  patient: () => PATIENT_PARAMS,
  questions: questionEntries,
  perturbations: () =>
    Object.values(PERTURBATION_CATALOG).map(({ id, label, help, group, strength, params }) => ({
      id,
      label,
      help,
      group,
      strength,
      params,
      severities: SEVERITIES.perturbations[id]!,
    })),
  attacks: attackEntries,
  goals: () => GOALS,
  instruments: () =>
    Object.values(INSTRUMENT_CATALOG).map(({ id, label, group, help, source, params }) => ({
      id,
      label,
      group,
      help,
      source,
      params: { ...params, seed: PARAMS["instrument.seed"] },
    })),
  defenses: () =>
    Object.values(DEFENSE_CATALOG).map(({ isRandom, params, ...described }) => ({
      ...described,
      params: isRandom ? { ...params, seed: PARAMS["defense.seed"] } : params,
    })),
  measures: measureEntries,
  lessons: lessonEntries,
  certificate: () => paramsUnder("certificate."),
  window: () => paramsUnder("window."),
  limits: () => SPEC_LIMITS,
} as const satisfies Readonly<Record<string, () => unknown>>;

export async function listVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { positionals } = parseCommandLine({ args: [...args], allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `There is no list "${unknown}": use ${Object.keys(SECTIONS).join(", ")}, or none for all.`,
    );
  }
  const wanted = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
  const lists: Record<string, unknown> = {};
  for (const name of wanted) lists[name] = await SECTIONS[name as keyof typeof SECTIONS]();
  print(lists);
}

async function modelEntry(id: string) {
  const { name, description, version, task, files, defaultPrecision, answerSpaces, licence } =
    await bundledManifest(id);
  const precisions = [...new Set(files.map(({ precision }) => precision))];
  return {
    id,
    name,
    description,
    version,
    task,
    precisions,
    defaultPrecision,
    answerSpaces,
    licence,
    files: files.map(({ path, role, precision, bytes, sha256 }) => ({
      path,
      role,
      precision,
      bytes,
      sha256,
    })),
  };
}

function attackEntries() {
  return Object.values(ATTACK_CATALOG).map(
    ({ id, label, help, access, norms, settings, ...rest }) => ({
      id,
      label,
      help,
      /** "gradient": needs a model with gradients; "query": asks for answers only. */
      access,
      params: {
        ...Object.fromEntries(norms.map((norm) => [`epsilon.${norm}`, epsilonParam(norm, rest)])),
        ...Object.fromEntries(settings.map((name) => [name, PARAMS[`attack.${name}`]])),
        restarts: PARAMS["attack.restarts"],
        ...(rest.needsRegion ? paramsUnder("stamp.") : {}),
        seed: PARAMS["attack.seed"],
      },
    }),
  );
}

function measureEntries() {
  return Object.fromEntries(
    Object.entries<Measure>(MEASURES).map(([id, { label, unit, type, help, needs }]) => [
      id,
      { label, unit, type, help, ...(needs ? { needs } : {}) },
    ]),
  );
}

/** Every question once, by what it asks, with its wordings counted by how they say it. */
function questionEntries() {
  const byCanonical = groupBy(expandQuestions(), ({ canonicalId }) => canonicalId);
  return [...byCanonical].map(([id, wordings]) => {
    const plain = wordings.find(({ strategy }) => strategy === "plain") ?? wordings[0]!;
    const counts = groupBy(wordings, ({ strategy }) => strategy);
    return {
      id,
      type: plain.type,
      text: plain.text,
      answerSpace: plain.answerSpace,
      wordings: Object.fromEntries([...counts].map(([strategy, list]) => [strategy, list.length])),
      heldOut: wordings.filter(({ heldOut }) => heldOut).length,
    };
  });
}

function paramsUnder(prefix: string) {
  return Object.fromEntries(
    Object.entries(PARAMS)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, meta]) => [name.slice(prefix.length), meta]),
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
