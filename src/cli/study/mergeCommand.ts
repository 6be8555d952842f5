/** `lab study merge`: the rows of several folders, such as the shards of one study, in one. */
import { LabError } from "../../errors/labError.ts";
import { canonicalJson } from "../../host/canonicalJson.ts";
import { timeless } from "../../study/rowColumns.ts";
import type { Row } from "../../study/rowColumns.ts";
import { UsageError, parseCommandLine } from "../usageError.ts";
import { folderMaker } from "./folderMaker.ts";
import { RowFolder } from "./rowFolder.ts";

export async function mergeCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: { out: { type: "string" } },
    allowPositionals: true,
  });
  if (values.out === undefined || positionals.length === 0) {
    throw new UsageError("study merge needs folders: lab study merge DIR... --out DIR.");
  }
  const parts = positionals.map((folder) => RowFolder.read(folder));
  const [first, ...others] = await Promise.all(parts.map((part) => part.study()));
  const same = canonicalJson(first);
  const odd = others.findIndex((study) => canonicalJson(study) !== same);
  if (odd >= 0) {
    throw new LabError(
      "spec-invalid",
      `${positionals[odd + 1]} holds rows of another study than ${positionals[0]}.`,
      { hint: "Merge folders of one and the same study." },
    );
  }
  const merged = RowFolder.create(values.out);
  try {
    let differing = 0;
    for (const part of parts) {
      for (const key of part.keys()) {
        const known = merged.get(key);
        // A row that came to something takes the place of one that failed.
        if (known && !(merged.hasFailed(key) && !part.hasFailed(key))) {
          if (numbersOf(known) !== numbersOf(part.get(key)!)) differing++;
          continue;
        }
        merged.append(part.get(key)!);
      }
    }
    merged.keepStudy(first!);
    const maker = folderMaker(merged);
    const rows = await merged.tidy(first!, maker);
    if (differing > 0) {
      process.stderr.write(
        `${differing} runs were made twice with other numbers, such as on another processor; the first folder's stand.\n`,
      );
    }
    print({ study: first!.name, folder: merged.path, rows, differing });
  } finally {
    merged.close();
    for (const part of parts) part.close();
  }
}

/** What two runs of the same key should share. */
function numbersOf(row: Row): string {
  return JSON.stringify({ ...timeless(row), case: null, repeat: null, spec: null });
}
