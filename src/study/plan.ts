/** A study as the list of its runs: how many, at what cost, and each one as a whole experiment. */
import { LabError, toErrorData } from "../errors/labError.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { correctedAnswer } from "../language/answer.ts";
import { interpretQuestion } from "../language/recognize.ts";
import { MOST_PER_STRATEGY, choosesModel, levelsOf, withFields } from "./axes.ts";
import type { Level } from "./axes.ts";
import { completeBase, completeItems, isObject } from "./baseExperiment.ts";
import { caseCount, casesOf } from "./cases.ts";
import type { StudyCase } from "./cases.ts";
import { encoderPasses } from "./cost.ts";
import { extraStages } from "./measures.ts";
import type { Need } from "./measures.ts";
import type { CaseLabels } from "./trueAnswer.ts";
import type { Cell } from "./rowColumns.ts";
import { STUDY_LIMITS, measuresOf } from "./schema.ts";
import type { Study, StudyAxis } from "./schema.ts";
import type { Json, JsonObject } from "./specPath.ts";
import { isSwitchedOn, switchOf } from "./switchedOn.ts";

export interface PlannedRun {
  /** Position in the plan, from 0. */
  readonly index: number;
  /** Runs of one group share model and case; they follow each other, and one worker takes them. */
  readonly group: number;
  readonly caseId: string;
  readonly known: CaseLabels;
  readonly repeat: number;
  /** By axis name. */
  readonly levels: Readonly<Record<string, Cell>>;
  /** The experiment, or what it would have been where it can't be one. */
  readonly draft: JsonObject;
  readonly spec?: ExperimentSpec;
  readonly problem?: LabErrorData;
}

export interface PlanSize {
  readonly cases: number;
  readonly rows: number;
  /** Passes through an encoder that all runs take together, a gradient counted as three. */
  readonly encoderPasses: number;
}

/**
 * How much the study asks for, before anything runs.
 * @throws LabError "spec-invalid" for one that is too large or whose axes lead to experiments that can't be.
 */
export function planSize(study: Study): PlanSize {
  const cases = caseCount(study);
  const upperBound = cases * levelBound(study) * (study.repeats ?? 1);
  const most = study.caps?.rows ?? STUDY_LIMITS.rowsUnlessSaid;
  if (upperBound > STUDY_LIMITS.rows || upperBound > most) throw tooLarge(study, upperBound, most);
  const stages = extraStages(measuresOf(study));
  checkEachLevel(study, stages);
  const byQuestion = new Map<string, { rows: number; passes: number }>();
  let rows = 0;
  let passes = 0;
  for (const each of casesOf(study)) {
    const asked = JSON.stringify([each.question, each.paraphrases?.length]);
    let one = byQuestion.get(asked);
    if (!one) {
      one = { rows: 0, passes: 0 };
      // The cost of a run does not depend on its picture.
      for (const run of runsOf(study, [each])) {
        one.rows++;
        one.passes += run.spec ? encoderPasses(run.spec, stages) : 0;
      }
      byQuestion.set(asked, one);
    }
    rows += one.rows;
    passes += one.passes;
  }
  return { cases, rows, encoderPasses: passes };
}

/** Every run, in an order that loads each model once and keeps a case's runs together. */
export function planRuns(study: Study): Generator<PlannedRun> {
  return runsOf(study, { [Symbol.iterator]: () => casesOf(study) });
}

/** A level that was chosen on the way down. */
interface Chosen {
  readonly axis: StudyAxis;
  readonly level: Level;
}

function* runsOf(study: Study, cases: Iterable<StudyCase>): Generator<PlannedRun> {
  const base = completeBase(study.base);
  const slow = study.axes.filter(choosesModel);
  const fast = study.axes.filter((axis) => !choosesModel(axis));
  let index = 0;
  let group = 0;
  for (const [withModel, models] of combinations({ draft: base, chosen: [] }, slow)) {
    for (const each of cases) {
      const asked =
        each.question === undefined ? withModel : { ...withModel, question: each.question };
      const start = { draft: asked, chosen: models };
      for (const [draft, chosen] of combinations(start, fast, each)) {
        const known = knownAbout(each.known, [asked, draft]);
        for (let repeat = 0; repeat < (study.repeats ?? 1); repeat++) {
          yield {
            index: index++,
            group,
            caseId: each.id,
            known,
            repeat,
            levels: labelsOf(study, chosen),
            ...finished({ draft, chosen }, each, repeat),
          };
        }
      }
      group++;
    }
  }
}

/** What is known, about the question as it is asked now: an answer is one to a wording, and turns with its polarity. */
function knownAbout(
  known: CaseLabels,
  [first, now]: readonly [before: JsonObject, after: JsonObject],
): CaseLabels {
  const { answer, ...rest } = known;
  if (answer === undefined || now["question"] === first["question"]) return known;
  const meant = interpretQuestion(String(first["question"])).understood;
  const asked = interpretQuestion(String(now["question"])).understood;
  // The answer to another question says nothing about this one.
  if (!meant || !asked?.equivalent || meant.canonicalId !== asked.canonicalId) return rest;
  const turned = meant.polarity === asked.polarity ? 1 : -1;
  return { ...rest, answer: correctedAnswer(answer, turned) };
}

/** Labels by axis in the study's own order, whichever axis changes fastest. */
function labelsOf({ axes }: Study, chosen: readonly Chosen[]): Readonly<Record<string, Cell>> {
  const labelOn = (axis: StudyAxis) => chosen.find((one) => one.axis === axis)?.level.label ?? null;
  return Object.fromEntries(axes.map((axis) => [axis.name, labelOn(axis)]));
}

