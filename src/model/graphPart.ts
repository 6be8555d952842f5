/** The graphs that a result rests on, each by its package, its role and its hash: what manifests, links and rows name. */
import type { GraphPart } from "./graphPartSchema.ts";
import type { LinkManifest, LinkRole } from "./linkManifest.ts";
import type { ModelManifest, Precision } from "./manifest.ts";

/** What a defense or an instrument asks for beside the graphs that look and answer. Plain data: catalogues hold it. */
export interface GraphNeeds {
  /** Of the packages of what is linked. */
  readonly links?: readonly NeededLink[];
  /** Other models, by what is on: `when` names a parameter that must be 1. */
  readonly models?: readonly NeededModel[];
  /** The text encoder of the model on the bench. */
  readonly text?: true;
}

export interface NeededLink {
  readonly role: LinkRole;
  /** Only where this parameter has this value. */
  readonly when?: readonly [param: string, value: number];
}

export interface NeededModel {
  readonly id: string;
  /** Absent: that of the model on the bench. */
  readonly precision?: Precision;
  readonly when?: string;
  /** Left out where it is the model on the bench, in whatever precision. */
  readonly unlessOpen?: true;
}

/** @param withText names the text encoder, too. */
export function modelParts(
  { id: model, files, tokenizer, folder }: ModelFiles,
  precision: Precision,
  withText: boolean,
): GraphPart[] {
  const words = tokenizer?.sha256 ?? folder?.tokenizerSha256;
  return [
    ...files
      .filter((file) => file.precision === precision && (withText || file.role !== "text"))
      .map(({ role, sha256 }): GraphPart => ({ model, role, precision, sha256 })),
    ...(words ? [{ model, role: "tokenizer", precision: null, sha256: words } as const] : []),
  ];
}

type ModelFiles = Pick<ModelManifest, "id" | "files" | "tokenizer" | "folder">;

export function linkParts(
  { id: model, files }: Pick<LinkManifest, "id" | "files">,
  roles: readonly LinkRole[],
): GraphPart[] {
  const all: readonly { readonly role: LinkRole; readonly sha256: string }[] = files;
  return all
    .filter(({ role }) => roles.includes(role))
    .map(({ role, sha256 }) => ({ model, role, precision: null, sha256 }));
}

/** Those that the joined hash of the model on the bench (graphsSha256) does not name; of the same parts the same list. */
export function partsBeside(
  parts: readonly GraphPart[],
  modelSha256: string,
): readonly GraphPart[] {
  const known = besides.get(parts);
  if (known?.modelSha256 === modelSha256) return known.beside;
  const beside = parts.filter(({ sha256 }) => !modelSha256.includes(sha256));
  besides.set(parts, { modelSha256, beside });
  return beside;
}

/** A component that watches a list would be drawn again and again if each look made a new one. */
const besides = new WeakMap<
  readonly GraphPart[],
  { readonly modelSha256: string; readonly beside: readonly GraphPart[] }
>();

const PART_NAMES: Readonly<Partial<Record<GraphPart["role"], string>>> = {
  tokenizer: "tokenizer",
  purifier: "purifier",
  mapper: "mapper",
  text: "text encoder",
  targetedAdapter: "targeted adapter",
  earlyAdapter: "adapter of the early layer",
  allAdapter: "adapter of all layers",
  augmentedEncoder: "encoder adapter trained on disturbed pictures",
  calmEncoder: "encoder adapter trained on calm pictures",
  contrastEncoder: "encoder adapter trained by contrast",
  disturbedBands: "frequency weights taught on disturbed pictures",
  pictureBands: "frequency weights by picture",
  contrastBands: "frequency weights taught by contrast",
  calmBands: "frequency weights taught on calm pictures",
};

/** "vision graph of noise (int8)" */
export function partName({ model, role, precision }: Omit<GraphPart, "sha256">): string {
  const kind = PART_NAMES[role] ?? `${role} graph`;
  return `${kind} of ${model}${precision ? ` (${precision})` : ""}`;
}
