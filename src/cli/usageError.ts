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
    return parseArgs(config);
  } catch (error) {
    const reason = (error as Error).message.split(". To ")[0]!.replace(/\.$/, "");
    throw new UsageError(`${reason}; see "lab --help".`, { cause: error });
  }
}

/** A whole number option inside its range. @throws UsageError */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(
    `--${option} is "${text}", but must be a whole number from ${min} to ${max}.`,
  );
}
