/**
 * The manifests of what comes with the lab to be linked to a model: a purifier of its image and a mapper of its features (a
 * Gaussian smoothness booster, arXiv:2601.16200), both of which take the noise level; low-rank adapters of its answering side
 * and of its encoder; and learned weights of frequency modules in its encoder.
 */
import * as z from "zod/mini";
import { LabError } from "../errors/labError.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import type { GraphLink } from "./modelLink.ts";

const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const boosterRoleSchema = z.enum(["purifier", "mapper"]);
const adapterRoleSchema = z.enum(["targetedAdapter", "earlyAdapter", "allAdapter"]);
const encoderAdapterRoleSchema = z.enum(["augmentedEncoder", "calmEncoder", "contrastEncoder"]);
const bandsRoleSchema = z.enum(["disturbedBands", "pictureBands", "contrastBands", "calmBands"]);

const filesOf = <R extends z.ZodMiniType>(role: R) =>
  z.array(
    z.object({
      path: z.string().check(z.regex(/^[\w.-]+$/, "a plain file name")),
      role,
      bytes: z.int().check(z.positive()),
      sha256: sha256Schema,
    }),
  );
const common = { format: z.literal(1), id: z.string(), version: z.string(), name: z.string() };
/** A frozen model that it was trained for, and its graphs. */
const trainedForSchema = z.object({
  package: z.string(),
  version: z.string(),
  files: z.array(z.object({ role: z.string(), sha256: sha256Schema })),
});

const size = { rank: z.int().check(z.positive()), alpha: z.number().check(z.positive()) };

const boosterManifestSchema = z.object({
  ...common,
  task: z.literal("smoothness-booster"),
  encoder: trainedForSchema,
  files: filesOf(boosterRoleSchema),
  /** Noise levels it was trained for, as standard deviations in model space. */
  sigma: z.object({ low: z.number(), high: z.number() }),
});
const adapterManifestSchema = z.object({
  ...common,
  task: z.literal("low-rank-adapters"),
  answer: trainedForSchema,
  files: filesOf(adapterRoleSchema),
  ...size,
});
const encoderAdapterManifestSchema = z.object({
  ...common,
  task: z.literal("encoder-adapters"),
  encoder: trainedForSchema,
  files: filesOf(encoderAdapterRoleSchema),
  ...size,
});
const bandsManifestSchema = z.object({
  ...common,
  task: z.literal("frequency-modules"),
  encoder: trainedForSchema,
  files: filesOf(bandsRoleSchema),
  /** Of the slow band, in periods across the picture, as they were taught with it. */
  radius: z.number().check(z.nonnegative()),
});
const linkManifestSchema = z.discriminatedUnion("task", [
  boosterManifestSchema,
  adapterManifestSchema,
  encoderAdapterManifestSchema,
  bandsManifestSchema,
]);

export type LinkManifest = z.infer<typeof linkManifestSchema>;
export type BoosterRole = z.infer<typeof boosterRoleSchema>;
export type AdapterRole = z.infer<typeof adapterRoleSchema>;
export type BandsRole = z.infer<typeof bandsRoleSchema>;
export type EncoderAdapterRole = z.infer<typeof encoderAdapterRoleSchema>;
export type LinkRole = BoosterRole | AdapterRole | EncoderAdapterRole | BandsRole;

export interface LinkPackage {
  readonly manifest: LinkManifest;
  readonly graphs: ReadonlyMap<LinkRole, Uint8Array>;
}

/** @throws LabError "model-damaged" naming the first field that is wrong */
export function parseLinkManifest(json: unknown): LinkManifest {
  const result = linkManifestSchema.safeParse(json);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new LabError(
    "model-damaged",
    `The manifest of what is linked to a model can't be used: its field "${path.join(".") || "the whole file"}" is wrong (${message}).`,
  );
}

const PLACES = { purifier: "before", mapper: "after" } as const;

/**
 * One graph of a package for a model. A mapper knows one encoder's features: under another it would be wrong without a word.
 * @throws LabError "model-incompatible" for another model than it was trained for, "spec-invalid" for a noise level
 *   outside its training
 */
export function linkFor(
  { manifest, graphs }: LinkPackage,
  role: BoosterRole,
  sigma: number,
  model: { readonly manifest: ModelManifest; readonly precision: Precision },
): GraphLink {
  if (manifest.task !== "smoothness-booster") {
    throw new LabError("model-damaged", `The package ${manifest.id} has no ${role}.`);
  }
  const { encoder, files } = manifest;
  const { low, high } = manifest.sigma;
  const isTrained = model.manifest.files.some(
    ({ role: of, precision, sha256 }) =>
      of === "vision" &&
      precision === model.precision &&
      encoder.files.some((file) => file.sha256 === sha256),
  );
  if (!isTrained) {
    throw new LabError(
      "model-incompatible",
      `The ${role} was trained for the model "${encoder.package}" (version ${encoder.version}) and no other, and this is ${model.manifest.name}.`,
      { hint: `Choose the model "${encoder.package}", or take the ${role} out.` },
    );
  }
  if (!(sigma >= low && sigma <= high)) {
    throw new LabError(
      "spec-invalid",
      `The ${role} was trained for noise levels from ${low} to ${high}, and ${sigma} is asked.`,
    );
  }
  const file = files.find((each) => each.role === role);
  const graph = graphs.get(role);
  if (file && graph) {
    return { name: role, place: PLACES[role], graph, sha256: file.sha256, scalars: { sigma } };
  }
  throw new LabError("model-damaged", `The package ${manifest.id} has no ${role}.`);
}
