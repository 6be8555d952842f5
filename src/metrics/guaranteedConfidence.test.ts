/** How often the fitted confidence breaks its promise, over drawn studies whose true risk is known. */
import { expect, test } from "vitest";
import { clopperPearsonUpper } from "../numerics/binomial.ts";
import { randomStream } from "../numerics/random.ts";
import { CONFIDENCE_GRID, guaranteedConfidence } from "./guaranteedConfidence.ts";

const STUDIES = 2500;
const MAX_RISK = 0.1;

/** A model that is wrong at the same rate however sure it is: every confidence breaks a promise of less. */
function study(run: number, cases: number, risk: number) {
  const random = randomStream(run, "guarantee", `${cases} ${risk}`);
  return Array.from({ length: cases }, () => ({
    confidence: 0.5 + 0.5 * random.uniform(),
    correct: !random.chance(risk),
  }));
}

/** The same search with each threshold tested at the whole of 5 %: what choosing on the same cases does to a naive bound. */
function naive(cases: ReturnType<typeof study>): boolean {
  return CONFIDENCE_GRID.some((confidence) => {
    const answered = cases.filter((each) => each.confidence >= confidence);
    const errors = answered.filter(({ correct }) => !correct).length;
    return answered.length > 0 && clopperPearsonUpper(errors, answered.length, 0.05) <= MAX_RISK;
  });
}

test.each([200, 400])(
  "%d cases of a model just above the risk allowed: a confidence is promised in at most 5 % of studies",
  (cases) => {
    let broken = 0;
    let brokenNaively = 0;
    for (let run = 0; run < STUDIES; run++) {
      const drawn = study(run, cases, MAX_RISK + 0.001);
      if (guaranteedConfidence(drawn, MAX_RISK)) broken++;
      if (naive(drawn)) brokenNaively++;
    }
    // Four standard errors of 2500 studies at 5 %.
    expect(broken / STUDIES).toBeLessThan(0.05 + 0.0174);
    expect(brokenNaively / STUDIES).toBeGreaterThan(0.08);
  },
);

test("where only sure answers are right often enough, the fitted confidence has at most the risk allowed in 95 % of studies", () => {
  // P(wrong | confidence c) = 4 (1 - c)^3: the risk from t on is (1 - t)^3, at most .1 from .536 on.
  let broken = 0;
  let fitted = 0;
  for (let run = 0; run < STUDIES; run++) {
    const random = randomStream(run, "honest");
    const drawn = Array.from({ length: 400 }, () => {
      const confidence = 0.5 + 0.5 * random.uniform();
      return { confidence, correct: !random.chance(4 * (1 - confidence) ** 3) };
    });
    const found = guaranteedConfidence(drawn, MAX_RISK);
    if (!found) continue;
    fitted++;
    if ((1 - found.confidence) ** 3 > MAX_RISK) broken++;
  }
  expect(fitted).toBeGreaterThan(STUDIES / 2);
  expect(broken / STUDIES).toBeLessThan(0.05);
});
