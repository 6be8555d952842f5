/** `lab caption` in process, on the bundled captioner and on a tiny one of random weights. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { captionerPath } from "../testing/captionFolders.ts";
import { vlmFolder } from "../testing/vlmFolders.ts";
import { agreeVerb } from "./agreeVerb.ts";
import { askVerb } from "./askVerb.ts";
import { captionVerb } from "./captionVerb.ts";
import { readNpy } from "./npy.ts";
import { phantomVerb } from "./phantomVerb.ts";

interface Line {
  readonly text: string;
  readonly logLikelihood: number;
  readonly words: readonly {
    readonly token: string;
    readonly logProbability: number;
    readonly mostLookedAt: { readonly token: number; readonly share: number };
  }[];
  readonly attacked: {
    readonly losses: readonly number[];
    readonly loss: number;
    readonly text: string;
    readonly goal: string;
    readonly againstClean: { readonly findingAgreement: number };
  };
}

const TEMPORARY = mkdtempSync(path.join(tmpdir(), "lab-caption-"));
afterAll(() => rmSync(TEMPORARY, { recursive: true }));
const FILM = path.join(TEMPORARY, "film.png");
const truth = await printed<{ readonly report: readonly string[] }>(
  phantomVerb,
  "--seed",
  "7",
  "--finding",
  "effusion:left:500",
  "--out",
  FILM,
);

async function printed<T>(
  verb: (args: readonly string[], print: (value: unknown) => void) => Promise<void>,
  ...args: string[]
): Promise<T> {
  const lines: unknown[] = [];
  await verb(args, (value) => lines.push(value));
  expect(lines).toHaveLength(1);
  return lines[0] as T;
}

it("writes a phantom's report, and another one after an attack on its likelihood", async () => {
  const file = path.join(TEMPORARY, "attention.npy");
  const attack = ["--epsilon", "4/255", "--steps", "3"];
  const line = await printed<Line>(captionVerb, FILM, "--attention", file, ...attack);
  expect(line.text).toBe(truth.report.join(" ").toLowerCase());
  expect(
    line.words
      .map(({ token }) => token)
      .join("")
      .trim(),
  ).toBe(line.text);
  const sum = line.words.reduce((total, { logProbability }) => total + logProbability, 0);
  expect(line.logLikelihood).toBeCloseTo(sum, 6);
  const { shape, data } = await readNpy(file);
  expect(shape).toEqual([line.words.length, 256]);
  expect(data[line.words[0]!.mostLookedAt.token]).toBeCloseTo(line.words[0]!.mostLookedAt.share, 5);
  const { losses, loss, text, goal, againstClean } = line.attacked;
  // The attack begins at minus the likelihood of what was written.
  expect(losses[0]).toBeCloseTo(-line.logLikelihood, 3);
  expect(loss).toBeGreaterThan(losses[0]! + 1);
  expect(goal).toBe("away from its own text");
  expect(text).not.toBe(line.text);
  expect(againstClean.findingAgreement).toBeLessThan(1);
});

it("raises the likelihood of a wanted text", async () => {
  const wanted = ["--towards", "no pleural effusion.", "--epsilon", "2/255", "--steps", "2"];
  const { attacked } = await printed<Line>(captionVerb, FILM, ...wanted);
  expect(attacked.loss).toBeGreaterThan(attacked.losses[0]!);
});

it("follows several texts, on a model of one's own in a zip", async () => {
  const own = ["--model", captionerPath("vit-gpt2"), "--max-tokens", "5"];
  const greedy = await printed<Line>(captionVerb, FILM, ...own);
  const searched = await printed<Line>(captionVerb, FILM, ...own, "--beams", "4");
  expect(searched.logLikelihood).toBeGreaterThanOrEqual(greedy.logLikelihood);
});

it("says in one sentence what it is not for", async () => {
  const llava = ["--model", vlmFolder("llava")];
  await expect(captionVerb([FILM, ...llava], () => undefined)).rejects.toThrow(/is no captioner/);
  await expect(captionVerb([], () => undefined)).rejects.toThrow(/caption needs one file/);
  const towards = [FILM, "--towards", "no edema."];
  await expect(captionVerb(towards, () => undefined)).rejects.toThrow(/give --epsilon too/);
  const asked = [FILM, "--question", "is there edema?", "--model", captionerPath("blip")];
  for (const verb of [askVerb, agreeVerb]) {
    await expect(verb(asked, () => undefined)).rejects.toThrow(
      /BLIP writes captions and is never asked in words/,
    );
  }
});
