import { expect, test } from "vitest";
import { bleu, meteor } from "./captionScores.ts";

const PAIRS = [
  [
    "There is a small left pleural effusion. The heart is normal in size.",
    "There is a moderate left pleural effusion. The heart is normal in size. No pneumothorax.",
  ],
  ["No pneumothorax. The heart is enlarged.", "The heart is enlarged. No pneumothorax."],
  ["The lungs are clear.", "There is interstitial edema. The heart is enlarged."],
  [
    "There is a large nodule in the right lung. No pleural effusion.",
    "There is a large nodule in the right lung. No pleural effusion.",
  ],
].map(([written, reference]) => ({ written: written!, reference: reference! }));
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

// nltk 3.9's corpus_bleu and meteor_score (exact matches alone), on the same words.
test("corpus BLEU is nltk's", () => {
  expect(bleu(PAIRS)).toEqual(close([0.747845, 0.710123, 0.683093, 0.65532]));
});

test("METEOR by exact words is nltk's", () => {
  expect(PAIRS.map(meteor)).toEqual(close([0.772945, 0.9375, 0.105263, 0.999818]));
});

test("BLEU-1 to 4 of one report with an article too many, and too few", () => {
  const long = "there is a small left pleural effusion";
  const short = "there is small left pleural effusion";
  const of = (written: string, reference: string) => bleu([{ written, reference }]);
  expect(of(long, short)).toEqual(
    [0.8571, 0.7559, 0.6114, 0.4889].map((v) => expect.closeTo(v, 4)),
  );
  expect(of(short, long)).toEqual(
    [0.8465, 0.7571, 0.6237, 0.5115].map((v) => expect.closeTo(v, 4)),
  );
  expect(of("", long)).toEqual([0, 0, 0, 0]);
  expect(meteor({ written: "", reference: long })).toBe(0);
});
