import { describe, expect, it } from "vitest";
import { randomStream } from "../../numerics/random.ts";
import { csvLine, parseCsv } from "../csv.ts";
import type { Row } from "../rowColumns.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { defenseHonesty } from "./defenseHonesty.ts";
import { departmentTriage } from "./departmentTriage.ts";
import { explanationGap } from "./explanationGap.ts";
import { flipRisk } from "./flipRisk.ts";
import { logisticFit } from "./logisticFit.ts";
import { studyReadings } from "./readings.ts";

const row = (k: number, cells: Readonly<Record<string, unknown>>): Row =>
  ({
    case: `case ${k}`,
    errorCode: null,
    asked: "Is there a pneumothorax?",
    ...cells,
  }) as unknown as Row;

const valueOf = (reading: ReturnType<typeof explanationGap>, id: string) =>
  reading.result.quantities.find((each) => each.id === id);

describe("gap of explanations", () => {
  const wrong = [0.4, 0.5, 0.45].map((value, k) =>
    row(k, { "faithfulness.deletion.mean": value, correctClean: false }),
  );
  const right = [0.2, 0.3, 0.25, 0.35].map((value, k) =>
    row(10 + k, { "faithfulness.deletion.mean": value, correctClean: true }),
  );

  it("is .175, d 2.958, Hedges' g 2.491 on the published numbers, with the sign in words", () => {
    const reading = explanationGap([...wrong, ...right]);
    expect(valueOf(reading, "gap.deletion.mean")!.value).toBeCloseTo(0.175, 10);
    expect(valueOf(reading, "d.deletion.mean")!.value).toBeCloseTo(2.958, 3);
    expect(valueOf(reading, "g.deletion.mean")!.value).toBeCloseTo(2.491, 3);
    const { interval, note } = valueOf(reading, "gap.deletion.mean")!;
    expect(interval!.low).toBeGreaterThan(0.09);
    expect(interval!.high).toBeLessThan(0.26);
    expect(note).toBe("3 wrong, 4 right; low is faithful");
    expect(reading.result.statement).toContain("wrong answers are less faithful by deletion mean");
  });

  it("reads the sign the other way where high is faithful", () => {
    const turned = [...wrong, ...right].map((each) => ({
      ...each,
      "faithfulness.insertion.mean": each["faithfulness.deletion.mean"]!,
    }));
    const { statement } = explanationGap(turned).result;
    expect(statement).toContain("more faithful by insertion mean (higher");
  });

  it("is not to be had of fewer than two of a kind, or where nothing was measured", () => {
    const few = explanationGap([wrong[0]!, ...right]);
    expect(valueOf(few, "gap.deletion.mean")!.value).toBeNaN();
    expect(few.result.statement).toContain("each group needs two");
    expect(explanationGap([row(1, { correctClean: true })]).result.obstacle).toMatch(
      /Not measured/,
    );
  });
});

describe("risk of a flip", () => {
  it("finds the logistic curve that made the flips", () => {
    const random = randomStream(1, "test");
    const cases = Array.from({ length: 4000 }, () => {
      const x = 6 * random.uniform();
      return { x, event: random.uniform() < 1 / (1 + Math.exp(-(1 - x))) };
    });
    const fit = logisticFit(cases);
    expect(fit.slope).toBeCloseTo(-1, 0);
    for (const x of [0.5, 2, 4]) {
      expect(Math.abs(fit.probability(x) - 1 / (1 + Math.exp(x - 1)))).toBeLessThan(0.04);
    }
  });

  it("is calibrated on cases it did not learn from", () => {
    const random = randomStream(2, "test");
    const rows = Array.from({ length: 600 }, (_, k) => {
      const margin = 8 * random.uniform() - 4;
      const isFlip = random.uniform() < 1 / (1 + Math.exp(2 * Math.abs(margin) - 2));
      return row(k, { marginClean: margin, paraphraseFlipsClean: isFlip ? 0.2 : 0 });
    });
    const { quantities, statement, plots } = flipRisk(rows).result;
    const of = (id: string) => quantities.find((each) => each.id === id)!.value;
    expect(of("ece")).toBeLessThan(0.06);
    expect(of("auc")).toBeGreaterThan(0.8);
    expect(statement).toContain("The risk falls with the margin");
    expect(plots!.map(({ id }) => id)).toEqual(["risk", "reliability"]);
  });

  it("says what is missing", () => {
    expect(
      flipRisk([row(1, { marginClean: 1, paraphraseFlipsClean: 0 })]).result.obstacle,
    ).toContain("1 runs know what other wordings said, 0 of them with a flip");
  });
});

