/**
 * Generated files with something odd about each, against what pydicom, Pillow and imagecodecs make of the same bytes
 * (models/golden/odd_files.py).
 */
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { allOddFiles } from "../testing/oddFiles/allOddFiles.ts";
import goldens from "../testing/oddFiles/goldens.json" with { type: "json" };
import { decodeSummary } from "./decodeSummary.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const files = await allOddFiles();
const pictures: Readonly<Record<string, (typeof goldens)[keyof typeof goldens]>> = goldens;

describe("files with something odd", () => {
  it("has a reference picture for each, and a file for each reference", () => {
    const names = new Set(files.map(({ name }) => name));
    expect(names.size).toBe(files.length);
    for (const { name, sameAs } of files) expect(pictures).toHaveProperty([sameAs ?? name]);
    expect(Object.keys(pictures).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(files)("$name has the pixels and the display of its reference", async (file) => {
    const summary = await decodeSummary(await loadRadiograph(file.bytes, nodeCodecs));
    expect({
      rows: summary.rows,
      cols: summary.cols,
      raw: summary.rawSha256.slice(0, 16),
      display: summary.displaySha256.slice(0, 16),
    }).toEqual(pictures[file.sameAs ?? file.name]);
  });
});
