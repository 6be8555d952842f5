// Question sets in the shapes that releases have: what is read, what each row that can't be asked is told, and the study.
import { describe, expect, test } from "vitest";
import { changedAnswers } from "./comparisons.ts";
import { namesOf } from "./imageNames.ts";
import { planRuns, planSize } from "./plan.ts";
import { questionStudy, readQuestionSet } from "./questionSet.ts";
import type { Row } from "./rowColumns.ts";

const HASHES: Readonly<Record<string, string>> = {
  "a.png": "a".repeat(64),
  "b.png": "b".repeat(64),
};
const read = (text: string) => readQuestionSet(text, async (image) => HASHES[image]);
const EFFUSION = "Is there a pleural effusion?";

const AS_JSON = JSON.stringify({
  version: 1,
  data: [
    {
      image_path: "a.png",
      question: EFFUSION,
      paraphrases: [
        { text: "Can you see a pleural effusion?", phenomenon: "lexical" },
        { text: "Is the film free of pleural effusion?", phenomenon: "negation" },
      ],
      answer: "yes",
    },
    { image_path: "b.png", question: EFFUSION, paraphrases: [], answer: 0 },
  ],
});
const AS_CSV = [
  "Image,Question,Paraphrases,Phenomenon,Label",
  `a.png,${EFFUSION},Can you see a pleural effusion?,lexical,1`,
  `a.png,${EFFUSION},Is the film free of pleural effusion?,negation,`,
  `b.png,${EFFUSION},,,no`,
].join("\n");

test.each([
  ["JSON with lists", AS_JSON],
  ["CSV with a row for each paraphrase", AS_CSV],
  [
    "CSV with lists in cells",
    `image,question,paraphrases,phenomenon,label\r\na.png,${EFFUSION},"Can you see a pleural effusion?|Is the film free of pleural effusion?",lexical|negation,yes\r\nb.png,${EFFUSION},,,absent\r\n`,
  ],
  [
    "JSON by phenomenon",
    JSON.stringify([
      {
        file: "a.png",
        question: EFFUSION,
        paraphrases: {
          lexical: ["Can you see a pleural effusion?"],
          negation: "Is the film free of pleural effusion?",
        },
        label: true,
      },
      { file: "b.png", question: EFFUSION, label: "No." },
    ]),
  ],
])("%s is the same set", async (_, text) => {
  expect(await read(text)).toEqual({
    unmapped: [],
    files: [
      {
        sha256: HASHES["a.png"],
        question: EFFUSION,
        answer: "yes",
        paraphrases: [
          { text: "Can you see a pleural effusion?", phenomenon: "lexical" },
          { text: "Is the film free of pleural effusion?", phenomenon: "negation" },
        ],
      },
      { sha256: HASHES["b.png"], question: EFFUSION, answer: "no" },
    ],
  });
});

test("what can't be asked is said with its row, and the rest is kept", async () => {
  const { files, unmapped } = await read(
    [
      "image,question,paraphrases,phenomenon,label",
      `a.png,${EFFUSION},Is there a pneumothorax?,lexical,perhaps`,
      `c.png,${EFFUSION},,,yes`,
      "a.png,What is the patient's name?,,,yes",
      `,${EFFUSION},,,`,
      "b.png,,,,",
      `b.png,${EFFUSION},,,yes`,
      `b.png,${EFFUSION},,,no`,
    ].join("\n"),
  );
  expect(files.map(({ sha256, answer }) => [sha256[0], answer])).toEqual([
    ["a", undefined],
    ["b", "yes"],
  ]);
  expect(unmapped.map(({ row }) => row)).toEqual([2, 2, 3, 4, 5, 6, 8]);
  for (const [k, sentence] of [
    'The label "perhaps" is none of yes, no',
    'The paraphrase "Is there a pneumothorax?" asks something else',
    'There is no film "c.png"',
    "can't be asked here",
    "names no image",
    "asks no question",
    "is labelled yes above",
  ].entries()) {
    expect(unmapped[k]!.message).toContain(sentence);
  }
});

test.each([
  ["[{", "is not JSON"],
  ["{}", "no list of records"],
  ["picture,question\na.png,x", "has no image"],
  ["image,text\na.png,x", "has no question"],
])("%j is refused in words", async (text, sentence) => {
  await expect(read(text)).rejects.toThrow(sentence);
});