describe("what a department would see", () => {
  const CONFIDENCE = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.55, 0.51];
  const CORRECT = [1, 1, 1, 0, 1, 1, 0, 0];
  const films = (times: number) =>
    Array.from({ length: times * CONFIDENCE.length }, (_, k) =>
      row(k, {
        confidenceClean: CONFIDENCE[k % 8],
        correctClean: CORRECT[k % 8] === 1,
        correctedClean: k % 8 === 0 ? "yes" : "no",
        paraphraseFlipsClean: k % 8 === 2 ? 0.4 : 0,
      }),
    );

  it("routes each film by the triage rules and counts the wrong ones in each route", () => {
    const { result } = departmentTriage(films(2), "before");
    const [table] = result.tables!;
    // Of 8: one dissent and three below .7 are deferred, one yes is urgent, three are for review, none above .95 clears.
    expect(table!.rows.map(([name, count, , wrong]) => [name, count, wrong])).toEqual([
      ["To a reader, as uncertain", 8, 4],
      ["To a reader first, as critical", 2, 0],
      ["To a reader, in the usual order", 6, 2],
      ["Cleared without a reader", 0, 0],
    ]);
    expect(table!.rows.reduce((sum, [, , share]) => sum + Number(share), 0)).toBeCloseTo(100);
  });

  it("has the area under risk and coverage of the eight worked answers", () => {
    // A study needs ten; the other two are right and most confident, and only move the curve's start.
    const reading = departmentTriage(films(2), "before");
    expect(valueOf(reading, "aurc")!.value).toBeCloseTo(0.17, 1);
    expect(departmentTriage(films(1), "before").result.obstacle).toContain(
      "8 cases have an answer",
    );
  });

  it("fits a confidence with a guarantee where there are enough cases", () => {
    const many = departmentTriage(films(60), "before");
    expect(valueOf(many, "answerFrom")!.value).toBe(0.825);
    expect(many.result.statement).toContain("keeps 180 of 480 films");
    expect(many.result.tables).toHaveLength(2);
    expect(many.help).toContain("holds for all of them at once, whichever is chosen");
    // What is chosen on the films has the wider bound: 0 wrong of its films at a twentieth of 5 %.
    const [starting, chosen] = many.result.tables!;
    const clean = chosen!.rows.find(([, count, , wrong]) => wrong === 0 && Number(count) > 0)!;
    expect(clean[4]).toBeCloseTo(1 - 0.0025 ** (1 / Number(clean[1])), 9);
    const before = starting!.rows.find(([name]) => name === clean[0])!;
    if (before[1] === clean[1]) expect(Number(before[4])).toBeLessThan(Number(clean[4]));
    expect(valueOf(departmentTriage(films(2), "before"), "answerFrom")!.value).toBeNaN();
  });
});

it("the scorecard repeats what was measured and says what was not", () => {
  const rows = Array.from({ length: 20 }, (_, k) =>
    row(k, {
      confidenceClean: 0.9,
      correctClean: true,
      correctedClean: "no",
      l2: 1,
      attackSuccess: k % 4 === 0,
      lost: k % 4 === 0,
    }),
  );
  const [card] = studyReadings([...rows, { ...row(99, {}), errorCode: "internal" }]);
  const lines = card!.result.tables![0]!.rows;
  expect(lines.find(([axis]) => axis === "Attack")).toMatchObject([
    "Attack",
    "Attacks that succeed",
    0.25,
    expect.any(Number),
    expect.any(Number),
    20,
    "Attack success",
  ]);
  expect(lines.find(([axis]) => axis === "Calibration")![2]).toBeCloseTo(0.1);
  for (const name of ["Shift", "Out of distribution", "Paraphrase", "Faithfulness"]) {
    expect(lines.find(([axis]) => axis === name)![1]).toBe("not measured");
  }
  expect(card!.result.statement).toBe("2 of 6 lines are measured by this study.");
  // What was measured leads to its whole table, and nothing else leads anywhere.
  const leads = card!.result.tables![0]!.leads!;
  lines.forEach(([, what], k) => expect(leads[k] === null).toBe(what === "not measured"));
  expect(leads.find((lead) => lead?.kind === "measure")!.id).toBe("attackSuccess");
});

