/** The repository's folder. */
export const ROOT: string;
/** Runs a command with the project's tools and Node 24 first on the path; returns its exit status. */
export function run(command: string, args: readonly string[], env?: Record<string, string>): number;
/** The same without holding this process up. */
export function runMeanwhile(
  command: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<number>;
/** Its exit status and what it said. */
type Ended = Promise<{ readonly status: number; readonly output: string }>;
/** The same beside what runs next. */
export function runBeside(command: string, args: readonly string[], log: string): Ended;
/** The same in the time that nothing else wants, until it claims its share. */
export function runModestly(
  command: string,
  args: readonly string[],
  log: string,
): { readonly ended: Ended; claim(): void };
/** Installs the locked packages when they are missing or the lock file has changed. */
export function ensureInstalled(): void;
/** Builds dist/ when anything it is made of has changed since the last build. */
export function ensureBuilt(): void;
