/** What a measurement writes into the repository, in the project's format: `npm run` hands its options to the last command alone. */
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";

export async function writeFormatted(file: string, text: string): Promise<void> {
  const config = await resolveConfig(file);
  writeFileSync(file, await format(text, { ...config, filepath: file }));
}