it("every line of the scorecard, the calibration error too, is reproduced from the exported table", () => {
  const rows = Array.from({ length: 40 }, (_, k) =>
    row(k, {
      confidenceClean: 0.5 + 0.0123 * k,
      correctClean: k % 3 !== 0,
      correctedClean: "no",
      paraphraseFlipsClean: (k % 4) / 7,
      l2: 1.5,
      attackSuccess: k % 5 === 0,
      lost: k % 5 === 0,
    }),
  );
  const names = Object.keys(rows[0]!);
  const table = [names, ...rows.map((each) => names.map((name) => each[name] ?? null))];
  const [head, ...lines] = parseCsv(table.map((cells) => csvLine(cells)).join("\r\n"));
  const readAgain = lines.map((cells, k) =>
    row(
      k,
      Object.fromEntries(
        head!.map((name, c) => {
          const cell = cells[c]!;
          const flags: Readonly<Record<string, boolean>> = { true: true, false: false };
          const isNumber = cell !== "" && Number.isFinite(Number(cell));
          return [name, flags[cell] ?? (isNumber ? Number(cell) : cell === "" ? null : cell)];
        }),
      ),
    ),
  );
  const [card] = studyReadings(rows);
  expect(studyReadings(readAgain)[0]).toEqual(card);

  // By whoever has the table alone: ten bins of equal width, each bin's gap weighted by its share.
  const [confidence, right] = ["confidenceClean", "correctClean"].map((name) =>
    lines.map((cells) => cells[head!.indexOf(name)]!),
  );
  let error = 0;
  for (let bin = 0; bin < 10; bin++) {
    const own = lines.flatMap((_, k) =>
      Math.min(9, Math.floor(10 * Number(confidence![k]))) === bin ? [k] : [],
    );
    const gap = own.reduce(
      (sum, k) => sum + Number(confidence![k]) - Number(right![k] === "true"),
      0,
    );
    error += Math.abs(gap) / lines.length;
  }
  const line = card!.result.tables![0]!.rows.find(([axis]) => axis === "Calibration")!;
  expect(line[2]).toBeCloseTo(error, 12);
});

it("runs of one case count as one: no interval is narrower, no guarantee firmer, for having run it often", () => {
  const cells = (k: number) => ({
    confidenceClean: 0.6 + 0.03 * k,
    correctClean: k % 4 !== 0,
    correctedClean: "no",
    marginClean: k,
    paraphraseFlipsClean: k % 3 === 0 ? 0.5 : 0,
    l2: 1,
    attackSuccess: k % 3 === 0,
  });
  const once = Array.from({ length: 12 }, (_, k) => row(k, cells(k)));
  const often = once.flatMap((each) => Array.from({ length: 30 }, () => each));
  const attack = (rows: readonly Row[]) =>
    studyReadings(rows)[0]!.result.tables![0]!.rows.find(([axis]) => axis === "Attack")!;
  const width = (line: readonly unknown[]) => Number(line[4]) - Number(line[3]);
  expect(attack(often)[5]).toBe(360);
  expect(attack(often)[2]).toBeCloseTo(1 / 3, 12);
  // A bootstrap over 12 cases, not Wilson's interval of 360 runs, which is .1 wide.
  expect(width(attack(often))).toBeGreaterThan(0.4);
  // Of one case nothing can be said.
  expect(attack(often.slice(0, 30)).slice(3, 5)).toEqual([null, null]);

  const [triaged, triagedOften] = [once, often].map((rows) => departmentTriage(rows, "before"));
  expect(triagedOften!.result.quantities).toEqual(triaged!.result.quantities);
  expect(triagedOften!.result.statement).toBe(
    `Of 360 runs, the first of each of 12 cases counts. ${triaged!.result.statement}`,
  );
  // Of what was done to a film, the last setting counts.
  const disturbed = once.flatMap((each) =>
    [false, true].map((correct) => ({ ...each, confidence: 0.9, corrected: "no", correct })),
  );
  expect(departmentTriage(disturbed, "after").result.statement).toContain(
    "Of 24 runs, the last of each of 12 cases counts. 0 of 12 answers are wrong",
  );
  expect(valueOf(flipRisk(often), "auc")).not.toHaveProperty("interval");
});

