interface PartSize {
  readonly files: readonly string[];
  /** After gzip. */
  readonly bytes: number;
}
type Part = "page" | "styles" | "engine";

/** Limits in kB of gzip. */
export const LIMITS: Readonly<Record<Part, number>>;
/** What a first visit loads before the first answer. @throws when a file it names does not exist */
export function entrySizes(dist: string): Readonly<Record<Part, PartSize>>;
/** One line a part, and whether all are found and within their limits. */
export function judge(sizes: Readonly<Record<Part, PartSize>>): {
  readonly ok: boolean;
  readonly lines: readonly string[];
};
export function importsOfWorkers(dist: string): string[];
