import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { runExperiment } from "../experiment/run.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import type { RunEvent, StageName, StageResults } from "../experiment/results.ts";
import type { AnswerResult } from "../system/reading.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { baseExperiment } from "./baseExperiment.ts";
import { IS_FAR, measureRun } from "./measureRun.ts";
import { MEASURES, extraStages, isMeasureId, measure } from "./measures.ts";
import type { MeasureId } from "./measures.ts";
import { trueAnswer } from "./trueAnswer.ts";

const QUESTION = "Is there a pleural effusion?";
const attack = defaultSpec().stack.find((item): item is AttackItem => item.type === "attack")!;

function said(answer: string, polarity: 1 | -1 = 1): AnswerResult {
  const other = answer === "yes" ? "no" : "yes";
  return {
    question: QUESTION,
    answer,
    corrected: polarity === 1 ? answer : other,
    polarity,
    probabilities: { [answer]: 0.8, [other]: 0.2 },
    massOutside: 0,
    margin: answer === "yes" ? 1.4 : -1.4,
    strategy: "plain",
    trained: true,
  };
}

function read(
  id: MeasureId,
  before: AnswerResult,
  after: AnswerResult,
  truth: string | null,
  stack: ExperimentSpec["stack"] = [attack],
) {
  const results = { clean: { answer: before }, readout: { answer: after } };
  return measure(id).read({
    spec: { ...baseExperiment(), stack },
    results: results as unknown as Partial<StageResults>,
    truth,
  });
}

test("attack success counts only what was right before", () => {
  expect(read("attackSuccess", said("yes"), said("no"), "yes")).toBe(true);
  expect(read("attackSuccess", said("yes"), said("yes"), "yes")).toBe(false);
  expect(read("attackSuccess", said("no"), said("no"), "yes")).toBeNull();
  expect(read("attackSuccess", said("yes"), said("no"), null)).toBeNull();
  expect(read("attackSuccess", said("yes"), said("no"), "yes", [])).toBeNull();
  expect(read("lost", said("yes"), said("no"), "yes", [])).toBe(true);
});

test("an attack that wants a word succeeds when the word is said that was not said before", () => {
  const wants: ExperimentSpec["stack"] = [{ ...attack, goal: { kind: "targeted", answer: "no" } }];
  expect(read("attackSuccess", said("yes"), said("no"), null, wants)).toBe(true);
  expect(read("attackSuccess", said("yes"), said("yes"), null, wants)).toBe(false);
  expect(read("attackSuccess", said("no"), said("no"), null, wants)).toBeNull();
});

test("a negated wording is right as it is spoken, and scored by what it says of the finding", () => {
  const negated = said("no", -1);
  expect(read("correct", negated, negated, "no")).toBe(true);
  expect(read("corrected", negated, negated, "no")).toBe("yes");
  expect(read("score", negated, negated, "no")).toBe(1.4);
  expect(read("trueFinding", negated, negated, "no")).toBe("yes");
});

test("labels answer whether a finding is there, and nothing else", () => {
  const truth = (question: string, labels: Record<string, boolean>) =>
    trueAnswer({ ...baseExperiment(), question }, {}, { labels });
  expect(truth(QUESTION, { effusion: true })).toBe("yes");
  expect(truth("Is the radiograph free of a pleural effusion?", { effusion: true })).toBe("no");
  expect(truth("Is there cardiomegaly?", { effusion: true })).toBeNull();
  expect(truth("On which side is the pleural effusion?", { effusion: true })).toBeNull();
  expect(truth("Is there a left pleural effusion?", { effusion: true })).toBeNull();
  expect(trueAnswer(baseExperiment(), {}, { answer: "no" })).toBe("no");
});

test("a run is read until its last needed stage, and no further", async () => {
  const spec = { ...defaultSpec(), certificate: { ...defaultSpec().certificate, maxSamples: 40 } };
  const seen: StageName[] = [];
  const model = fakeModel();
  const host = {
    now: () => 0,
    async *run(of: ExperimentSpec): AsyncGenerator<RunEvent> {
      const context = labAround(model);
      for await (const event of runExperiment(of, "full", context)) {
        if (event.type === "stage") seen.push(event.stage);
        yield event;
      }
    },
  };
  const short = await measureRun({ spec, known: {}, stages: [] }, host);
  expect(short.error).toBeUndefined();
  expect(seen.at(-1)).toBe("metrics");
  expect(short.cells).toMatchObject({ truth: "yes", gaussianScore: null, gradientPasses: 10 });
  expect(Object.keys(short.cells)).toEqual(Object.keys(MEASURES));
  const long = await measureRun({ spec, known: {}, stages: ["certificate"] }, host);
  expect(seen.at(-1)).toBe("certificate");
  expect(long.cells["gaussianScore"]).toBeGreaterThan(0.5);
  expect({ ...long.cells, ...Object.fromEntries(CERTIFIED.map((id) => [id, null])) }).toEqual(
    short.cells,
  );
});

