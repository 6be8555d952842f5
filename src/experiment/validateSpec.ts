/**
 * The door for experiments that come from outside: a link, a file, a command line. Unknown JSON becomes an
 * ExperimentSpec with every number in the range of its slider, or one sentence that names the first wrong field.
 */
import { z } from "zod";
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import type { AttackId } from "../attacks/registry.ts";
import { LabError } from "../errors/labError.ts";
import { BUNDLED_MODELS } from "../model/catalog.ts";
import type { Precision } from "../model/manifest.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import {
  ANSWER_LOSSES,
  ATTENTION_LOSSES,
  ATTENTION_SIDES,
  FEATURE_LOSSES,
} from "../model/objective.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";
import type { PerturbationId } from "../perturbations/catalog.ts";
import type { ParamMeta } from "../system/param.ts";
import { INSTRUMENT_CATALOG } from "./instruments/catalog.ts";
import { PARAMS, SPEC_LIMITS, epsilonParam } from "./params.ts";
import { phantomSchema } from "./phantomSchema.ts";
import { ATTACK_KNOWLEDGE, ATTACK_REGIONS, CERTIFIED_FEATURES, GOAL_AIMS } from "./spec.ts";
import type { AttackItem, ExperimentSpec, InstrumentItem, PerturbationItem } from "./spec.ts";
import { upgradedSpec } from "./specVersions.ts";
import { describeIssue, flag, numberIn, oneOf, text, wrong } from "./specFields.ts";

const id = text(SPEC_LIMITS.idCharacters, /^[\w-]+$/, "letters, digits and dashes");

const fraction: z.ZodType<number> = z.custom<number>(
  (value) => typeof value === "number" && value >= -0.5 && value <= 1.5,
  { error: (issue) => wrong(issue.input, "a number from -0.5 to 1.5") },
);

const strokeSchema = z.strictObject({
  points: z
    .array(z.tuple([fraction, fraction]))
    .min(1, "has no points")
    .max(SPEC_LIMITS.pointsPerStroke, `has more than ${SPEC_LIMITS.pointsPerStroke} points`),
  radius: numberIn({ ...PARAMS["stroke.radius"], min: 0 }),
  intensity: numberIn(PARAMS["stroke.intensity"]),
  erase: flag,
});

const perturbationSchema = z
  .strictObject({
    id,
    type: z.literal("perturbation"),
    perturbation: oneOf(Object.keys(PERTURBATION_CATALOG) as PerturbationId[]),
    enabled: flag,
    seed: numberIn(PARAMS["perturbation.seed"]),
    params: z.record(z.string(), z.unknown()),
    strokes: z
      .array(strokeSchema)
      .max(SPEC_LIMITS.strokesPerItem, `has more than ${SPEC_LIMITS.strokesPerItem} strokes`)
      .exactOptional(),
  })
  .check((context) => {
    const { perturbation, params, strokes } = context.value;
    if (strokes && perturbation !== "paintedPatch") {
      const message = `is no setting of ${perturbation}: only paintedPatch has strokes`;
      context.issues.push({ code: "custom", input: strokes, path: ["strokes"], message });
    }
    for (const issue of paramIssues(
      perturbation,
      PERTURBATION_CATALOG[perturbation].params,
      params,
    )) {
      context.issues.push(issue);
    }
  })
  .transform((item) => item as PerturbationItem);

/** What is wrong with the settings of a registry's member. */
function paramIssues(
  member: string,
  metas: Readonly<Record<string, ParamMeta>>,
  params: Readonly<Record<string, unknown>>,
) {
  return Object.entries(params).flatMap(([name, input]) => {
    const meta = Object.hasOwn(metas, name) ? metas[name] : undefined;
    const message = meta
      ? complaint(meta, input)
      : `is no setting of ${member}, which has ${Object.keys(metas).join(", ") || "none"}`;
    return message === undefined
      ? []
      : [{ code: "custom" as const, input, path: ["params", name], message }];
  });
}

const defenseSchema = z
  .strictObject({
    id,
    defense: oneOf(Object.keys(DEFENSE_CATALOG)),
    enabled: flag,
    seed: numberIn(PARAMS["defense.seed"]),
    params: z.record(z.string(), z.unknown()),
  })
  .check((context) => {
    const { defense, params } = context.value;
    context.issues.push(...paramIssues(defense, DEFENSE_CATALOG[defense]?.params ?? {}, params));
  })
  .transform((item) => item as DefenseItem);

