import { expect, test } from "vitest";
import { recognizeQuestion } from "../language/recognize.ts";
import { measuredModel } from "../model/measured.ts";
import { onPhantom, onRealFilm } from "./reliability.ts";

const base = measuredModel("base")!;
const at = (nearest: "adult" | "child", isFar = false) => ({
  confidence: 0.7,
  place: { nearest, isFar },
});
const adult = at("adult");

test("a sure answer to a trained wording stands, and says by what right", () => {
  const said = onPhantom(base, recognizeQuestion("Is there a pleural effusion?"), 0.9999);
  expect(said.isTrusted).toBe(true);
  expect(said.text).toMatch(
    /^On undisturbed test phantoms, answers 99\.9% sure or more to a trained wording were right (9\d\.\d|>99\.9|100\.0)% of the time \(\d+ of \d+\)\.$/,
  );
});

test.each(["Is a pleural effusion absent?", "no PTX?"])(
  "as sure an answer to the unseen wording %j does not",
  (question) => {
    const said = onPhantom(base, recognizeQuestion(question), 0.9999);
    expect(said.isTrusted).toBe(false);
    expect(said.lead).toBe("Do not take the percentages at their word.");
  },
);

test("a film of a reader's own is never told a percentage that was not measured on films", () => {
  const fracture = onRealFilm(base, recognizeQuestion("Is there a rib fracture?"), adult);
  expect(fracture).toMatchObject({ isTrusted: false, lead: "Untested on real films." });
  const effusion = onRealFilm(base, recognizeQuestion("Is there a pleural effusion?"), adult);
  expect(effusion.isTrusted).toBe(false);
  expect(effusion.lead).toMatch(/^Measured on real films: AUC 0\.79 \(0\.72 to 0\.87\) on 348/);
  const pneumothorax = onRealFilm(base, recognizeQuestion("Is there a pneumothorax?"), adult);
  expect(pneumothorax.text).toMatch(/^On adults that is close to guessing\./);
  const pneumonia = onRealFilm(base, recognizeQuestion("Is there pneumonia?"), adult);
  expect(pneumonia.isTrusted).toBe(false);
  expect(pneumonia.lead).toMatch(/on 277 adults, 0\.97 \(0\.95 to 0\.98\) on 618 children/);
});

test("what was counted on films like this one comes first: the finding without it and with it", () => {
  const tally = (yes: number, n: number) => ({ yes, n });
  const counts = {
    visionSha256: "",
    answerSha256: "",
    adult: {
      normal: { pneumothorax: tally(58, 117), fracture: tally(40, 117), normal: tally(4, 117) },
      present: { pneumothorax: tally(9, 11), normal: tally(1, 90) },
    },
    child: { normal: { pneumothorax: tally(53, 60) }, present: {} },
  };
  const asked = (question: string, stated: ReturnType<typeof at>) =>
    onRealFilm(base, recognizeQuestion(question), { ...stated, counts });
  const pneumothorax = asked("Is there a pneumothorax?", adult);
  expect(pneumothorax.lead).toBe(
    "Asked plainly, this model finds it on 58 of 117 normal adults and on 9 of 11 with it (test films).",
  );
  expect(pneumothorax.text).toMatch(/^Measured on real films: AUC 0\.54 /);
  expect(asked("no pneumothorax?", at("child")).lead).toBe(
    "Asked plainly, this model finds it on 53 of 60 normal children (test films).",
  );
  expect(asked("Is there a pneumothorax?", at("child", true)).lead).toContain("58 of 117");
  expect(asked("Is this radiograph normal?", adult).lead).toBe(
    "Asked plainly, this model calls 4 of 117 normal adults normal, and 1 of 90 with a finding (test films).",
  );
  expect(asked("Is there a rib fracture?", adult)).toMatchObject({
    lead: "Asked plainly, this model finds it on 40 of 117 normal adults (test films).",
    text: expect.stringMatching(/^On films that have it nothing was measured/) as string,
  });
  // A limit of side was never counted.
  expect(asked("Is there a left pneumothorax?", adult).lead).toBe("Untested on real films.");
});

test("phantoms say nothing about pneumonia, and an unmeasured model nothing at all", () => {
  expect(onPhantom(base, recognizeQuestion("Is there pneumonia?"), 0.9999)).toMatchObject({
    isTrusted: false,
    lead: "Untested.",
  });
  expect(onRealFilm(undefined, recognizeQuestion("Is there pneumonia?"), adult).isTrusted).toBe(
    false,
  );
});

test("a percentage about an adult's film is brought to what such answers were worth, and about guesses none is", () => {
  const { temperature, ece, eceCalibrated } = base.calibration.adult;
  const asked = recognizeQuestion("Is there a pleural effusion?");
  const odds = (0.7 / 0.3) ** (1 / temperature);
  const sure = `${((100 * odds) / (1 + odds)).toFixed(0)}% sure`;
  const { text } = onRealFilm(base, asked, adult);
  expect(text).toContain(`off by ${(100 * ece).toFixed(1)} points on average`);
  expect(text).toContain(
    `off by ${(100 * eceCalibrated).toFixed(1)} points, and this answer is ${sure}`,
  );
  const guess = onRealFilm(base, recognizeQuestion("Is there atelectasis?"), adult);
  expect(guess.text).toBe("On adults that is close to guessing. No percentage can mend it.");
  for (const unknown of [at("adult", true), { confidence: 0.7, place: undefined }]) {
    expect(onRealFilm(base, asked, unknown).text).toBe(
      "The percentages were not checked on films like this one.",
    );
  }
});

test("a temperature that made children's percentages worse is not used", () => {
  const { text } = onRealFilm(base, recognizeQuestion("Is there pneumonia?"), at("child"));
  expect(text).toMatch(
    /^On test films of children, .* about pneumonia were off by 1\.8 points on average\.$/,
  );
});
