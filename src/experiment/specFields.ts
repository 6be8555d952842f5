/** Field types of a spec's schema: each refuses a wrong value with a phrase that completes "the field ...". */
import { z } from "zod";
import type { ParamMeta } from "../system/param.ts";
import { SPEC_LIMITS } from "./params.ts";

/** What a number's check needs to know; `unit` is "" for pure numbers. */
interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

/** A number inside the range of its slider. */
export function numberIn(range: NumberRange | ParamMeta): z.ZodType<number> {
  const { min, max, unit } = range;
  const choices = "choices" in range ? range.choices : undefined;
  const integer = "integer" in range && range.integer === true;
  // A slider's multiple of its step may miss the end of the range by rounding.
  const slack = integer ? 0 : 1e-9 * (max - min);
  const wanted = choices
    ? `one of ${choices.join(", ")}`
    : `${integer ? "a whole number" : "a number"} from ${min} to ${max}${unit && ` (${unit})`}`;
  const fits = (value: unknown): boolean =>
    typeof value === "number" &&
    value >= min - slack &&
    value <= max + slack &&
    (!integer || Number.isInteger(value)) &&
    (!choices || choices.includes(value));
  return z.custom<number>(fits, { error: (issue) => wrong(issue.input, wanted) });
}

/** For a number whose range depends on its neighbours, which is checked with them. */
export const anyNumber: z.ZodType<number> = z.custom<number>((value) => typeof value === "number", {
  error: (issue) => wrong(issue.input, "a number"),
});

/** A short text; `wanted` is `pattern` in words. */
export function text(
  maxCharacters: number,
  pattern = /\S/,
  wanted = "a text that is not blank",
): z.ZodType<string> {
  return z.custom<string>(
    (value) => typeof value === "string" && value.length <= maxCharacters && pattern.test(value),
    { error: (issue) => wrong(issue.input, `${wanted}, at most ${maxCharacters} characters`) },
  );
}

export function oneOf<T extends string>(names: readonly T[]): z.ZodType<T> {
  return z.custom<T>((value) => (names as readonly unknown[]).includes(value), {
    error: (issue) => wrong(issue.input, `one of ${listed(names)}`),
  });
}

/** Characters of a list that a sentence can hold. */
const LISTED = 180;

/** Names as a sentence can hold them: of a long list the first, and how many there are. */
function listed(names: readonly string[]): string {
  let shown = names.length;
  while (names.slice(0, shown).join(", ").length > LISTED) shown--;
  const said = names.slice(0, shown).join(", ");
  return shown === names.length ? said : `${said} and ${names.length - shown} more (\`lab list\`)`;
}

/** Names an item of a list within its spec. */
export const itemId = text(SPEC_LIMITS.idCharacters, /^[\w-]+$/, "letters, digits and dashes");

export const flag = z.boolean({ error: (issue) => wrong(issue.input, "true or false") });

/** "is 40, but must be ..." */
export function wrong(input: unknown, wanted: string): string {
  return `is ${shown(input)}, but must be ${wanted}`;
}

/** A wrong value in a few characters. */
function shown(input: unknown): string {
  if (input === undefined) return "missing";
  if (typeof input === "string") {
    return JSON.stringify(input.length > 30 ? `${input.slice(0, 30)}...` : input);
  }
  if (typeof input === "object" && input !== null) {
    return Array.isArray(input) ? "a list" : "an object";
  }
  return String(input);
}

/** "stack[0].epsilon is 40, but must be a number from 0 to 16 (/255)": the first issue of a zod error. */
export function describeIssue(error: z.ZodError, root: string): string {
  const issue = error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const key = JSON.stringify(issue.keys[0]!.slice(0, 40));
    return `${key} is no field of ${fieldName(issue.path, root.toLowerCase())}`;
  }
  const field = fieldName(issue.path, root);
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    const isMissing = issue.message.endsWith("undefined");
    return isMissing
      ? `${field} is missing`
      : `${field} must be ${KINDS[issue.expected] ?? issue.expected}`;
  }
  return /^(is|has|holds|must) /.test(issue.message)
    ? `${field} ${issue.message}`
    : `${field}: ${issue.message}`;
}

/** Types as a sentence names them. */
const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

function fieldName(path: readonly PropertyKey[], root: string): string {
  let name = "";
  for (const key of path) {
    name += typeof key === "number" ? `[${key}]` : `${name && "."}${String(key).slice(0, 40)}`;
  }
  return name || root;
}
