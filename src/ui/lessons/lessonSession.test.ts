/** A lesson over somebody's own work, and a class handing in. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { parseLesson } from "../../lesson/schema.ts";
import type { Lesson } from "../../lesson/schema.ts";
import { testBench } from "../../testing/testBench.ts";
import { classCsv, classTable } from "./classTable.ts";

const lessonOf = (id: string): Lesson =>
  parseLesson(
    JSON.parse(
      readFileSync(path.join(import.meta.dirname, `../../../public/lessons/${id}.json`), "utf8"),
    ),
  );

let session: typeof import("./lessonSession.ts");
beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: { lang: "en" } });
  session = await import("./lessonSession.ts");
});

test("a lesson opens on its own scene, and leaving it brings work, view and history back", () => {
  const { stores } = testBench();
  const { experiment, lessons, view } = stores;
  experiment.getState().edit((spec) => ({ ...spec, question: "Is there a pneumothorax?" }));
  view.getState().set({ layout: "quad", invert: true });
  const own = experiment.getState().spec;
  session.openLesson(stores, lessonOf("fgsm"));
  expect(experiment.getState().spec).not.toBe(own);
  expect(experiment.getState().spec.stack).toMatchObject([{ attack: "fgsm", epsilon: 0 }]);
  expect(view.getState().invert).toBe(false);
  // How a lesson begins is about the view as well.
  session.openLesson(stores, lessonOf("patches"));
  expect(view.getState().layout).toBe("pair");
  session.openLesson(stores, lessonOf("attention"));
  expect(view.getState().attention).toEqual({ source: "rollout" });
  // Another lesson over the first one keeps the same work.
  session.openLesson(stores, lessonOf("pgd"), 1);
  expect(lessons.getState().step).toBe(1);
  session.leaveLesson(stores);
  expect(lessons.getState().lesson).toBeNull();
  expect(experiment.getState().spec).toBe(own);
  expect(view.getState()).toMatchObject({ layout: "quad", invert: true });
  stores.history.getState().undo();
  expect(view.getState().invert).toBe(false);
  stores.history.getState().undo();
  expect(experiment.getState().spec.question).toBe("Is there a pleural effusion?");
});

test("a step sets its scene once: what the learner did there is still there on coming back", () => {
  const { stores } = testBench();
  session.openLesson(stores, lessonOf("noise-and-dose"));
  session.goTo(stores, 1);
  session.showHow(stores);
  const done = stores.experiment.getState().spec;
  expect(done.stack.map(({ enabled }) => enabled)).toEqual([false, true]);
  session.goTo(stores, 0);
  session.goTo(stores, 1);
  expect(stores.experiment.getState().spec).toBe(done);
});

test("a class is told by step who was right at first, and a name cannot run in a spreadsheet", () => {
  const lesson = lessonOf("defenses");
  const right = lesson.steps.map(({ question }) => question!.choices.findIndex((c) => c.right));
  const steps = (first: boolean) =>
    lesson.steps.map((_, k) => ({
      done: true,
      predicted: 0,
      tried: first ? [right[k]!] : [1 - right[k]!, right[k]!],
    }));
  const table = classTable(
    [
      { name: "=A1", answers: { what: "lesson", lesson: "defenses", steps: steps(true) } },
      { name: "B", answers: { what: "lesson", lesson: "defenses", steps: steps(false) } },
    ],
    lesson,
  );
  expect(table.columns).toEqual(["Task 1", "Question 1", "Task 2", "Question 2"]);
  expect(table.rows[1]!.cells.map(({ text }) => text)).toEqual([
    "done",
    "right, try 2",
    "done",
    "right, try 2",
  ]);
  expect(table.totals).toEqual(["2 of 2", "1 of 2", "2 of 2", "1 of 2"]);
  expect(classCsv(table)).toContain(`"'=A1","done","right"`);
});
