/** The experiment of a lesson: the opening one with the lesson's changes, checked as anything from outside is. */
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { withField } from "../study/specPath.ts";
import type { Json, JsonObject } from "../study/specPath.ts";
import type { Lesson, LessonChange } from "./schema.ts";

const VIEW = "view.";

/** Nothing is on that a lesson does not ask for: no guarantee is sampled and no relevance computed beside it. */
export function startSpec(lesson: Lesson): ExperimentSpec {
  const opening = defaultSpec();
  return withChanges(
    {
      ...opening,
      stack: [],
      certificate: { ...opening.certificate, enabled: false },
      relevance: { enabled: false },
    },
    lesson.start,
  );
}

/** @throws LabError "spec-invalid" */
export function withChanges(
  spec: ExperimentSpec,
  changes: readonly LessonChange[],
): ExperimentSpec {
  const own = changes.filter(({ path }) => !path.startsWith(VIEW));
  if (own.length === 0) return spec;
  const changed = own.reduce<JsonObject>(
    (made, { path, value }) => withField(made, path, value),
    spec as unknown as JsonObject,
  );
  return validateSpec(changed);
}

/** What of the changes is about the view, by the names a share link uses. */
export function viewChanges(
  changes: readonly LessonChange[],
): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    changes
      .filter(({ path }) => path.startsWith(VIEW))
      .map(({ path, value }) => [path.slice(VIEW.length), value as Exclude<Json, object | null>]),
  ) as Readonly<Record<string, string | number | boolean>>;
}
