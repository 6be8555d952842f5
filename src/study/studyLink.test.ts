// A study as a link: whole and alone, and refused in words where it can't be read.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseStudy } from "./schema.ts";
import type { Study } from "./schema.ts";
import { decodeStudyLink, encodeStudyLink } from "./studyLink.ts";

const FOLDER = path.join(import.meta.dirname, "../../studies");
const bundled = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => [name, parseStudy(JSON.parse(readFileSync(path.join(FOLDER, name), "utf8")))]);
const study = bundled[0]![1] as Study;

test.each(bundled as [string, Study][])("%s comes out as it went in", (_, each) => {
  const link = encodeStudyLink(each);
  expect(decodeStudyLink(link)).toEqual(each);
  // What chat programs hang on it.
  expect(decodeStudyLink(`${link}?utm=1`)).toEqual(each);
});

test("says which films, and not where they lie", () => {
  const sha256 = "a".repeat(64);
  const files = [{ sha256, path: "patients/jane.dcm", labels: { effusion: true } }];
  const link = encodeStudyLink({ ...study, cases: [{ kind: "files", files }] });
  expect(decodeStudyLink(link).cases).toEqual([
    { kind: "files", files: [{ sha256, labels: { effusion: true } }] },
  ]);
});

test("a folder, and more films than an address holds, are refused", () => {
  expect(() => encodeStudyLink({ ...study, cases: [{ kind: "folder", path: "films" }] })).toThrow(
    "A folder of this machine",
  );
  const files = Array.from({ length: 3000 }, (_, k) => ({
    sha256: ((k + 1) * 2654435761).toString(16).padStart(16, "0").repeat(4).slice(0, 64),
    question: `Is there a pleural effusion? ${Math.sin(k)}`,
  }));
  expect(() => encodeStudyLink({ ...study, cases: [{ kind: "files", files }] })).toThrow(
    "is the most a link may have",
  );
});

test.each([
  ["#s2.abc", "newer Penumbra"],
  ["#s1.", "cut off"],
  ["#s1.AAAAAAAAAAAA", "damaged"],
  ["#p1.AAAA", "no link to a study"],
])("%s is refused in words", (link, sentence) => {
  expect(() => decodeStudyLink(link)).toThrow(sentence);
});

test("a whole link with a study that can't be is refused by its field", () => {
  const link = encodeStudyLink({ ...study, cases: [] } as never);
  expect(() => decodeStudyLink(link)).toThrow(/cases/);
});