const instrumentSchema = z
  .strictObject({
    instrument: oneOf(Object.keys(INSTRUMENT_CATALOG)),
    enabled: flag,
    seed: numberIn(PARAMS["instrument.seed"]),
    params: z.record(z.string(), z.unknown()),
    texts: z
      .array(text(SPEC_LIMITS.questionCharacters))
      .max(SPEC_LIMITS.instrumentTexts, `has more than ${SPEC_LIMITS.instrumentTexts} wordings`)
      .exactOptional(),
  })
  .check((context) => {
    const { instrument, params, texts } = context.value;
    if (texts && !INSTRUMENT_CATALOG[instrument]?.texts) {
      const message = `is no setting of ${instrument}: it takes no wordings`;
      context.issues.push({ code: "custom", input: texts, path: ["texts"], message });
    }
    context.issues.push(
      ...paramIssues(instrument, INSTRUMENT_CATALOG[instrument]?.params ?? {}, params),
    );
  })
  .transform((item) => item as InstrumentItem);

function complaint(range: Parameters<typeof numberIn>[0], value: unknown): string | undefined {
  return numberIn(range).safeParse(value).error?.issues[0]?.message;
}

const answerLoss = oneOf(ANSWER_LOSSES).exactOptional();
const featureLoss = oneOf(FEATURE_LOSSES).exactOptional();

const caseSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("phantom"), phantom: phantomSchema }),
    z.strictObject({
      kind: z.literal("file"),
      sha256: text(64, /^[0-9a-f]{64}$/, "a SHA-256 as 64 hex digits"),
    }),
  ],
  { error: "must have a kind: phantom or file" },
);

export const goalSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("untargeted"), loss: answerLoss }),
    z.strictObject({
      kind: z.literal("targeted"),
      answer: text(SPEC_LIMITS.answerCharacters),
      loss: answerLoss,
    }),
    z.strictObject({ kind: z.literal("featureAway"), loss: featureLoss }),
    z.strictObject({ kind: z.literal("featureTowards"), case: caseSchema, loss: featureLoss }),
    z.strictObject({
      kind: z.literal("featureText"),
      text: text(SPEC_LIMITS.questionCharacters),
      loss: featureLoss,
    }),
    z.strictObject({
      kind: z.literal("text"),
      text: text(SPEC_LIMITS.questionCharacters),
      aim: oneOf(GOAL_AIMS).exactOptional(),
    }),
    z.strictObject({
      kind: z.literal("attention"),
      mask: oneOf(ATTACK_REGIONS),
      aim: oneOf(GOAL_AIMS).exactOptional(),
      of: oneOf(ATTENTION_SIDES).exactOptional(),
      loss: oneOf(ATTENTION_LOSSES).exactOptional(),
    }),
  ],
  {
    error:
      "must have a kind: untargeted, targeted, featureAway, featureTowards, featureText, text or attention",
  },
);

const attackSchema = z
  .strictObject({
    id,
    type: z.literal("attack"),
    attack: oneOf(Object.keys(ATTACK_CATALOG) as AttackId[]),
    enabled: flag,
    seed: numberIn(PARAMS["attack.seed"]),
    norm: oneOf(["linf", "l2"]),
    epsilon: z.unknown(),
    steps: z.unknown().exactOptional(),
    queries: z.unknown().exactOptional(),
    relativeStep: z.unknown().exactOptional(),
    phantoms: z.unknown().exactOptional(),
    restarts: numberIn(PARAMS["attack.restarts"]),
    goal: goalSchema,
    region: oneOf(ATTACK_REGIONS).exactOptional(),
    stamp: z
      .strictObject({
        x: numberIn(PARAMS["stamp.x"]),
        y: numberIn(PARAMS["stamp.y"]),
        side: numberIn(PARAMS["stamp.side"]),
        degrees: numberIn(PARAMS["stamp.degrees"]),
      })
      .exactOptional(),
    foresees: z.literal(true, { error: "must be true, or left out" }).exactOptional(),
    knowledge: oneOf(ATTACK_KNOWLEDGE).exactOptional(),
  })
  .check((context) => {
    const { attack, norm, epsilon } = context.value;
    const member = ATTACK_CATALOG[attack];
    if (!member.norms.includes(norm)) {
      const message = `is ${norm}, but ${member.label} takes ${member.norms.join(" or ")}`;
      context.issues.push({ code: "custom", input: norm, path: ["norm"], message });
    }
    const refuse = (name: string, input: unknown, message: string | undefined) => {
      if (message === undefined) return;
      context.issues.push({ code: "custom", input, path: [name], message });
    };
    refuse("epsilon", epsilon, complaint(epsilonParam(norm, member), epsilon));
    const { region, stamp } = context.value;
    if (region && stamp) refuse("stamp", stamp, "is given beside a region: choose one of the two");
    if (member.needsRegion && !region && !stamp) {
      refuse("region", region, `is missing: ${member.label} keeps to a region or a stamp`);
    }
    for (const name of ["steps", "queries", "relativeStep", "phantoms"] as const) {
      const value = context.value[name];
      if (member.settings.includes(name)) {
        refuse(name, value, complaint(PARAMS[`attack.${name}`], value));
      } else if (value !== undefined) {
        const settings = ["norm", "epsilon", ...member.settings, "restarts"];
        refuse(name, value, `is no setting of ${member.label}, which has ${settings.join(", ")}`);
      }
    }
  })
  .transform((item) => item as AttackItem);

