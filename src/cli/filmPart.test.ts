import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { TAG, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";
import { askVerb } from "./askVerb.ts";
import { openRadiograph } from "./files.ts";
import { partOf } from "./filmPart.ts";
import { radiographOf } from "./readSource.ts";
import { filmsIn, openStudy } from "./study/studyFile.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "film-part-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const SIDE = 64;
/** Three pictures in one file, each a ramp another way. */
const RAMPS = [(x: number) => x, (_: number, y: number) => y, (x: number, y: number) => x + y];
const FRAMES = RAMPS.map((level) =>
  Array.from(
    { length: SIDE * SIDE },
    (_, i) => (32 * level(i % SIDE, Math.floor(i / SIDE))) % 4096,
  ),
);
const FILE = path.join(FOLDER, "three.dcm");
writeFileSync(
  FILE,
  dicomFile({
    ...imageElements(SIDE, SIDE, 12),
    [TAG.frames]: "3",
    [TAG.pixelData]: words(FRAMES.flat()),
  }),
);

async function hashes(): Promise<readonly string[]> {
  return Promise.all(
    FRAMES.map(async (_, frame) => (await openRadiograph(FILE, { frame })).rawSha256!),
  );
}

test("an experiment finds its picture in a file of several, by its place, by its hash alone, or where the place is wrong", async () => {
  for (const [index, sha256] of (await hashes()).entries()) {
    const places = [{ frame: index + 1 }, {}, { frame: 2 }, { frame: 99 }];
    for (const place of places) {
      const film = await radiographOf({ kind: "file", sha256, ...place }, FILE);
      expect(film.frame).toEqual({ index, count: 3 });
      expect(Array.from(film.values)).toEqual(FRAMES[index]);
    }
  }
  await expect(radiographOf({ kind: "file", sha256: "0".repeat(64) }, FILE)).rejects.toThrow(
    "none of the 3 in",
  );
});

test("a study's films are pictures of files: named by hash, with or without their place, or found by workers", async () => {
  const all = await hashes();
  const found = await filmsIn(FOLDER);
  expect(all.map((sha256) => found.get(sha256))).toEqual(
    all.map((_, index) => ({ file: FILE, frame: index + 1 })),
  );
  const study = {
    format: "penumbra-study",
    version: 1,
    name: "frames",
    base: {},
    cases: [
      {
        kind: "files",
        files: [
          { sha256: all[2], path: "three.dcm" },
          { sha256: all[1], path: "three.dcm", frame: 2 },
        ],
      },
    ],
    axes: [],
  };
  const file = path.join(FOLDER, "study.json");
  writeFileSync(file, JSON.stringify(study));
  const opened = await openStudy(file);
  expect(opened.files.get(all[2]!)).toEqual({ file: FILE, frame: 3 });
  // Where a film lies is no part of what was asked: no row depends on it.
  expect(JSON.stringify(opened.study)).not.toMatch(/three|frame"/);
  writeFileSync(file, JSON.stringify({ ...study, cases: [{ kind: "folder", path: "." }] }));
  const { skipped, files } = await openStudy(file);
  expect([...files.keys()]).toEqual([all[0]]);
  expect(skipped).toEqual([{ file: FILE, message: "pictures 2 to 3 of it; the first is taken." }]);
});

test("a question is asked of the picture and the part that are named", async () => {
  const ask = async (...options: string[]) => {
    const lines: { saw: string; probabilities: object }[] = [];
    const print = (line: unknown) => void lines.push(line as (typeof lines)[number]);
    await askVerb([FILE, "--question", "Is there a nodule?", ...options], print);
    return lines[0]!;
  };
  const [first, second, part] = [
    await ask(),
    await ask("--frame", "2"),
    await ask("--frame", "2", "--square", "0,16,40"),
  ];
  expect(first.saw).toContain("whole image");
  expect(second.probabilities).not.toEqual(first.probabilities);
  expect(part.saw).toContain("cut off: 38% at the right, 25% at the top and 13% at the bottom");
  expect(part.probabilities).not.toEqual(second.probabilities);
  await expect(ask("--square", "30,0,40")).rejects.toThrow("reaches beyond the film");
});

test.each(["all", "1,2", "0,0,31", "-1,0,64"])("--square %s is no part of a film", (square) => {
  expect(() => partOf({ square })).toThrow("must be whole, or LEFT,TOP,SIDE");
});
