/** `lab study`: many runs as one table. */
import { UsageError } from "./usageError.ts";

type Command = (args: readonly string[], print: (value: unknown) => void) => Promise<void>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./study/runCommand.ts")).runCommand,
  submit: async () => (await import("./study/submitCommand.ts")).submitCommand,
  worker: async () => (await import("./study/workerCommand.ts")).workerCommand,
  status: async () => (await import("./study/statusCommand.ts")).statusCommand,
  import: async () => (await import("./study/importCommand.ts")).importCommand,
  report: async () => (await import("./study/reportCommand.ts")).reportCommand,
  merge: async () => (await import("./study/mergeCommand.ts")).mergeCommand,
};

export async function studyVerb(
  [name, ...args]: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    throw new UsageError(
      `study needs what to do: ${Object.keys(COMMANDS).join(", ")}; see "lab --help".`,
    );
  }
  await (
    await command()
  )(args, print);
}
