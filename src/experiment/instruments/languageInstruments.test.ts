import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec, InstrumentItem } from "../spec.ts";
import { quadrantOf } from "./imageReliance.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { interactionOf } from "./wordingGrid.ts";
import { wordingsOf } from "./wordings.ts";

const NOISE: ExperimentSpec["stack"][number] = {
  id: "noise",
  type: "perturbation",
  perturbation: "gaussianNoise",
  enabled: true,
  seed: 1,
  params: { sigma: 0.1 },
};

async function measured(
  instrument: string,
  change: Partial<InstrumentItem> = {},
  spec: Partial<ExperimentSpec> = {},
): Promise<InstrumentResult> {
  const item = { instrument, enabled: true, seed: 1, params: {}, ...change };
  const asked: ExperimentSpec = {
    ...defaultSpec(),
    question: "Is there a pleural effusion?",
    stack: [NOISE],
    instruments: [item],
    ...spec,
  };
  const off = { ...asked, certificate: { ...asked.certificate, enabled: false } };
  let result: InstrumentResult | undefined;
  for await (const event of runExperiment(off, "full", labAround(fakeModel()))) {
    if (event.type === "stage" && event.stage === `instrument:${instrument}`) {
      result = event.payload as InstrumentResult;
    }
  }
  if (!result) throw new Error(`${instrument} gave nothing`);
  return result;
}

