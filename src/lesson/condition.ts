/**
 * What a lesson waits for, as data: a statement about the state of the experiment, its results and the view. It is never about
 * a click, so that any way there counts: a slider, a key, a link, undo.
 */
import { z } from "zod";
import { parseStatePath, valueAt } from "./lessonState.ts";
import type { LessonState } from "./lessonState.ts";

const COMPARISONS = ["equal", "different", "less", "atMost", "more", "atLeast"] as const;
type Comparison = (typeof COMPARISONS)[number];
type Scalar = string | number | boolean;

const path = z.custom<string>((value) => typeof value === "string" && !!parseStatePath(value), {
  error: "must be the path of a value, such as spec.question or results.metrics.l2",
});
const scalar: z.ZodType<Scalar> = z.union([z.string(), z.number(), z.boolean()]);

interface Compared {
  readonly value: string;
  readonly is: Comparison;
  /** A fixed value, */
  readonly to?: Scalar | undefined;
  /** or another value of the same state. */
  readonly toValue?: string | undefined;
}

export type Condition =
  | Compared
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  /** At least one entry of the list, which conditions inside call `item`. */
  | { readonly some: string; readonly where: Condition };

export const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z
      .strictObject({
        value: path,
        is: z.enum(COMPARISONS),
        to: scalar.optional(),
        toValue: path.optional(),
      })
      .refine(({ to, toValue }) => (to === undefined) !== (toValue === undefined), {
        message: "must name what it is compared with, once: to or toValue",
      }),
    z.strictObject({ all: z.array(conditionSchema).min(1) }),
    z.strictObject({ any: z.array(conditionSchema).min(1) }),
    z.strictObject({ some: path, where: conditionSchema }),
  ]),
);

/** Whether the condition holds. What is not there yet, such as a result that is still computed, fulfils nothing. */
export function holds(condition: Condition, state: LessonState): boolean {
  if ("all" in condition) return condition.all.every((each) => holds(each, state));
  if ("any" in condition) return condition.any.some((each) => holds(each, state));
  if ("some" in condition) {
    const list = valueAt(state, condition.some);
    if (!Array.isArray(list)) return false;
    return list.some((item: unknown) => holds(condition.where, { ...state, item }));
  }
  const { value, is, to, toValue } = condition;
  const left = valueAt(state, value);
  const right = toValue === undefined ? to : valueAt(state, toValue);
  if (left === undefined || right === undefined || left === null || right === null) return false;
  return compare(left, is, right);
}

function compare(left: unknown, is: Comparison, right: unknown): boolean {
  if (is === "equal") return left === right;
  if (is === "different") return left !== right;
  if (typeof left !== "number" || typeof right !== "number") return false;
  switch (is) {
    case "less":
      return left < right;
    case "atMost":
      return left <= right;
    case "more":
      return left > right;
    case "atLeast":
      return left >= right;
  }
}
