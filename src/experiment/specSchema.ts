/** A whole experiment: every field with its range, and what it means. */
import { z } from "zod";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { BUNDLED_MODELS } from "../model/catalog.ts";
import { PRECISIONS } from "../model/precisions.ts";
import { caseSchema, windowSchema } from "./caseSchema.ts";
import { INSTRUMENT_CATALOG } from "./instruments/catalog.ts";
import { paramIssues, settings } from "./memberSettings.ts";
import { PARAMS, SPEC_LIMITS } from "./params.ts";
import { CERTIFIED_FEATURES } from "./specChoices.ts";
import { flag, itemId, numberIn, oneOf, text, wrong } from "./specFields.ts";
import { stackSchema } from "./stackSchema.ts";

/** A defense as an experiment names it. */
const defenseSchema = z
  .strictObject({
    id: itemId,
    defense: oneOf(Object.keys(DEFENSE_CATALOG)),
    enabled: flag,
    seed: numberIn(PARAMS["defense.seed"]),
    params: settings,
  })
  .check((context) => {
    const { defense, params } = context.value;
    context.issues.push(...paramIssues(defense, DEFENSE_CATALOG[defense]?.params ?? {}, params));
  });

/** An instrument as an experiment names it. */
export const instrumentSchema = z
  .strictObject({
    instrument: oneOf(Object.keys(INSTRUMENT_CATALOG)),
    enabled: flag,
    seed: numberIn(PARAMS["instrument.seed"]),
    params: settings,
    /** A reader's own wordings or prompts, for an instrument that takes some. */
    texts: z
      .array(text(SPEC_LIMITS.questionCharacters))
      .max(SPEC_LIMITS.instrumentTexts, `has more than ${SPEC_LIMITS.instrumentTexts} wordings`)
      .exactOptional(),
  })
  .check((context) => {
    const { instrument, params, texts } = context.value;
    if (texts && !INSTRUMENT_CATALOG[instrument]?.texts) {
      const message = `is no setting of ${instrument}: it takes no wordings`;
      context.issues.push({ code: "custom", input: texts, path: ["texts"], message });
    }
    context.issues.push(
      ...paramIssues(instrument, INSTRUMENT_CATALOG[instrument]?.params ?? {}, params),
    );
  });

/** A certificate of another model around the same clean picture, asked about a change of a stated size. */
export const besideSchema = z.strictObject({
  /** A model of the lab, by its int8 weights. */
  model: oneOf(BUNDLED_MODELS.map((model) => model.id)),
  /** Noise standard deviation in model space, [0,1] grey. */
  sigma: numberIn(PARAMS["certificate.sigma"]),
  /** l2 size of the change it is asked about, model space. */
  l2: numberIn(PARAMS["certificate.beside"]),
});

export const certificateSchema = z.strictObject({
  enabled: flag,
  /** Noise standard deviation in model space, [0,1] grey. */
  sigma: numberIn(PARAMS["certificate.sigma"]),
  /** Probability that the stated bound is wrong. */
  alpha: numberIn(PARAMS["certificate.alpha"]),
  maxSamples: numberIn(PARAMS["certificate.maxSamples"]),
  seed: numberIn(PARAMS["certificate.seed"]),
  /** What is certified, here and beside it; absent, as in experiments from before there was a choice: "embedding". */
  feature: oneOf(CERTIFIED_FEATURES).exactOptional(),
  /** Noisy copies that fix a direction before the counted ones (src/certificates/pilotedSampler.ts); absent: 0, none. */
  pilot: numberIn(PARAMS["certificate.pilot"]).exactOptional(),
  /** A second certificate of the same picture, drawn first; absent: none. */
  beside: besideSchema.exactOptional(),
});

export const specSchema = z.strictObject(
  {
    /** Older experiments are read by specVersions.ts. */
    version: z.literal(3, {
      error: (issue) => wrong(issue.input, "3, or 1 or 2 as older labs wrote it"),
    }),
    case: caseSchema,
    window: windowSchema,
    model: z.strictObject({
      id: text(SPEC_LIMITS.idCharacters, /^[a-z0-9][a-z0-9-]*$/, "a model id"),
      precision: oneOf(PRECISIONS),
    }),
    question: text(SPEC_LIMITS.questionCharacters),
    stack: stackSchema,
    certificate: certificateSchema,
    /** Between the picture and the model, the first nearest to the picture. */
    defenses: z
      .array(defenseSchema, { error: (issue) => wrong(issue.input, "a list") })
      .max(SPEC_LIMITS.defenses, `has more than ${SPEC_LIMITS.defenses} items`)
      .refine((items) => areUnique(items.map(({ id: name }) => name)), {
        error: "has two items with the same id",
      }),
    /** Which image tokens the answers hang on: a gradient pass for each picture. */
    relevance: z.strictObject({ enabled: flag }),
    /** Measurements, each at most once. */
    instruments: z
      .array(instrumentSchema, { error: (issue) => wrong(issue.input, "a list") })
      .max(SPEC_LIMITS.instruments, `has more than ${SPEC_LIMITS.instruments} items`)
      .refine((items) => areUnique(items.map(({ instrument }) => instrument)), {
        error: "names an instrument twice",
      }),
  },
  { error: (issue) => wrong(issue.input, "an object") },
);

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
