/**
 * A study: one experiment under axes and cases, as plain JSON. It says what to compute and never holds a pixel; a
 * reader's files are named by the hash of their stored pixel values.
 */
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { boxesSchema } from "../experiment/caseSchema.ts";
import { phantomSchema } from "../experiment/phantomSchema.ts";
import { describeIssue, numberIn, oneOf, text, wrong } from "../experiment/specFields.ts";
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import { PARAMS } from "../experiment/params.ts";
import type { Strategy } from "../language/questionBank.ts";
import type { Precision } from "../model/manifest.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import { DEFAULT_MEASURES, MEASURES, isMeasureId } from "./measures.ts";
import type { MeasureId } from "./measures.ts";
import { FIXED_COLUMNS } from "./rowColumns.ts";
import { parsePath } from "./specPath.ts";
import type { Json, JsonObject } from "./specPath.ts";

export const STUDY_FORMAT = "penumbra-study";
export const STUDY_VERSION = 1;

/** What one study may hold at most; a larger one is refused before it costs anything. */
export const STUDY_LIMITS = {
  /** Whatever the study itself allows. */
  rows: 10_000_000,
  /** Where the study says nothing: raising it is a decision. */
  rowsUnlessSaid: 20_000,
  axes: 6,
  levels: 200,
  files: 200_000,
  repeats: 100,
} as const;

const whole = (min: number, max: number) =>
  numberIn({ label: "", unit: "", min, max, step: 1, default: min, help: "", integer: true });

const name = text(32, /^[a-z][A-Za-z0-9]*$/, "a name of letters and digits, such as epsilon");
const path = z.custom<string>((value) => typeof value === "string" && !!parsePath(value), {
  error: (issue) => wrong(issue.input, "the path of a field, such as stack[0].epsilon"),
});
const scalar = z.custom<string | number | boolean>(
  (value) => ["string", "boolean"].includes(typeof value) || Number.isFinite(value),
  { error: (issue) => wrong(issue.input, "a text, a number, true or false") },
);
const json = z.custom<Json>((value) => value !== undefined, "is missing");
const measureId = z.custom<MeasureId>(isMeasureId, {
  error: (issue) =>
    wrong(
      issue.input,
      `one of ${Object.keys(MEASURES).join(", ")}, or a quantity of an instrument such as ${Object.keys(INSTRUMENT_CATALOG)[0]}.NAME`,
    ),
});
/** The finding kinds and whatever else a label file names, as yes or no. */
const labels = z.record(text(40), z.boolean());

const listOf = <T>(item: z.ZodType<T>, most: number) =>
  z
    .array(item, { error: (issue) => wrong(issue.input, "a list") })
    .min(1, "is an empty list")
    .max(most, `has more than ${most} entries`);

const model = z
  .strictObject(
    {
      /** A bundled model, or a reader's own as the lab names it. */
      id: text(40, /^[a-z0-9][a-z0-9-]*$/, "a model id").exactOptional(),
      precision: oneOf<Precision>(["fp32", "fp16", "int8", "int4"]).exactOptional(),
      /** A reader's own model on disk; `lab` turns it into its id before anything runs. */
      folder: text(1000).exactOptional(),
      /** As tables call it; its id where absent. */
      label: text(60).exactOptional(),
    },
    { error: (issue) => wrong(issue.input, "an object with an id or a folder") },
  )
  .refine(({ id, folder }) => (id === undefined) !== (folder === undefined), {
    error: "must have either an id or a folder",
  });

const common = { name, label: text(60).exactOptional() };
const axisSchema = z.discriminatedUnion(
  "kind",
  [
    /** One field of the experiment over values. */
    z.strictObject({
      ...common,
      kind: z.literal("field"),
      path,
      values: listOf(scalar, STUDY_LIMITS.levels),
    }),
    /** Several fields at once, each combination under a name. */
    z.strictObject({
      ...common,
      kind: z.literal("levels"),
      levels: listOf(
        z.strictObject({ label: scalar, set: z.record(path, json) }),
        STUDY_LIMITS.levels,
      ),
    }),
    z.strictObject({ ...common, kind: z.literal("model"), models: listOf(model, 20) }),
    /** Asks the plain question about each finding. */
    z.strictObject({
      ...common,
      kind: z.literal("finding"),
      findings: listOf(oneOf(FINDING_KINDS), FINDING_KINDS.length),
    }),
    /** Other wordings of the question asked, by strategy; the first `perStrategy` of each. */
    z.strictObject({
      ...common,
      kind: z.literal("wording"),
      strategies: listOf(
        oneOf<Strategy>(["plain", "lexical", "syntactic", "pragmatic", "negation"]),
        5,
      ),
      perStrategy: whole(1, 20).exactOptional(),
    }),
    /** The paraphrases that the files bring along, by phenomenon, beside the question itself ("original"). */
    z.strictObject({ ...common, kind: z.literal("paraphrase") }),
  ],
  { error: "must have a kind: field, levels, model, finding, wording or paraphrase" },
);

