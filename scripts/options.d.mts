import type { ParseArgsOptionsConfig, parseArgs } from "node:util";

/** What is wrong with a command line, as one sentence. */
export class OptionError extends Error {}
/** The options of a command line; `--help` and mistakes end the program with the usage. */
export function readOptions<T>(
  usage: string,
  read: (args: string[]) => T,
  args?: readonly string[],
): T;
/** util.parseArgs without positional arguments, strict. */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  args: string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>["values"];
/** @throws OptionError when the text is no whole number from 1 to 65535 */
export function portNumber(text: string): number;

/** A number of things, from 1. @throws OptionError */
export function countNamed(option: string, text: string): number;
