/** `lab decode FILE...`: what a file holds, as sizes and hashes; one line per file. */
import { toErrorData } from "../errors/labError.ts";
import { decodeSummary } from "../io/decodeSummary.ts";
import { openRadiograph } from "./files.ts";
import { UsageError, parseCommandLine } from "./usageError.ts";

export async function decodeVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { positionals } = parseCommandLine({
    args: [...args],
    options: {},
    allowPositionals: true,
  });
  if (positionals.length === 0) throw new UsageError("decode needs a file: lab decode FILE.");
  for (const file of positionals) {
    try {
      print(await decodeSummary(await openRadiograph(file)));
    } catch (error) {
      const { code, message, hint } = toErrorData(error);
      print({ error: { code, message } });
      process.stderr.write(`${[message, hint].filter(Boolean).join(" ")}\n`);
      process.exitCode = 2;
    }
  }
}