test.each([
  [
    "semicolons and an empty line",
    `image;question;label\n\na.png;${EFFUSION};1\nz;${EFFUSION};1`,
    4,
  ],
  ["tabs", `image\tquestion\tlabel\na.png\t${EFFUSION}\t1\nz\t${EFFUSION}\t1`, 3],
  [
    "one record a line",
    ["a.png", "z"]
      .map((image) => JSON.stringify({ image, question: EFFUSION, label: 1 }))
      .join("\n"),
    2,
  ],
  [
    "records by name",
    JSON.stringify({
      q1: { image: "a.png", question: EFFUSION, label: 1 },
      q2: { image: "z", question: EFFUSION },
    }),
    2,
  ],
])("%s are read, and what is missing is told by its line", async (_form, text, line) => {
  const { files, unmapped } = await read(text);
  expect(files).toEqual([{ sha256: "a".repeat(64), question: EFFUSION, answer: "yes" }]);
  expect(unmapped).toEqual([{ row: line, message: 'There is no film "z" that can be read.' }]);
});

test("one record alone is a set, whatever lists it holds", async () => {
  const paraphrases = [{ text: "Can you see a pleural effusion?", phenomenon: "lexical" }];
  const one = { image: "a.png", question: EFFUSION, paraphrases };
  expect((await read(JSON.stringify(one))).files).toMatchObject([{ paraphrases }]);
});

test("a set of nothing that can be asked makes no study", async () => {
  const nothing = await read("image,question\nc.png,Is there a pleural effusion?");
  expect(() => questionStudy("nothing", nothing)).toThrow("None of its questions can be asked.");
});

describe("the study of a set", () => {
  test("asks each wording with the right answer to it", async () => {
    const study = questionStudy("set", await read(AS_CSV));
    expect(planSize(study)).toMatchObject({ cases: 2, rows: 4 });
    const runs = [...planRuns(study)];
    expect(runs.map(({ levels, known, spec }) => [levels, known.answer, spec?.question])).toEqual([
      [{ phenomenon: "original" }, "yes", EFFUSION],
      [{ phenomenon: "lexical" }, "yes", "Can you see a pleural effusion?"],
      [{ phenomenon: "negation" }, "no", "Is the film free of pleural effusion?"],
      [{ phenomenon: "original" }, "no", EFFUSION],
    ]);
  });

  test("two questions about one film are two cases", async () => {
    const set = await read(
      `image,question,label\na.png,${EFFUSION},1\na.png,Is there a pneumothorax?,0`,
    );
    const cases = [...planRuns(questionStudy("two", set))].map(({ caseId }) => caseId);
    expect(cases).toEqual([`file ${"a".repeat(16)}`, `file ${"a".repeat(16)} 2`]);
  });

  test("an answer to one question is not taken for the answer to another", async () => {
    const study = questionStudy("set", await read(AS_CSV));
    const finding = { kind: "finding", name: "finding", findings: ["pneumothorax", "effusion"] };
    const runs = [...planRuns({ ...study, axes: [finding as never] })];
    expect(runs.map(({ known }) => known.answer)).toEqual([undefined, "yes", undefined, "no"]);
  });
});

test("several paraphrases of one phenomenon are counted each, against the original of their case", () => {
  const row = (of: string, phenomenon: string, correctedClean: string) =>
    ({ case: of, repeat: 0, phenomenon, correctedClean }) as unknown as Row;
  const original = { levels: { phenomenon: "original" }, rows: [row("a", "original", "yes")] };
  const lexical = {
    levels: { phenomenon: "lexical" },
    rows: [row("a", "lexical", "yes"), row("a", "lexical", "no"), row("a", "lexical", "no")],
  };
  const axes = [{ kind: "paraphrase", name: "phenomenon" }];
  expect(changedAnswers({ axes } as never, "correctedClean", [original, lexical])).toMatchObject([
    { count: 2, pairs: 3, level: "lexical", reference: "original", interval: null },
  ]);
});

test("films are found by path, name or name without ending, and never by a name that two have", () => {
  const find = namesOf(["p1/a.png", "p2/a.png", "p2/b.dcm"], (each) => each);
  expect(["p1/a.png", "./p2/a.png", "a.png", "b.dcm", "b", "images/b.jpg", "c"].map(find)).toEqual([
    "p1/a.png",
    "p2/a.png",
    undefined,
    "p2/b.dcm",
    "p2/b.dcm",
    "p2/b.dcm",
    undefined,
  ]);
});
