/**
 * The language of the page. English stands in the source; another language is a dictionary that is fetched before the first
 * component and put to work by jsxRuntime.ts, where every text passes on its way to the screen.
 */
import { createTranslator } from "./translator.ts";
import type { Sentences, Translator } from "./translator.ts";

/** As under public/languages. */
interface Dictionary {
  readonly sentences: Sentences;
  readonly kept: readonly string[];
}

let translator: Translator | undefined;

/** Fetches a language's sentences. Without them the page stays English, and says so by `<html lang>`. */
export async function openLanguage(language: string): Promise<void> {
  translator = undefined;
  document.documentElement.lang = "en";
  if (language === "en") return;
  try {
    const response = await fetch(new URL(`languages/${language}.json`, document.baseURI));
    const { sentences, kept } = (await response.json()) as Dictionary;
    translator = createTranslator(sentences, kept);
    document.documentElement.lang = language;
  } catch {
    // A dictionary that can't be fetched is missed, and nothing else is.
  }
}

/** A text in the page's language. For what is drawn or spoken without a component; components need not ask. */
export function translated(text: string): string {
  return translator ? translator(text) : text;
}

export function isTranslating(): boolean {
  return translator !== undefined;
}
