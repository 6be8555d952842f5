/** The spellings of an answer as a line of text: separated by commas, a space at their beginning made visible. */

const SPACE = "␣";

export function spokenText(words: readonly string[]): string {
  return words.map((word) => word.replace(/^ /, SPACE)).join(", ");
}

export function spokenWords(text: string): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim().replace(SPACE, " "))
    .filter((word) => word.trim() !== "");
}