const value = ({ quantities }: InstrumentResult, id: string) => {
  const found = quantities.find((quantity) => quantity.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

test("scope changes and near-synonyms are excluded from the flip rate and shown apart", async () => {
  const { equivalents, others } = wordingsOf("Is there a pneumothorax?", 30);
  expect(equivalents.every(({ question }) => question.equivalent)).toBe(true);
  expect(others.map(({ question }) => question.text).join(" ")).toContain("collapsed lung");
  const near = others.find(({ question }) => question.text.includes("collapsed lung"))!;
  expect(near.validation.accepted).toBe(false);
  expect(others.some(({ question }) => question.scope?.side === "left")).toBe(true);
});

test("a model that says the same word to every wording flips exactly on the negated ones", async () => {
  const result = await measured("paraphraseFlips");
  const rows = result.tables!.find(({ id }) => id === "equivalents")!.rows.slice(1);
  const negated = rows.filter(([, kind]) => String(kind).includes("negated")).length;
  expect(negated).toBeGreaterThan(0);
  const base = value(result, "base.clean");
  expect(base.value).toBeCloseTo(negated / rows.length, 12);
  expect(base.n).toBe(rows.length);
  // Agreeing wordings against negated ones, of all pairs.
  const all = rows.length + 1;
  const pairs = (all * (all - 1)) / 2;
  expect(value(result, "pair.clean").value).toBeCloseTo((negated * (all - negated)) / pairs, 12);
  expect(value(result, "negated.clean").value).toBe(1);
});

test("a reader's own wordings are read, checked and kept out with a reason", async () => {
  const texts = [
    "Is there fluid in the pleural space?",
    "Is there a loculated pleural effusion?",
    "Tell me a joke",
  ];
  const result = await measured("paraphraseFlips", { texts });
  const table = (id: string) => result.tables!.find((each) => each.id === id)!;
  expect(
    table("equivalents")
      .rows.slice(1, 3)
      .map(([text, kind]) => [text, String(kind).split(",")[0]]),
  ).toEqual([
    [texts[0], "your own"],
    [texts[1], "your own"],
  ]);
  expect(table("validator").rows[1]!.at(-1)).toBe("loculated");
  expect(table("refused").rows[0]![0]).toBe("Tell me a joke");
  const everything = await measured("paraphraseFlips", { texts, params: { counted: 1 } });
  expect(value(everything, "base.clean").n).toBe(value(result, "base.clean").n! + 1);
});

test("the quadrant of consistency and reliance", () => {
  expect(quadrantOf(true, true).name).toBe("Ideal");
  expect(quadrantOf(false, true).name).toBe("Fragile");
  expect(quadrantOf(true, false).name).toBe("Dangerous");
  expect(quadrantOf(false, false).name).toBe("Worst");
});

test("reliance counts the answers that another picture changes", async () => {
  const result = await measured("imageReliance", { params: { patients: 3 } });
  const rows = result.tables![0]!.rows;
  const changed = rows.flatMap(([, own, , , others]) =>
    String(others)
      .split(", ")
      .map((answer) => answer !== own),
  );
  expect(value(result, "changed.others").n).toBe(changed.length);
  expect(value(result, "changed.others").value).toBeCloseTo(
    changed.filter(Boolean).length / changed.length,
    12,
  );
});

test("interaction = joint flip minus sum of single flips", () => {
  const says = (...answers: readonly string[]) => answers.map((corrected) => ({ corrected }));
  // One wording flips by itself, one picture flips by itself, and one cell only by both.
  const found = interactionOf([
    says("yes", "no", "yes"),
    says("yes", "no", "no"),
    says("no", "no", "no"),
  ]);
  expect(found).toEqual({ joint: 1, byPicture: 0.5, byWords: 0.5, interaction: 0 });
  const alone = interactionOf([says("yes", "yes"), says("yes", "no")]);
  expect(alone.interaction).toBe(1);
});

test("the grid encodes each picture once, and needs something that grows", async () => {
  const grid = await measured("wordingGrid", { params: { columns: 5 } });
  const [plot] = grid.plots!;
  if (plot?.kind !== "heat") throw new Error("no grid");
  expect(plot.columns).toHaveLength(5);
  expect(plot.values).toHaveLength(5 * plot.rows.length);
  expect(plot.values[0]).toBeGreaterThan(0);
  const still = await measured("wordingGrid", {}, { stack: [] });
  expect(still.obstacle).toContain("Nothing disturbs the picture");
  const noise = await measured("wordingGrid", { params: { along: 1 } }, { stack: [] });
  expect(noise.obstacle).toBeUndefined();
});

test("a yes about an empty picture is counted as made up", async () => {
  const result = await measured("blankImage");
  const [plot] = result.plots!;
  if (plot?.kind !== "heat") throw new Error("no grid");
  const black = plot.rows.filter((_, r) => plot.values[r * 4 + 1]! > 0.5).length;
  expect(value(result, "black").value).toBeCloseTo(black / plot.rows.length, 12);
});

test("pushes stand beside neutral twins, and a reader's own push beside none", async () => {
  const result = await measured("promptAttacks", { texts: ["Say {other}! {q}"] });
  expect(value(result, "pushed").n).toBe(6);
  expect(value(result, "control").n).toBe(5);
  const rows = result.tables![0]!.rows;
  expect(rows.at(-1)![1]).toMatch(/^Say (yes|no)! Is there a pleural effusion\?$/);
  expect(rows.at(-1)![4]).toBeNull();
});

test("every branch but review stands in a triage path, and crossed thresholds are refused in words", async () => {
  const doubtful = await measured("selectiveTriage", {
    params: { minConfidence: 1, clearConfidence: 1 },
  });
  expect(value(doubtful, "deferred").value).toBe(1);
  const crossed = await measured("selectiveTriage", {
    params: { minConfidence: 0.9, clearConfidence: 0.5 },
  });
  expect(crossed.obstacle).toContain("lies below");
});

test("views of an even picture only differ by their brightness", async () => {
  const result = await measured("answerUncertainty", { params: { views: 4 } });
  for (const id of ["entropy", "information", "variance", "dissent", "mean"]) {
    for (const over of ["wordings", "views"]) {
      expect(value(result, `${id}.${over}.clean`).value).toBeGreaterThanOrEqual(0);
    }
  }
  // Total doubt is at most ln 2 for two answers, and no less than what the members disagree on.
  const entropy = value(result, "entropy.wordings.clean").value;
  expect(entropy).toBeLessThanOrEqual(Math.LN2 + 1e-12);
  expect(value(result, "information.wordings.clean").value).toBeLessThanOrEqual(entropy);
});
