/**
 * Every lesson that comes with the lab, on the shipped models: what a step waits for is not there when it opens and is there once its
 * task is done; what is said of the outcome holds; no number is typed.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { LESSON_IDS } from "../lesson/catalog.ts";
import { holds } from "../lesson/condition.ts";
import { startSpec, viewChanges, withChanges } from "../lesson/lessonSpec.ts";
import { namedResults, valueAt } from "../lesson/lessonState.ts";
import type { LessonState } from "../lesson/lessonState.ts";
import { parseLesson } from "../lesson/schema.ts";
import type { Lesson, LessonChange } from "../lesson/schema.ts";
import { placesOf } from "../lesson/spoken.ts";
import type { Spoken } from "../lesson/spoken.ts";
import { nodeLab } from "./nodeLab.ts";

const FOLDER = path.join(import.meta.dirname, "../../public/lessons");
const lab = nodeLab();

const lesson = (id: string): Lesson =>
  parseLesson(JSON.parse(readFileSync(path.join(FOLDER, `${id}.json`), "utf8")));

async function results(spec: ExperimentSpec): Promise<LessonState["results"]> {
  const stages: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return namedResults(stages);
}

/** The bench as a lesson meets it: what is asked, what came back, what is shown. */
class Learner {
  spec: ExperimentSpec;
  #view: LessonState["view"];
  constructor(opened: Lesson) {
    this.spec = startSpec(opened);
    this.#view = viewChanges(opened.start);
  }
  act(changes: readonly LessonChange[]): void {
    this.spec = withChanges(this.spec, changes);
    this.#view = { ...this.#view, ...viewChanges(changes) };
  }
  async sees(): Promise<LessonState> {
    return { spec: this.spec, results: await results(this.spec), view: this.#view };
  }
}

/** Names with a digit in them, which are no claims. */
const NAMES = /\bint[48]\b|\bl2\b|\b(of|de) 255\b|\bof \{[^}]*\} by\b/g;
const spokenOf = (value: unknown): Spoken[] => {
  if (value === null || typeof value !== "object") return [];
  if ("en" in value) return [value as Spoken];
  return Object.values(value).flatMap(spokenOf);
};

test("the folder holds the lessons of the catalogue and no others", () => {
  expect(readdirSync(FOLDER).sort()).toEqual([...LESSON_IDS].map((id) => `${id}.json`).sort());
});

describe.each(LESSON_IDS)("lesson %s", (id) => {
  test("is well formed, and states no number that nothing computes", () => {
    const read = lesson(id);
    expect(read.id).toBe(id);
    for (const text of spokenOf(read).flatMap((each) => Object.values(each))) {
      expect(text.replaceAll(NAMES, "").replaceAll(/\{[^}]*\}/g, ""), text).not.toMatch(/\d/);
    }
  });

  test("waits for the state that its tasks lead to, and what it says of it is true", async () => {
    const read = lesson(id);
    const learner = new Learner(read);
    for (const step of read.steps) {
      learner.act(step.opens);
      const before = await learner.sees();
      for (const { path: place } of placesOf(step.text["en"]!)) {
        expect(valueAt(before, place), place).toBeDefined();
      }
      if (!step.task) continue;
      expect(holds(step.task.done, before), `${step.title["en"]}: done before it began`).toBe(
        false,
      );
      learner.act(step.task.how);
      const after = await learner.sees();
      expect(holds(step.task.done, after), `${step.title["en"]}: never done`).toBe(true);
      for (const claim of step.task.claims) {
        expect(holds(claim, after), `${step.title["en"]}: ${JSON.stringify(claim)}`).toBe(true);
      }
      for (const { path: place } of placesOf(step.task.after["en"]!)) {
        expect(valueAt(after, place), place).toBeDefined();
      }
    }
  }, 240_000);
});