test("a film unlike all that the model knows is marked in its row", async () => {
  const population = { nearest: "adult", further: 100, isFar: true, lead: "", text: "" } as const;
  const host = {
    now: () => 0,
    async *run(of: ExperimentSpec): AsyncGenerator<RunEvent> {
      for await (const event of runExperiment(of, "full", labAround(fakeModel()))) {
        if (event.type === "stage" && event.stage === "clean") {
          yield { ...event, payload: { ...event.payload, population } };
        } else yield event;
      }
    },
  };
  const { cells } = await measureRun({ spec: defaultSpec(), known: {}, stages: [] }, host);
  expect(cells[IS_FAR]).toBe(true);
});

test("an instrument's numbers are columns", async () => {
  const instruments = [{ instrument: "linearHypothesis", enabled: true, seed: 1, params: {} }];
  const spec = { ...baseExperiment(), instruments };
  const host = {
    now: () => 0,
    run: (of: ExperimentSpec) => runExperiment(of, "full", labAround(fakeModel())),
  };
  const stages = extraStages(["linearHypothesis.slope"]);
  const { cells } = await measureRun({ spec, known: {}, stages }, host);
  expect(cells["linearHypothesis.slope"]).toBeGreaterThan(0);
  const { cells: without } = await measureRun({ spec, known: {}, stages: [] }, host);
  expect(without).not.toHaveProperty("linearHypothesis.slope");
});

test("maps of attention are asked of a run only where something reads them", async () => {
  const asked: boolean[] = [];
  const host = {
    now: () => 0,
    run: (of: ExperimentSpec, { maps }: { readonly maps: boolean }) => {
      asked.push(maps);
      return runExperiment(of, "full", labAround(fakeModel()));
    },
  };
  const spec = baseExperiment();
  const towards = { ...attack, epsilon: 0, goal: { kind: "attention", mask: "all" } } as unknown;
  const jobs = [
    { spec, stages: extraStages(["flip", "ssim", "gaussianScore"]) },
    { spec, stages: extraStages(["rolloutSsim"]) },
    { spec: { ...spec, stack: [towards as AttackItem] }, stages: [] },
  ];
  for (const job of jobs) await measureRun({ ...job, known: {} }, host);
  expect(asked).toEqual([false, true, true]);
});

test("a reading's time is that of the last reading that was made", async () => {
  let clock = 0;
  const spec = baseExperiment();
  const around = labAround(fakeModel());
  async function* run(of: ExperimentSpec) {
    for await (const event of runExperiment(of, "full", around)) {
      clock += event.type === "stage" && event.stage === "clean" ? 30 : 1;
      yield event;
    }
  }
  const host = { now: () => clock, run };
  const first = await measureRun({ spec, known: {}, stages: [] }, host);
  expect(first.cells["latency"]).toBe(30);
  const again = await measureRun({ spec, known: {}, stages: [] }, host);
  expect(again.cells).toEqual({ ...first.cells, latency: null });
});

const CERTIFIED = ["gaussianScore", "gaussianScoreLower", "certifiedRadius", "certifiedCosine"];

test("a quantity whose own name has dots is a measure too, and nothing else with dots is", () => {
  expect(isMeasureId("faithfulness.deletion.blur")).toBe(true);
  expect(extraStages(["faithfulness.deletion.blur"])).toEqual(["instrument:faithfulness"]);
  expect(measure("faithfulness.deletion.blur").label).toContain("deletion.blur");
  for (const id of ["faithfulness", "faithfulness.", "faithfulness..x", "nothing.deletion.blur"]) {
    expect(isMeasureId(id), id).toBe(false);
  }
});

test("what goes wrong is an outcome", async () => {
  const outcome = await measureRun(
    { spec: defaultSpec(), known: {}, stages: [] },
    {
      now: () => 0,
      run: () => {
        throw new Error("boom");
      },
    },
  );
  expect(outcome).toMatchObject({ error: { code: "internal", message: "boom" } });
  expect(new Set(Object.values(outcome.cells))).toEqual(new Set([null]));
});

test("every heading and help stands by itself, wherever it is shown alone", () => {
  const texts = Object.values(MEASURES).flatMap(({ label, help }) => [label, help]);
  expect(texts.filter((text) => /^(the same|its|it|likewise|ditto)\b/i.test(text))).toEqual([]);
});
