// A reader's folder: films, a table of labels, a set of questions, and what is none of these.
import { expect, test } from "vitest";
import { LabError } from "../../errors/labError.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { checkReadable, isBroken, keepBroken } from "./brokenFilms.ts";
import { mostPixels, readFolder } from "./folderStudy.ts";

const inFolder = (name: string, content: string) =>
  Object.assign(new File([content], name.split("/").at(-1)!), {
    webkitRelativePath: `picked/${name}`,
  });
/** A film is named by its content; "broken" is none, and "cut" was one. */
async function decode(bytes: ArrayBuffer): Promise<Radiograph> {
  const text = new TextDecoder().decode(bytes);
  if (text === "broken") throw new LabError("file-unknown-format", "This is no radiograph.");
  if (text === "cut") throw new LabError("file-truncated", "This film is cut off.");
  return { rawSha256: text.repeat(64), rows: 1, cols: 1 } as unknown as Radiograph;
}
/** SHA-256 of the three bytes of "cut". */
const CUT = "378bfce5cda2599a6cda399f1cacef861e4e575ec794744dcf0e55e9c4780633";
const FILMS = [inFolder("b.png", "b"), inFolder("sub/a.png", "a"), inFolder(".hidden", "h")];

test("films in the order of their names, labels by name, and what is left out with why", async () => {
  const films = await readFolder(
    [
      ...FILMS,
      inFolder("copy.png", "a"),
      inFolder("notes.dcm", "broken"),
      inFolder("c.png", "cut"),
      inFolder("labels.csv", "file,effusion\na.png,1\nb,0\nc.png,1\nz.png,1\n"),
    ],
    decode,
  );
  expect(films.files).toEqual([
    { sha256: "b".repeat(64), labels: { effusion: false } },
    { sha256: CUT, labels: { effusion: true } },
    { sha256: "a".repeat(64), labels: { effusion: true } },
  ]);
  expect(films.failing).toEqual(["c.png: This film is cut off."]);
  expect(films.broken.get(CUT)).toMatchObject({ code: "file-truncated" });
  keepBroken(films.broken);
  const about = (sha256: string) =>
    checkReadable({ case: { kind: "file", sha256, crop: "centre" } as never });
  expect(() => about("a".repeat(64))).not.toThrow();
  expect(isBroken(CUT)).toBe(true);
  expect(() => about(CUT)).toThrow("This film is cut off.");
  expect(films.radiographs.size).toBe(2);
  expect(films.study).toBeUndefined();
  expect(films.problems).toEqual([
    "notes.dcm: This is no radiograph.",
    "labels.csv: there is no film z.png.",
  ]);
});

test.each([
  [
    "asked.csv",
    "image,question,label\na.png,Is there a pleural effusion?,1\nz,Is there a nodule?,0",
  ],
  [
    "asked.json",
    JSON.stringify([
      { image: "sub/a.png", question: "Is there a pleural effusion?", label: "yes" },
      { image: "z", question: "Is there a nodule?" },
    ]),
  ],
])("the questions of %s are a study", async (name, text) => {
  const { study, problems } = await readFolder([...FILMS, inFolder(name, text)], decode);
  expect(study).toMatchObject({
    name: "asked",
    cases: [{ files: [{ sha256: "a".repeat(64), answer: "yes" }] }],
  });
  expect(problems).toEqual([
    `${name}, row ${name === "asked.csv" ? 3 : 2}: There is no film "z" that can be read.`,
  ]);
});

test("films stop where the tab would hold no more of them, with all their copies, and that is said", async () => {
  const bytes = (lanes: number) => 4 * mostPixels(lanes) * (2 + lanes);
  expect([bytes(1), bytes(4)]).toEqual([2e9, 2e9]);
  const films = await readFolder(
    [...FILMS, inFolder("c.png", "c"), inFolder("d.png", "d")],
    decode,
    1,
  );
  expect([...films.radiographs.keys()].map((hash) => hash[0])).toEqual(["b", "c"]);
  expect(films.problems).toEqual(
    ["d.png", "a.png"].map(
      (name) => `${name}: this tab holds no more films; \`lab study run\` takes any number.`,
    ),
  );
});

test("a table that can't be read, and a second set of questions, are named and take nothing else with them", async () => {
  const asks = "image,question\na.png,Is there a pleural effusion?";
  const films = await readFolder(
    [
      ...FILMS,
      inFolder("bad.json", '[{"image": "a.png", "question": '),
      inFolder("labels.csv", "file,effusion\n\na.png,perhaps\n"),
      inFolder("one.csv", asks),
      inFolder("two.csv", asks),
    ],
    decode,
  );
  expect(films.files).toHaveLength(2);
  expect(films.study).toMatchObject({ name: "one" });
  expect(films.problems).toEqual([
    "bad.json: The question set begins like JSON, but is not JSON.",
    'labels.csv: Line 3 of the labels says "perhaps" for effusion, but must say 1, 0 or nothing.',
    "two.csv: the questions of another table are asked already.",
  ]);
});

test("a folder without a film says why", async () => {
  await expect(readFolder([inFolder("x.dcm", "broken")], decode)).rejects.toMatchObject({
    message: "This folder holds no film that can be read.",
    hint: "x.dcm: This is no radiograph.",
  });
});
