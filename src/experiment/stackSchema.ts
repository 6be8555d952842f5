/** What is done to the picture: perturbations and attacks, in their order. */
import { z } from "zod";
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import type { AttackId } from "../attacks/registry.ts";
import {
  ANSWER_LOSSES,
  ATTENTION_LOSSES,
  ATTENTION_SIDES,
  FEATURE_LOSSES,
} from "../model/objective.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";
import type { PerturbationId } from "../perturbations/catalog.ts";
import { caseSchema } from "./caseSchema.ts";
import { complaint, paramIssues, settings } from "./memberSettings.ts";
import { PARAMS, SPEC_LIMITS, epsilonParam } from "./params.ts";
import { ATTACK_KNOWLEDGE, ATTACK_REGIONS, GOAL_AIMS } from "./specChoices.ts";
import { anyNumber, flag, itemId, numberIn, oneOf, text, wrong } from "./specFields.ts";

const fraction: z.ZodType<number> = z.custom<number>(
  (value) => typeof value === "number" && value >= -0.5 && value <= 1.5,
  { error: (issue) => wrong(issue.input, "a number from -0.5 to 1.5") },
);

/** One brush stroke; x and y are fractions of the image's width and height. */
export const strokeSchema = z.strictObject({
  points: z
    .array(z.tuple([fraction, fraction]))
    .min(1, "has no points")
    .max(SPEC_LIMITS.pointsPerStroke, `has more than ${SPEC_LIMITS.pointsPerStroke} points`),
  /** Fraction of the image's width. */
  radius: numberIn({ ...PARAMS["stroke.radius"], min: 0 }),
  /** Display value painted, in [0,1]; 1 is white. */
  intensity: numberIn(PARAMS["stroke.intensity"]),
  erase: flag,
});

/** A seeded transform with its own strengths (see the perturbation's params). */
export const perturbationSchema = z
  .strictObject({
    id: itemId,
    type: z.literal("perturbation"),
    perturbation: oneOf(Object.keys(PERTURBATION_CATALOG) as PerturbationId[]),
    enabled: flag,
    seed: numberIn(PARAMS["perturbation.seed"]),
    params: settings,
    /** Strokes of a painted patch; absent for every other member. */
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
  });

const answerLoss = oneOf(ANSWER_LOSSES).exactOptional();
const featureLoss = oneOf(FEATURE_LOSSES).exactOptional();

/** What an attack wants, in the literature's words; losses are those of src/model/objective.ts, the first of a kind unless named. */
export const goalSchema = z.discriminatedUnion(
  "kind",
  [
    /** Any other answer than the clean one. */
    z.strictObject({ kind: z.literal("untargeted"), loss: answerLoss }),
    /** This answer about the finding. */
    z.strictObject({
      kind: z.literal("targeted"),
      answer: text(SPEC_LIMITS.answerCharacters),
      loss: answerLoss,
    }),
    /** The image embedding away from the clean one. */
    z.strictObject({ kind: z.literal("featureAway"), loss: featureLoss }),
    /** The image embedding towards that of a second picture (AttackVLM MF-ii, Zhao et al. 2023). */
    z.strictObject({ kind: z.literal("featureTowards"), case: caseSchema, loss: featureLoss }),
    /** The image embedding towards that of a sentence (AttackVLM MF-it). */
    z.strictObject({
      kind: z.literal("featureText"),
      text: text(SPEC_LIMITS.questionCharacters),
      loss: featureLoss,
    }),
    /** What the model writes towards this sentence, by asking alone (AttackVLM MF-tt). */
    z.strictObject({
      kind: z.literal("writtenText"),
      text: text(SPEC_LIMITS.questionCharacters),
    }),
    /** This text behind the question more likely (its log-likelihood), or less. */
    z.strictObject({
      kind: z.literal("text"),
      text: text(SPEC_LIMITS.questionCharacters),
      aim: oneOf(GOAL_AIMS).exactOptional(),
    }),
    /** Attention into a part of the picture, or out of it; the encoder's unless the answer's is named. */
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
      "must have a kind: untargeted, targeted, featureAway, featureTowards, featureText, writtenText, text or attention",
  },
);

/** An optimised perturbation of what the stack has made so far. */
export const attackSchema = z
  .strictObject({
    id: itemId,
    type: z.literal("attack"),
    attack: oneOf(Object.keys(ATTACK_CATALOG) as AttackId[]),
    enabled: flag,
    seed: numberIn(PARAMS["attack.seed"]),
    norm: oneOf(["linf", "l2"]),
    /** In 255ths for linf; in [0,1] units of the whole image (224 x 224 grey) for l2. Model space. */
    epsilon: anyNumber,
    /** Of these, exactly what the attack lists as its settings (src/attacks/attack.ts): gradient steps of each restart, */
    steps: anyNumber.exactOptional(),
    /** queries of each restart, */
    queries: anyNumber.exactOptional(),
    /** step size over epsilon, */
    relativeStep: anyNumber.exactOptional(),
    /** other pictures that a pattern is learned on. */
    phantoms: anyNumber.exactOptional(),
    restarts: numberIn(PARAMS["attack.restarts"]),
    goal: goalSchema,
    /** Absent: the whole picture. */
    region: oneOf(ATTACK_REGIONS).exactOptional(),
    /**
     * Instead of a region: a square that the reader places, as a sticker on the film. x and y are of its middle, as fractions
     * of the picture's width and height, side of the width; degrees turn it counter-clockwise.
     */
    stamp: z
      .strictObject({
        x: numberIn(PARAMS["stamp.x"]),
        y: numberIn(PARAMS["stamp.y"]),
        side: numberIn(PARAMS["stamp.side"]),
        degrees: numberIn(PARAMS["stamp.degrees"]),
      })
      .exactOptional(),
    /** Whether the attacker sees through the perturbations that follow it in the stack, by the identity on the way back. */
    foresees: z.literal(true, { error: "must be true, or left out" }).exactOptional(),
    /** Absent: "aware". */
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
  });

export const stackSchema = z
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

function pointCount(
  stack: readonly (z.infer<typeof perturbationSchema> | z.infer<typeof attackSchema>)[],
): number {
  let count = 0;
  for (const item of stack) {
    if (item.type !== "perturbation") continue;
    for (const stroke of item.strokes ?? []) count += stroke.points.length;
  }
  return count;
}
