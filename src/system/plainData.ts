/** What of a registry is plain data: its members without their functions. */
export type PlainData<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K];
};

/**
 * Names, ranges and texts of a registry's members, for whoever offers and checks them without running them. A catalogue made
 * so is turned into JSON when the page is built (scripts/catalogs.ts), so that the page holds no member's algorithm.
 */
export function plainData<T extends object>(
  registry: Readonly<Record<string, T>>,
): Readonly<Record<string, PlainData<T>>> {
  return JSON.parse(JSON.stringify(registry)) as Readonly<Record<string, PlainData<T>>>;
}
