/** A command line that says too little, too much or the wrong thing. */
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** util.parseArgs whose complaints are one sentence that points to the help. @throws UsageError */
export function parseCommandLine<T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    const parsed = parseArgs({ ...config, tokens: true });
    refuseRepeated(config, (parsed.tokens ?? []) as readonly Token[]);
    return parsed as unknown as ReturnType<typeof parseArgs<T>>;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = (error as Error).message.split(". To ")[0]!.replace(/\.$/, "");
    throw new UsageError(`${reason}; see "lab --help".`, { cause: error });
  }
}

interface Token {
  readonly kind: string;
  readonly name?: string;
}

/** Of an option that is given twice the last would win, and the first be ignored without a word. */
function refuseRepeated({ options = {} }: ParseArgsConfig, tokens: readonly Token[]): void {
  const names = tokens.flatMap(({ kind, name }) => (kind === "option" && name ? [name] : []));
  const twice = names.find(
    (name, k) => names.indexOf(name) < k && options[name]?.multiple !== true,
  );
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice; give it once.`);
}

/** A whole number option inside its range. @throws UsageError */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(
    `--${option} is "${text}", but must be a whole number from ${min} to ${max}.`,
  );
}

/** "4/255" or a number of grey in [0, 1]. @throws UsageError */
export function grayRadius(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(?:\/(255))?$/.exec(text.trim());
  const value = parts ? Number(parts[1]) / Number(parts[2] ?? 1) : NaN;
  if (value > 0 && value <= 1) return value;
  throw new UsageError(`--epsilon is "${text}", but must be like 4/255, above 0 and at most 1.`);
}
