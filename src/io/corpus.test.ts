/** Reference files outside the repository: set PENUMBRA_DATA to the folder that holds dicom/chest and dicom/malformed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { toErrorData } from "../errors/labError.ts";
import { decodeSummary } from "./decodeSummary.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const root = join(process.env["PENUMBRA_DATA"] ?? "absent", "dicom");
const chestIndex = join(root, "chest", "index.csv");
const malformedIndex = join(root, "malformed", "index.json");

interface MalformedCase {
  readonly file: string;
  readonly accept: readonly string[];
}

function chestCases(): { file: string; raw: string; display: string | undefined }[] {
  if (!existsSync(chestIndex)) return [];
  const lines = readFileSync(chestIndex, "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [raw, display] = line.match(/[0-9a-f]{64}/g) ?? [];
    return { file: line.slice(0, line.indexOf(",")), raw: raw!, display };
  });
}

function malformedCases(): MalformedCase[] {
  if (!existsSync(malformedIndex)) return [];
  return JSON.parse(readFileSync(malformedIndex, "utf8")) as MalformedCase[];
}

describe.runIf(existsSync(chestIndex))("reference chest files", () => {
  it.each(chestCases())(
    "$file has the reference pixels and display",
    async ({ file, raw, display }) => {
      const bytes = readFileSync(join(root, "chest", file));
      const radiograph = await loadRadiograph(bytes, nodeCodecs);
      const summary = await decodeSummary(radiograph);
      expect(summary.rawSha256).toBe(raw);
      // Lossy files have no reference display hash.
      if (display !== undefined) expect(summary.displaySha256).toBe(display);
      expect(JSON.stringify({ ...radiograph, values: [] })).not.toMatch(/PHI-?CANARY|19010101/i);
    },
  );
});

describe.runIf(existsSync(malformedIndex))("malformed files", () => {
  it.each(malformedCases())("$file ends as one of $accept", async ({ file, accept }) => {
    const classes = await outcomeClasses(readFileSync(join(root, "malformed", file)));
    expect(
      classes.some((name) => accept.includes(name)),
      classes.join(),
    ).toBe(true);
  });
});

const CLASS_OF_CODE: Readonly<Record<string, string>> = {
  "file-empty": "not-dicom",
  "file-unknown-format": "not-dicom",
  "file-truncated": "truncated",
  "file-damaged": "damaged",
  "file-too-large": "limit",
  "file-no-image": "no-image",
  "file-unsupported": "unsupported",
  "file-mismatch": "mismatch",
};

async function outcomeClasses(bytes: Uint8Array): Promise<string[]> {
  try {
    const { source, notices } = await loadRadiograph(bytes, nodeCodecs);
    if (source === "jpeg") return ["ok-as-jpeg"];
    return notices.length > 0 ? ["ok", "ok-notice"] : ["ok"];
  } catch (error) {
    const data = toErrorData(error);
    expect(JSON.stringify(data)).not.toMatch(/PHI-?CANARY|19010101/i);
    return [CLASS_OF_CODE[data.code] ?? data.code];
  }
}
