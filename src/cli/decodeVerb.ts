/** `lab decode FILE... [--frame N]`: what a file holds, as sizes and hashes; one line per file. */
import { toErrorData } from "../errors/labError.ts";
import { decodeSummary } from "../io/decodeSummary.ts";
import { openRadiograph } from "./files.ts";
import { UsageError, parseCommandLine, wholeNumber } from "./usageError.ts";

export async function decodeVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { positionals, values } = parseCommandLine({
    args: [...args],
    options: { frame: { type: "string" } },
    allowPositionals: true,
  });
  if (positionals.length === 0) throw new UsageError("decode needs a file: lab decode FILE.");
  const frame = wholeNumber("frame", values.frame ?? "1", 1, 100_000) - 1;
  for (const file of positionals) {
    try {
      print(await decodeSummary(await openRadiograph(file, { frame })));
    } catch (error) {
      const { code, message, hint } = toErrorData(error);
      print({ error: { code, message } });
      process.stderr.write(`${[message, hint].filter(Boolean).join(" ")}\n`);
      process.exitCode = 2;
    }
  }
}
