/**
 * A lesson: three to six minutes on one idea, as plain JSON (public/lessons). It names a starting experiment, steps that say
 * what to do with the bench's own controls, what state counts as done, and a question with feedback to each choice.
 */
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { describeIssue } from "../experiment/specFields.ts";
import { parsePath } from "../study/specPath.ts";
import type { Json } from "../study/specPath.ts";
import { conditionSchema } from "./condition.ts";
import { spokenSchema } from "./spoken.ts";

export const LESSON_FORMAT = "penumbra-lesson";

/** Parts of the left rail that a step needs; the others are put away, so that a learner sees what the step is about. */
export const RAIL_PARTS = ["case", "disturbances", "defenses", "guarantee"] as const;
export type RailPart = (typeof RAIL_PARTS)[number];

const json = z.custom<Json>((value) => value !== undefined, "is missing");
const path = z.custom<string>((value) => typeof value === "string" && !!parsePath(value), {
  error: "must be the path of a field, such as stack[attack].epsilon",
});

/** One change of the experiment, or of what is shown where the path begins with "view". */
const changeSchema = z.strictObject({ path, value: json });
export type LessonChange = z.infer<typeof changeSchema>;

const choiceSchema = z.strictObject({
  text: spokenSchema,
  right: z.boolean(),
  feedback: spokenSchema,
});

const questionSchema = z
  .strictObject({ text: spokenSchema, choices: z.array(choiceSchema).min(2).max(4) })
  .refine(({ choices }) => choices.filter(({ right }) => right).length === 1, {
    message: "must have exactly one right choice",
  });
export type LessonQuestion = z.infer<typeof questionSchema>;

const stepSchema = z.strictObject({
  title: spokenSchema,
  text: spokenSchema,
  shows: z.array(z.enum(RAIL_PARTS)),
  /** What is changed when the step opens. */
  opens: z.array(changeSchema).default([]),
  /** What the reader is to say before the bench shows it. */
  predict: questionSchema.optional(),
  /** What the learner does. `how` is one way there: the page offers it as help, and the test of the lesson goes it. */
  task: z
    .strictObject({
      text: spokenSchema,
      done: conditionSchema,
      /** Said once it is done, with what came out. */
      after: spokenSchema,
      how: z.array(changeSchema).min(1),
      /** What the lesson says of the outcome of `how`, as conditions that a test checks on the shipped models. */
      claims: z.array(conditionSchema).min(1),
    })
    .optional(),
  question: questionSchema.optional(),
});
export type LessonStep = z.infer<typeof stepSchema>;

const lessonSchema = z.strictObject({
  format: z.literal(LESSON_FORMAT),
  version: z.literal(1),
  id: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  title: spokenSchema,
  summary: spokenSchema,
  minutes: z.number().int().min(3).max(6),
  start: z.array(changeSchema),
  steps: z.array(stepSchema).min(2).max(6),
  /** What to take home. */
  ends: spokenSchema,
});
export type Lesson = z.infer<typeof lessonSchema>;

/** @throws LabError "spec-invalid" with the first field that is wrong. */
export function parseLesson(json: unknown): Lesson {
  const parsed = lessonSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LabError(
    "spec-invalid",
    `This lesson can't be read: ${describeIssue(parsed.error, "It")}.`,
  );
}
