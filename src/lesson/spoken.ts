/**
 * A lesson's words, in one or more languages, with live numbers: `{results.metrics.l2|2}` is that value with two decimals,
 * `{results.clean.answer.probabilities.yes|%}` a share in per cent, `{results.clean.answer.answer}` a word. A lesson never states a number itself.
 */
import { z } from "zod";
import { parseStatePath, valueAt } from "./lessonState.ts";
import type { LessonState } from "./lessonState.ts";
import { decimal } from "../numerics/decimalText.ts";

const PLACE = /\{([^{}|]+)(?:\|([^{}]*))?\}/g;

const words = z
  .string()
  .trim()
  .min(1)
  .max(900)
  .refine((text) => placesOf(text).every(({ path }) => parseStatePath(path)), {
    message: "has a placeholder that is no path",
  });

/** A text by language code; English is always there and stands in for a language that lacks it. */
export const spokenSchema = z
  .record(z.string().regex(/^[a-z]{2}$/), words)
  .refine((text) => "en" in text, {
    message: "has no English text (en)",
  });
export type Spoken = z.infer<typeof spokenSchema>;

export function said(text: Spoken, language: string): string {
  return text[language] ?? text["en"]!;
}

/** The text with its live numbers; dots stand for what is not there yet, a dash for what is no number. @param spoken puts words into the text's language. */
export function filled(
  text: string,
  state: LessonState,
  spoken: (words: string) => string = (words) => words,
): string {
  const whole = text.replace(PLACE, (_, path: string, form: string | undefined) =>
    spoken(shown(valueAt(state, path), form)),
  );
  // Dots that end a sentence end it: a fourth would look like a slip.
  return whole.replaceAll("….", "…");
}

/** Whether everything that the text names is there. */
export function isComplete(text: string, state: LessonState): boolean {
  return placesOf(text).every(({ path }) => valueAt(state, path) !== undefined);
}

export function placesOf(
  text: string,
): readonly { readonly path: string; readonly form?: string }[] {
  return [...text.matchAll(PLACE)].map(([, path, form]) => ({
    path: path!,
    ...(form === undefined ? {} : { form }),
  }));
}

function shown(value: unknown, form: string | undefined): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return "–";
    if (form === "%") {
      const isTiny = value > 0 && value < 0.0005;
      return isTiny ? "less than 0.1 %" : `${decimal(100 * value, 1)} %`;
    }
    if (form === "/255") return decimal(255 * value, 1);
    return decimal(value, form === undefined ? 0 : Number(form));
  }
  return typeof value === "string" ? value : "…";
}