function* combinations(
  { draft, chosen }: { readonly draft: JsonObject; readonly chosen: readonly Chosen[] },
  [axis, ...rest]: readonly StudyAxis[],
  about?: StudyCase,
): Generator<readonly [JsonObject, readonly Chosen[]]> {
  if (!axis) {
    yield [draft, chosen];
    return;
  }
  for (const level of levelsOf(axis, draft, about)) {
    // What changes the case waits until the case is there.
    const next = withFields(draft, level, (path) => !aboutCase(path));
    yield* combinations({ draft: next, chosen: [...chosen, { axis, level }] }, rest, about);
  }
}

function aboutCase(path: string): boolean {
  return /^case\b/.test(path);
}

/** The experiment of one run: its case, the defaults of its stack, the seeds of its repeat; checked. */
function finished(
  { draft, chosen }: { readonly draft: JsonObject; readonly chosen: readonly Chosen[] },
  { source }: StudyCase,
  repeat: number,
): Pick<PlannedRun, "draft" | "spec" | "problem"> {
  let whole = draft;
  try {
    if (source) whole = { ...whole, case: source(String(draft["question"])) };
    whole = chosen.reduce((spec, { level }) => withFields(spec, level, aboutCase), whole);
    whole = withSeeds(completeItems(whole), repeat);
    return { draft: whole, spec: validateSpec(whole) };
  } catch (error) {
    return { draft: whole, problem: toErrorData(error) };
  }
}

/** Every seed but the phantom's, one higher with each repeat. */
function withSeeds(spec: JsonObject, repeat: number): JsonObject {
  if (repeat === 0) return spec;
  const next = (item: Json): Json =>
    isObject(item) && typeof item["seed"] === "number"
      ? { ...item, seed: item["seed"] + repeat }
      : item;
  const lists = ["stack", "defenses", "instruments"].flatMap((name) => {
    const list = spec[name];
    return Array.isArray(list) ? [[name, (list as readonly Json[]).map(next)] as const] : [];
  });
  const { certificate } = spec;
  return {
    ...spec,
    ...Object.fromEntries(lists),
    ...(certificate === undefined ? {} : { certificate: next(certificate) }),
  };
}

/** The most levels that a case can have: a wording axis may have fewer. */
function levelBound({ axes, base, cases }: Study): number {
  const draft = completeBase(base);
  return axes.reduce((product, axis) => {
    if (axis.kind === "paraphrase") return product * (1 + mostParaphrases(cases));
    if (axis.kind !== "wording") return product * levelsOf(axis, draft).length;
    return product * axis.strategies.length * (axis.perStrategy ?? MOST_PER_STRATEGY);
  }, 1);
}

function mostParaphrases(cases: Study["cases"]): number {
  const files = cases.flatMap((set) => (set.kind === "files" ? set.files : []));
  return files.reduce((most, { paraphrases = [] }) => Math.max(most, paraphrases.length), 0);
}

function tooLarge(study: Study, rows: number, most: number): LabError {
  const factors = [
    `${caseCount(study)} cases`,
    ...study.axes.map((axis) => `levels of ${axis.label ?? axis.name}`),
    ...((study.repeats ?? 1) > 1 ? [`${study.repeats} repeats`] : []),
  ];
  const limit = Math.min(most, STUDY_LIMITS.rows);
  return new LabError(
    "spec-invalid",
    `This study asks for ${rows.toLocaleString("en")} runs (${factors.join(" x ")}), and may ask for ${limit.toLocaleString("en")}.`,
    {
      hint:
        rows > STUDY_LIMITS.rows
          ? "Take fewer cases or levels."
          : "Take fewer cases or levels, or allow that many in caps.rows.",
    },
  );
}

/** Each level of each axis once, with the others at their first, so that a wrong one is refused before anything runs. */
function checkEachLevel(study: Study, stages: readonly Need[]): void {
  const first = study.axes.map((axis): StudyAxis => withLevels(axis, 0, 1));
  const off = new Set(stages);
  for (const k of study.axes.length === 0 ? [0] : study.axes.keys()) {
    const axes = first.map((each, j) => (j === k ? study.axes[k]! : each));
    checkRuns({ ...study, axes }, off);
  }
  for (const stage of off) {
    throw new LabError("spec-invalid", `A measure needs ${stage}, which no run switches on.`, {
      hint: `Put ${switchOf(stage)} into the base, or leave the measure out.`,
    });
  }
}

/** @param off loses the stages that a run switches on */
function checkRuns(study: Study, off: Set<Need>): void {
  const [first] = casesOf(study);
  for (const { spec, problem, levels } of runsOf({ ...study, repeats: 1 }, first ? [first] : [])) {
    for (const stage of off) if (spec && isSwitchedOn(stage, spec)) off.delete(stage);
    if (!problem) continue;
    const where = Object.entries(levels).map(([name, level]) => `${name} ${String(level)}`);
    throw new LabError(
      problem.code,
      `${where.length > 0 ? `With ${where.join(", ")}: ` : ""}${problem.message}`,
      problem.hint === undefined ? {} : { hint: problem.hint },
    );
  }
}

/** The axis with only some of its levels. */
function withLevels(axis: StudyAxis, from: number, to: number): StudyAxis {
  switch (axis.kind) {
    case "field":
      return { ...axis, values: axis.values.slice(from, to) };
    case "levels":
      return { ...axis, levels: axis.levels.slice(from, to) };
    case "model":
      return { ...axis, models: axis.models.slice(from, to) };
    case "finding":
      return { ...axis, findings: axis.findings.slice(from, to) };
    case "wording":
      return { ...axis, perStrategy: 1, strategies: axis.strategies.slice(from, to) };
    case "paraphrase":
      return axis;
  }
}
