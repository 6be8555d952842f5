/** The levels of an axis: what each is called in a table, and what it changes in the experiment. */
import { LabError } from "../errors/labError.ts";
import { expandQuestions, plainQuestions } from "../language/questionBank.ts";
import type { ExpandedQuestion } from "../language/questionBank.ts";
import { interpretQuestion } from "../language/recognize.ts";
import type { FindingKind } from "../phantom/spec.ts";
import type { StudyCase } from "./cases.ts";
import type { Cell } from "./rowColumns.ts";
import type { StudyAxis } from "./schema.ts";
import { withField } from "./specPath.ts";
import type { Json, JsonObject } from "./specPath.ts";

export interface Level {
  /** The cell of the axis's column. */
  readonly label: Exclude<Cell, null>;
  readonly set: Readonly<Record<string, Json>>;
}

/**
 * The levels of an axis for an experiment that earlier axes have changed: the wordings of a question depend on it, and a
 * strategy that has no wording of it has no level. Several paraphrases of one phenomenon are levels of one name.
 */
export function levelsOf(
  axis: StudyAxis,
  draft: JsonObject,
  { paraphrases = [] }: Pick<StudyCase, "paraphrases"> = {},
): readonly Level[] {
  switch (axis.kind) {
    case "field":
      return axis.values.map((value) => ({ label: value, set: { [axis.path]: value } }));
    case "levels":
      return axis.levels;
    case "model":
      return axis.models.map(modelLevel);
    case "finding":
      return axis.findings.map((kind) => ({
        label: kind,
        set: { question: presenceQuestion(kind).text },
      }));
    case "wording":
      return wordings(String(draft["question"]), axis);
    case "paraphrase":
      return [
        { label: "original", set: {} },
        ...paraphrases.map(({ text, phenomenon }) => ({
          label: phenomenon,
          set: { question: text },
        })),
      ];
  }
}

function modelLevel({
  id,
  precision,
  folder,
  label,
}: Extract<StudyAxis, { kind: "model" }>["models"][number]): Level {
  if (id === undefined) {
    throw new LabError("spec-invalid", `The model in ${folder} has not been read.`, {
      hint: "Run the study with `lab study run`: a page opens no folder by its path.",
    });
  }
  return {
    label: label ?? (precision === undefined ? id : `${id} ${precision}`),
    set: { "model.id": id, ...(precision === undefined ? {} : { "model.precision": precision }) },
  };
}

/** True for an axis that decides which model is loaded: it changes slowest, so that each model is loaded once. */
export function choosesModel(axis: StudyAxis): boolean {
  if (axis.kind === "model") return true;
  const paths =
    axis.kind === "field"
      ? [axis.path]
      : axis.kind === "levels"
        ? axis.levels.flatMap(({ set }) => Object.keys(set))
        : [];
  return paths.length > 0 && paths.every((path) => path.startsWith("model."));
}

/** The experiment with those of a level's fields whose path is wanted. */
export function withFields(
  draft: JsonObject,
  { set }: Level,
  isWanted: (path: string) => boolean,
): JsonObject {
  return Object.entries(set)
    .filter(([path]) => isWanted(path))
    .reduce((spec, [path, value]) => withField(spec, path, value), draft);
}

/** "Is there a pleural effusion?" @throws LabError "spec-invalid" for a finding nobody asks about. */
function presenceQuestion(kind: FindingKind): ExpandedQuestion {
  const asked = plainQuestions().find((q) => q.type === "presence" && q.findingId === kind);
  if (asked) return asked;
  throw new LabError("spec-invalid", `There is no question about ${kind}.`);
}

/** Wordings of one strategy where an axis says nothing. */
export const MOST_PER_STRATEGY = 3;

function wordings(
  question: string,
  { strategies, perStrategy = MOST_PER_STRATEGY }: Extract<StudyAxis, { kind: "wording" }>,
): readonly Level[] {
  const asked = interpretQuestion(question).understood;
  if (!asked) {
    throw new LabError("question-invalid", `"${question}" has no other wordings in the bank.`, {
      hint: "Ask a question of `lab list questions`.",
    });
  }
  const pool = expandQuestions().filter(
    (q) => q.canonicalId === asked.canonicalId && (q.equivalent || q.scope !== null),
  );
  return strategies.flatMap((strategy) =>
    pool
      .filter((q) => q.strategy === strategy)
      .slice(0, perStrategy)
      .map(({ text, heldOut }, k) => ({
        label:
          perStrategy === 1
            ? strategy
            : `${strategy} ${k + 1}${heldOut ? ", kept out of training" : ""}`,
        set: { question: text },
      })),
  );
}
