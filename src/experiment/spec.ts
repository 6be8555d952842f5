/**
 * The experiment: everything that decides what the lab computes, as plain JSON. A share link is this and nothing else,
 * so it never holds a pixel, a file name or a tag. Its types are those of its schemas (specSchema.ts, stackSchema.ts,
 * caseSchema.ts), where every field is explained and checked.
 */
import type { z } from "zod";
import type { boxesSchema, caseSchema, windowSchema } from "./caseSchema.ts";
import type {
  ATTACK_KNOWLEDGE,
  ATTACK_REGIONS,
  CERTIFIED_FEATURES,
  GOAL_AIMS,
} from "./specChoices.ts";
import type {
  besideSchema,
  certificateSchema,
  instrumentSchema,
  specSchema,
} from "./specSchema.ts";
import type { attackSchema, goalSchema, perturbationSchema, strokeSchema } from "./stackSchema.ts";

/** A spec is never changed: an edit makes another one. */
type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
type Of<S extends z.ZodType> = Plain<z.infer<S>>;

export type ExperimentSpec = Of<typeof specSchema>;
export type CaseSpec = Of<typeof caseSchema>;
export type FilmBoxes = Of<typeof boxesSchema>;
export type WindowSpec = Of<typeof windowSchema>;
export type Stroke = Of<typeof strokeSchema>;
export type PerturbationItem = Of<typeof perturbationSchema>;
export type AttackItem = Of<typeof attackSchema>;
export type StackItem = PerturbationItem | AttackItem;
export type GoalSpec = Of<typeof goalSchema>;
export type Stamp = NonNullable<AttackItem["stamp"]>;
export type CertificateSpec = Of<typeof certificateSchema>;
export type BesideSpec = Of<typeof besideSchema>;
export type InstrumentItem = Of<typeof instrumentSchema>;

export type GoalAim = (typeof GOAL_AIMS)[number];
export type AttackRegion = (typeof ATTACK_REGIONS)[number];
export type AttackKnowledge = (typeof ATTACK_KNOWLEDGE)[number];
export type CertifiedFeature = (typeof CERTIFIED_FEATURES)[number];

/** "preview" while a slider moves: fewer attack steps, no certificate; "full" on release. */
export type Fidelity = "preview" | "full";
