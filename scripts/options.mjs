// Command lines of the scripts: what is wrong with one is said in a sentence, followed by the usage; no stack is shown.
import { parseArgs } from "node:util";

/** What is wrong with a command line, as one sentence. */
export class OptionError extends Error {}

/**
 * The options of a command line, or an end of the program: after `--help` with the usage, after a mistake with one
 * sentence and the usage (exit status 2).
 * @param {string} usage how the command is called, a line each option
 * @param {(args: string[]) => T} read takes the arguments; throws OptionError, or what util.parseArgs throws
 * @template T
 * @returns {T}
 */
export function readOptions(usage, read, args = process.argv.slice(2)) {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read(args);
  } catch (error) {
    if (!(error instanceof OptionError) && !isComplaintOfParseArgs(error)) throw error;
    // After the first sentence parseArgs explains its own conventions.
    console.error(`${error.message.split(/\.\s/)[0].replace(/\.$/, "")}.\n\n${usage}`);
    process.exit(2);
  }
}

/** util.parseArgs without positional arguments, strict. */
export function parseOptions(args, options) {
  return parseArgs({ args, options, allowPositionals: false }).values;
}

/** @throws OptionError */
export function portNumber(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new OptionError(`"${text}" is not a port: give a whole number from 1 to 65535`);
}

/** A number of things, from 1. @throws OptionError */
export function countNamed(option, text) {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1) return count;
  throw new OptionError(`--${option} is "${text}": give a whole number from 1`);
}

function isComplaintOfParseArgs(error) {
  return String(error?.code).startsWith("ERR_PARSE_ARGS_");
}