describe("honesty card over the cases", () => {
  const card = (
    k: number,
    cells: Readonly<Record<string, number | null>>,
    defense = "wavelet",
  ): Row =>
    row(k, {
      correctClean: true,
      spec: JSON.stringify({
        ...defaultSpec(),
        defenses: [{ id: "d", defense, enabled: true, seed: k, params: {} }],
      }),
      ...Object.fromEntries(
        Object.entries({
          survives: 1,
          cleanAbstains: 0,
          sameAsBare: 1,
          bareFlipped: 1,
          transferFlipped: 0,
          transferLoss: -1,
          adaptiveFlipped: 0,
          adaptiveLoss: -1,
          blackBoxFlipped: 0,
          blackBoxLoss: -1,
          slowdown: 2,
          flags: 0,
          ...cells,
        }).map(([id, value]) => [`honestyCard.${id}`, value]),
      ),
    });
  const cards = (n: number, cells: Readonly<Record<string, number | null>>) =>
    Array.from({ length: n }, (_, k) => card(k, cells));

  it("says that a gain survives where more answers are held than chance would have", () => {
    const reading = defenseHonesty(cards(8, {}));
    expect(reading.result.statement).toContain("The gain survives an attacker who knows: 8");
    expect(valueOf(reading, "worst")).toMatchObject({ value: 1, n: 8 });
    expect(valueOf(reading, "bareAttacked")!.value).toBe(0);
    expect(valueOf(reading, "slowdown")!.value).toBe(2);
    expect(defenseHonesty(cards(3, {})).result.statement).toContain("can't be told from so few");
  });

  it("says that a gain does not survive, or that there is none", () => {
    const masked = defenseHonesty(cards(8, { adaptiveFlipped: 1, flags: 1 }));
    expect(masked.result.statement).toContain("does not survive");
    expect(valueOf(masked, "transfer")!.value).toBe(1);
    expect(valueOf(masked, "adaptive")!.value).toBe(0);
    expect(valueOf(masked, "flagged")!.value).toBe(1);
    const useless = defenseHonesty(cards(8, { transferFlipped: 1, adaptiveFlipped: 1 }));
    expect(useless.result.statement).toContain("There is no gain");
  });

  it("says nothing for a defense where the attack turns nothing of the bare model", () => {
    const harmless = defenseHonesty(cards(8, { bareFlipped: 0 }));
    expect(harmless.result.statement).toContain("turns no answer of the bare model either");
    expect(harmless.result.statement).not.toContain("There is no gain");
  });

  it("counts an abstention as no right answer, before an attack and under one", () => {
    const before = defenseHonesty(cards(4, { cleanAbstains: 1 }));
    expect(valueOf(before, "clean")!.value).toBe(0);
    expect(valueOf(before, "abstains")!.value).toBe(1);
    const under = defenseHonesty(cards(4, { adaptiveFlipped: null }));
    expect(valueOf(under, "adaptive")!.value).toBe(0);
    expect(valueOf(under, "worst")!.value).toBe(0);
  });

  it("takes the other answer for the bare model's where the two differ", () => {
    const reading = defenseHonesty(cards(4, { sameAsBare: 0, bareFlipped: 0 }));
    expect(valueOf(reading, "clean")!.value).toBe(1);
    expect(valueOf(reading, "bare")!.value).toBe(0);
  });

  it("puts several settings side by side, each with its own verdict", () => {
    const broken = { adaptiveFlipped: 1 };
    const two = [
      ...cards(8, {}),
      ...Array.from({ length: 8 }, (_, k) => card(k, broken, "medianFilter")),
    ];
    const { statement, quantities, tables } = defenseHonesty(two).result;
    expect(statement).toContain("The gain survives an attacker who knows: Wavelet");
    expect(statement).toContain("The gain does not survive an attacker who knows: Median");
    expect(quantities.map(({ value }) => value)).toEqual([1, 0]);
    // 8 of 8 by a fair coin, either way: 1/128; the smaller of two p values counts twice (Holm).
    expect(tables![0]!.rows.map((cells) => cells.at(-1))).toEqual([
      "survives (p = 0.016)",
      "does not survive",
    ]);
    // 8 of 8 by Wilson: from .68.
    expect(tables![0]!.rows[0]).toContain("1 (0.68 to 1)");
    expect(tables![0]!.rows[1]).toContain("0 (0 to 0.32)");
  });

  it("is not to be had without a card or without a truth", () => {
    expect(defenseHonesty([row(1, { correctClean: true })]).result.obstacle).toMatch(
      /Not measured/,
    );
    const unknown = cards(3, {}).map((each) => ({ ...each, correctClean: null }));
    expect(defenseHonesty(unknown).result.obstacle).toContain("truth");
  });
});