const stackSchema = z
  .array(
    z.discriminatedUnion("type", [perturbationSchema, attackSchema], {
      error: "must have a type: perturbation or attack",
    }),
    { error: (issue) => wrong(issue.input, "a list") },
  )
  .max(SPEC_LIMITS.stackItems, `has more than ${SPEC_LIMITS.stackItems} items`)
  .refine((stack) => new Set(stack.map((item) => item.id)).size === stack.length, {
    error: "has two items with the same id",
  })
  .refine((stack) => pointCount(stack) <= SPEC_LIMITS.points, {
    error: `has more than ${SPEC_LIMITS.points} brush points`,
  });

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

function pointCount(stack: ExperimentSpec["stack"]): number {
  let count = 0;
  for (const item of stack) {
    if (item.type !== "perturbation") continue;
    for (const stroke of item.strokes ?? []) count += stroke.points.length;
  }
  return count;
}

const specSchema = z.strictObject(
  {
    version: z.literal(3, {
      error: (issue) => wrong(issue.input, "3, or 1 or 2 as older labs wrote it"),
    }),
    case: caseSchema,
    window: z.discriminatedUnion(
      "kind",
      [
        z.strictObject({ kind: z.literal("file"), index: z.int().min(0).max(99).exactOptional() }),
        z.strictObject({ kind: z.literal("automatic") }),
        z.strictObject({ kind: z.literal("full") }),
        z.strictObject({
          kind: z.literal("manual"),
          center: numberIn(PARAMS["window.center"]),
          width: numberIn(PARAMS["window.width"]),
        }),
      ],
      { error: "must have a kind: file, automatic, full or manual" },
    ),
    model: z.strictObject({
      id: text(SPEC_LIMITS.idCharacters, /^[a-z0-9][a-z0-9-]*$/, "a model id"),
      precision: oneOf<Precision>(["fp32", "fp16", "int8", "int4"]),
    }),
    question: text(SPEC_LIMITS.questionCharacters),
    stack: stackSchema,
    certificate: z.strictObject({
      enabled: flag,
      sigma: numberIn(PARAMS["certificate.sigma"]),
      alpha: numberIn(PARAMS["certificate.alpha"]),
      maxSamples: numberIn(PARAMS["certificate.maxSamples"]),
      seed: numberIn(PARAMS["certificate.seed"]),
      feature: oneOf(CERTIFIED_FEATURES).exactOptional(),
      pilot: numberIn(PARAMS["certificate.pilot"]).exactOptional(),
      beside: z
        .strictObject({
          model: oneOf(BUNDLED_MODELS.map((model) => model.id)),
          sigma: numberIn(PARAMS["certificate.sigma"]),
          l2: numberIn(PARAMS["certificate.beside"]),
        })
        .exactOptional(),
    }),
    defenses: z
      .array(defenseSchema, { error: (issue) => wrong(issue.input, "a list") })
      .max(SPEC_LIMITS.defenses, `has more than ${SPEC_LIMITS.defenses} items`)
      .refine((items) => areUnique(items.map(({ id: name }) => name)), {
        error: "has two items with the same id",
      }),
    relevance: z.strictObject({ enabled: flag }),
    instruments: z
      .array(instrumentSchema, { error: (issue) => wrong(issue.input, "a list") })
      .max(SPEC_LIMITS.instruments, `has more than ${SPEC_LIMITS.instruments} items`)
      .refine((items) => areUnique(items.map(({ instrument }) => instrument)), {
        error: "names an instrument twice",
      }),
  },
  { error: (issue) => wrong(issue.input, "an object") },
);

/** @throws LabError "spec-invalid" naming the first wrong field and what it may be. */
export function validateSpec(json: unknown): ExperimentSpec {
  const result = specSchema.safeParse(upgradedSpec(json));
  if (result.success) return result.data;
  throw new LabError("spec-invalid", `${describeIssue(result.error, "The experiment")}.`, {
    hint: "Correct the field; `lab --help` shows a whole experiment.",
  });
}
