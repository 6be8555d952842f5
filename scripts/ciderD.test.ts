import { expect, test } from "vitest";
import { ciderD } from "../bench/ciderD.ts";

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

test("CIDEr-D is pycocoevalcap's, on the same words", () => {
  expect(ciderD(PAIRS)).toEqual(
    [6.057077, 6.135595, 0, 10].map((value) => expect.closeTo(value, 5)),
  );
});
