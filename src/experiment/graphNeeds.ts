/** Which graphs an experiment's results rest on, before anything is loaded. */
import type { Defense } from "../defenses/defense.ts";
import { isInForce } from "../defenses/inForce.ts";
import { LabError } from "../errors/labError.ts";
import {
  ADAPTER_PACKAGE,
  BANDS_PACKAGE,
  ENCODER_ADAPTER_PACKAGE,
  LINK_PACKAGE,
} from "../model/catalog.ts";
import { linkParts, modelParts } from "../model/graphPart.ts";
import type { GraphNeeds } from "../model/graphPart.ts";
import type { GraphPart } from "../model/graphPartSchema.ts";
import type { LinkManifest, LinkRole } from "../model/linkManifest.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import { withDefaults } from "../system/param.ts";
import type { ExperimentSpec } from "./spec.ts";
import { COMPARING_MODEL } from "./writtenText.ts";

/** Registries or their catalogues: what a member asks for is plain data. */
export interface Askers {
  readonly defenses: Readonly<Record<string, Pick<Defense, "strength" | "params" | "graphs">>>;
  readonly instruments: Readonly<Record<string, { readonly graphs?: GraphNeeds }>>;
}

export interface NeededGraphs {
  /** The one on the bench first. */
  readonly models: readonly {
    readonly id: string;
    readonly precision: Precision;
    readonly withText: boolean;
    /** An answer rests on the text encoder. */
    readonly textDecides: boolean;
    /** No answer rests on it. */
    readonly measuresOnly: boolean;
  }[];
  readonly links: readonly LinkRole[];
}

type Asking = Pick<ExperimentSpec, "model" | "stack" | "defenses" | "instruments" | "certificate">;

/** Whether an attack is after a sentence by its place among the features of the model, or of the lab's text encoder. */
export function aimsAtSentence(
  { stack }: Pick<ExperimentSpec, "stack">,
  kind: "featureText" | "writtenText",
): boolean {
  return stack.some((item) => item.type === "attack" && item.enabled && item.goal.kind === kind);
}

export function neededGraphs(spec: Asking, { defenses, instruments }: Askers): NeededGraphs {
  const { model, certificate } = spec;
  const standing = spec.defenses
    .filter((item) => isInForce(item, defenses[item.defense]))
    .map(({ defense, params }): GraphNeeds => {
      const { graphs = {}, params: metas } = defenses[defense]!;
      const values = withDefaults(metas, params);
      const isOn = ({ when }: { readonly when?: string }) => !when || values[when] === 1;
      return {
        ...graphs,
        models: (graphs.models ?? []).filter(isOn),
        links: (graphs.links ?? []).filter(({ when }) => !when || values[when[0]] === when[1]),
      };
    });
  const measuring: readonly GraphNeeds[] = [
    ...spec.instruments
      .filter(({ enabled }) => enabled)
      .map(({ instrument }) => instruments[instrument]?.graphs ?? {}),
    ...(certificate.enabled && certificate.beside
      ? [{ models: [{ id: certificate.beside.model, precision: "int8" } as const] }]
      : []),
  ];
  const textDecides = aimsAtSentence(spec, "featureText");
  const withText = textDecides || measuring.some(({ text }) => text);
  const open = { ...model, withText, textDecides, measuresOnly: false };
  const none = { withText: false, textDecides: false };
  const models = new Map([[`${model.id} ${model.precision}`, open]]);
  if (aimsAtSentence(spec, "writtenText")) {
    const { id, precision } = COMPARING_MODEL;
    const text = { withText: true, textDecides: true, measuresOnly: false };
    models.set(`${id} ${precision}`, { id, precision, ...text });
  }
  for (const each of [...standing, ...measuring]) {
    for (const { id, precision = model.precision, unlessOpen } of each.models ?? []) {
      if (unlessOpen && id === model.id) continue;
      const name = `${id} ${precision}`;
      const measuresOnly = !standing.includes(each);
      if (!models.has(name)) models.set(name, { id, precision, ...none, measuresOnly });
    }
  }
  return {
    models: [...models.values()],
    links: [...new Set(standing.flatMap(({ links = [] }) => links.map(({ role }) => role)))],
  };
}

/** Where descriptions of packages come from; undefined, or "model-not-found", for one that is not there. */
export interface PackageShelf {
  manifest(id: string): Promise<ModelManifest | undefined>;
  linkManifest(id: string): Promise<LinkManifest | undefined>;
}

/** What is not there decides nothing: whatever needs it says so itself. */
export async function graphParts(
  { models, links }: NeededGraphs,
  shelf: PackageShelf,
): Promise<readonly GraphPart[]> {
  const parts: GraphPart[] = [];
  for (const { id, precision, withText, textDecides, measuresOnly } of models) {
    const manifest = await found(shelf.manifest(id));
    if (!manifest) continue;
    for (const part of modelParts({ ...manifest, id }, precision, withText)) {
      const isMeasure = measuresOnly || (part.role === "text" && !textDecides);
      parts.push(isMeasure ? { ...part, measuresOnly: true } : part);
    }
  }
  for (const id of LINK_PACKAGES) {
    const asked = links.filter((role) => packageOf(role) === id);
    const manifest = asked.length > 0 ? await found(shelf.linkManifest(id)) : undefined;
    if (manifest) parts.push(...linkParts(manifest, asked));
  }
  return parts;
}

const LINK_PACKAGES = [
  LINK_PACKAGE,
  ADAPTER_PACKAGE,
  ENCODER_ADAPTER_PACKAGE,
  BANDS_PACKAGE,
] as const;

function packageOf(role: LinkRole): (typeof LINK_PACKAGES)[number] {
  if (role === "purifier" || role === "mapper") return LINK_PACKAGE;
  if (role.endsWith("Encoder")) return ENCODER_ADAPTER_PACKAGE;
  return role.endsWith("Bands") ? BANDS_PACKAGE : ADAPTER_PACKAGE;
}

async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}
