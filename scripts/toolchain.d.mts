/** The repository's folder. */
export const ROOT: string;
/** Runs a command with the project's tools and Node 24 first on the path; returns its exit status. */
export function run(command: string, args: readonly string[], env?: Record<string, string>): number;
/** The same beside what runs next: its exit status, and what it said, kept in `log` until then. */
export function runBeside(
  command: string,
  args: readonly string[],
  log: string,
): Promise<{ readonly status: number; readonly output: string }>;
/** Installs the locked packages when they are missing or the lock file has changed. */
export function ensureInstalled(): void;
/** Builds dist/ when anything it is made of has changed since the last build. */
export function ensureBuilt(): void;