const fileSchema = z.strictObject({
  sha256: text(64, /^[0-9a-f]{64}$/, "a SHA-256 as 64 hex digits"),
  /** Where the file lies, for `lab`; never part of a row. */
  path: text(1000).exactOptional(),
  /** Which picture of that file, from 1; without it, the one with this hash is looked for. Never part of a row either. */
  frame: whole(1, 100_000).exactOptional(),
  labels: labels.exactOptional(),
  /** Asked instead of the base's question, with its right answer where that is known. */
  question: text(300).exactOptional(),
  answer: text(60).exactOptional(),
  /** Where findings are on the film. */
  boxes: boxesSchema.exactOptional(),
  /** Other wordings of the question. */
  paraphrases: listOf(
    z.strictObject({ text: text(300), phenomenon: text(40) }),
    STUDY_LIMITS.levels,
  ).exactOptional(),
});

const caseSetSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("this") }),
    z.strictObject({
      kind: z.literal("phantoms"),
      firstSeed: numberIn(PARAMS["perturbation.seed"]),
      count: whole(1, 10_000_000),
      /**
       * "sampled": each finding with the rate of the training data. "balanced": the finding that is asked about in every
       * second phantom, the rest as sampled. A list: exactly these, in every phantom.
       */
      findings: z
        .custom<"sampled" | "balanced" | readonly unknown[]>(
          (value) => value === "sampled" || value === "balanced" || Array.isArray(value),
          { error: (issue) => wrong(issue.input, "sampled, balanced or a list of findings") },
        )
        .transform((value, context) => {
          if (typeof value === "string") return value;
          const list = phantomSchema.shape.findings.safeParse(value);
          if (list.success) return list.data;
          const message = `holds findings that no phantom has: ${describeIssue(list.error, "the list")}`;
          context.issues.push({ code: "custom", input: value, message });
          return z.NEVER;
        }),
      findingRate: numberIn({ unit: "", min: 0, max: 1 }).exactOptional(),
    }),
    z.strictObject({ kind: z.literal("files"), files: listOf(fileSchema, STUDY_LIMITS.files) }),
    /** Every film in a folder; `lab` turns it into files before anything runs. */
    z.strictObject({
      kind: z.literal("folder"),
      path: text(1000),
      /** A CSV with a column `file` and a column for each finding (1, 0 or empty). */
      labels: text(1000).exactOptional(),
      /** A CSV of rectangles on the films: file, finding, x, y, w, h in film pixels. */
      boxes: text(1000).exactOptional(),
    }),
  ],
  { error: "must have a kind: this, phantoms, files or folder" },
);

const studySchema = z.strictObject(
  {
    format: z.literal(STUDY_FORMAT, { error: (issue) => wrong(issue.input, STUDY_FORMAT) }),
    version: z.literal(STUDY_VERSION, { error: (issue) => wrong(issue.input, "1") }),
    name: text(60),
    description: text(1000).exactOptional(),
    /** An experiment; what it leaves out is as in baseExperiment(). */
    base: z.custom<JsonObject>(
      (value) => typeof value === "object" && value !== null && !Array.isArray(value),
      { error: (issue) => wrong(issue.input, "an object") },
    ),
    cases: listOf(caseSetSchema, 20),
    axes: z
      .array(axisSchema, { error: (issue) => wrong(issue.input, "a list") })
      .max(STUDY_LIMITS.axes, `has more than ${STUDY_LIMITS.axes} axes`)
      .refine((axes) => new Set(axes.map((axis) => axis.name)).size === axes.length, {
        error: "has two axes of the same name",
      })
      .refine((axes) => !axes.some((axis) => isTaken(axis.name)), {
        error: "has an axis with the name of a column or measure; `lab list measures` names them",
      }),
    /** Absent: DEFAULT_MEASURES. */
    measures: listOf(measureId, 60).exactOptional(),
    /** How often each run is repeated, with every seed of the stack and the certificate one higher. */
    repeats: whole(1, STUDY_LIMITS.repeats).exactOptional(),
    caps: z
      .strictObject({
        /** The most rows that may be asked for. */
        rows: whole(1, STUDY_LIMITS.rows).exactOptional(),
        /** A run stops after so many minutes; --resume goes on. */
        minutes: numberIn({ unit: "minutes", min: 0.01, max: 100_000 }).exactOptional(),
      })
      .exactOptional(),
  },
  { error: (issue) => wrong(issue.input, "an object") },
);

export type Study = z.infer<typeof studySchema>;
export type StudyAxis = Study["axes"][number];
export type CaseSet = Study["cases"][number];
export type StudyFile = z.infer<typeof fileSchema>;

function isTaken(axis: string): boolean {
  return Object.hasOwn(MEASURES, axis) || Object.hasOwn(FIXED_COLUMNS, axis);
}

/** @throws LabError "spec-invalid" naming the first wrong field and what it may be. */
export function parseStudy(value: unknown): Study {
  const result = studySchema.safeParse(value);
  if (result.success) return result.data;
  throw new LabError("spec-invalid", `${describeIssue(result.error, "The study")}.`, {
    hint: "Correct the field; examples/study-small.json is a whole study.",
  });
}

/** The measures that a study's tables show. */
export function measuresOf({ measures }: Study): readonly MeasureId[] {
  return measures ?? DEFAULT_MEASURES;
}
