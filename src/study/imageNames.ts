/** Films by the names that a table gives them: a path, a file name, or a file name without its ending. */

/**
 * Finds a thing by an image's name: its path if there is one, else its file name, else that without the ending. Two things
 * of one shorter name are told apart by none of it, so neither is found by it.
 * @param pathOf with forward slashes
 */
export function namesOf<T>(
  things: readonly T[],
  pathOf: (thing: T) => string,
): (image: string) => T | undefined {
  const levels = [whole, fileName, stem].map((shorten) => {
    const byName = new Map<string, T | null>();
    for (const thing of things) {
      const name = shorten(pathOf(thing));
      byName.set(name, byName.has(name) ? null : thing);
    }
    return { shorten, byName };
  });
  return (image) => {
    for (const { shorten, byName } of levels) {
      const found = byName.get(shorten(image));
      if (found !== undefined) return found ?? undefined;
    }
    return undefined;
  };
}

const whole = (path: string) => path.replaceAll("\\", "/").replace(/^\.?\//, "");
const fileName = (path: string) => whole(path).split("/").at(-1)!;
const stem = (path: string) => fileName(path).replace(/\.[A-Za-z0-9]{1,5}$/, "");
