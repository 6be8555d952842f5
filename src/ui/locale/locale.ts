/**
 * The language of the page. English stands in the source; another language is a dictionary that is fetched before the first
 * component and put to work by jsxRuntime.ts, where every text passes on its way to the screen.
 */
import { LabError } from "../../errors/labError.ts";
import { createTranslator } from "./translator.ts";
import type { Sentences, Translator } from "./translator.ts";

/** As under public/languages. */
interface Dictionary {
  readonly sentences: Sentences;
  readonly kept: readonly string[];
}

let translator: Translator | undefined;

/**
 * Fetches a language's sentences; `<html lang>` says which language the page is in.
 * @throws LabError "page-outdated" where they can't be had: the page is English then.
 */
export async function openLanguage(language: string): Promise<void> {
  translator = undefined;
  document.documentElement.lang = "en";
  if (language === "en") return;
  const { sentences, kept } = await dictionaryOf(language);
  translator = createTranslator(sentences, kept);
  document.documentElement.lang = language;
}

async function dictionaryOf(language: string): Promise<Dictionary> {
  try {
    const response = await fetch(new URL(`languages/${language}.json`, document.baseURI));
    return (await response.json()) as Dictionary;
  } catch (cause) {
    throw new LabError(
      "page-outdated",
      "The words of the chosen language could not be loaded, so the page is in English.",
      {
        hint: "Reload the page when the connection is back; the choice is kept.",
        cause,
      },
    );
  }
}

/** A text in the page's language. For what is drawn or spoken without a component; components need not ask. */
export function translated(text: string): string {
  return translator ? translator(text) : text;
}

export function isTranslating(): boolean {
  return translator !== undefined;
}
