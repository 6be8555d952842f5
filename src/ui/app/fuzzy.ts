/** Finding a command by a few of its letters. */

/**
 * How well `query` fits `text`: letters in order, counting more where they begin a word or stand together. Undefined where a
 * letter is missing. Case and white space do not matter.
 */
export function fuzzyScore(text: string, query: string): number | undefined {
  const hay = text.toLowerCase();
  const letters = query.toLowerCase().replaceAll(/\s+/g, "");
  // The words as they were typed, somewhere in the text, are what was meant.
  const whole = hay.indexOf(query.toLowerCase().trim());
  if (whole >= 0) return 1000 - whole - hay.length / 100;
  let score = 0;
  let at = -1;
  for (const letter of letters) {
    const next = hay.indexOf(letter, at + 1);
    if (next < 0) return undefined;
    const beginsWord = next === 0 || /[\s(:]/.test(hay[next - 1]!);
    score += (next === at + 1 ? 8 : 0) + (beginsWord ? 6 : 0) - (next - at - 1) * 0.2;
    at = next;
  }
  return score - hay.length / 100;
}

/** What fits, best first; everything in its own order where nothing was typed. */
export function fuzzyFind<T extends { readonly label: string }>(
  items: readonly T[],
  query: string,
): readonly T[] {
  if (query.trim() === "") return items;
  return items
    .map((item) => ({ item, score: fuzzyScore(item.label, query) }))
    .filter((found): found is { item: T; score: number } => found.score !== undefined)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}
