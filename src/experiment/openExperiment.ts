/**
 * One door for an experiment from outside, whatever form it comes in: a share link, a saved run manifest, or the
 * experiment itself as JSON. The page and the headless lab both read through it, so that what one saves the other opens.
 */
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { partsBeside } from "../model/graphPart.ts";
import { graphPartSchema } from "../model/graphPartSchema.ts";
import { replayNumbersSchema } from "./replaySchema.ts";
import type { ReplayNumbers } from "./replaySchema.ts";
import { decodeShareLink, looksLikeLink } from "./shareLink/decode.ts";
import type { SharedExperiment } from "./shareLink/format.ts";
import { describeIssue } from "./specFields.ts";
import { validateSpec } from "./validateSpec.ts";

export const RUN_FORMAT = "penumbra-run";
/** Version 2 names every graph in its environment; version 1 named those of the model on the bench only. */
export const RUN_VERSION = 2;
const READABLE: readonly unknown[] = [1, RUN_VERSION];

export interface OpenedExperiment extends SharedExperiment {
  /** What it was read from, as a sentence names it. */
  readonly origin: "link" | "manifest" | "experiment" | "session";
}

const answerSchema = z.object({ corrected: z.string(), margin: z.number() }).nullable();

/** What a run manifest must hold to be repeated and compared; whatever else it holds is for people. */
const manifestSchema = z.object({
  spec: z.unknown(),
  environment: z.object({
    backend: z.string(),
    precision: z.string(),
    modelSha256: z.string(),
    graphs: z.array(graphPartSchema).readonly().optional(),
  }),
  results: z.object({
    clean: z.object({ answer: answerSchema }).optional(),
    readout: z.object({ answer: answerSchema }).optional(),
    metrics: z.object({ featureCosine: z.number() }).optional(),
  }),
});

/**
 * @param text the content of a file, or what was pasted.
 * @throws LabError "link-invalid" for a damaged link, "spec-invalid" for JSON that is neither a run manifest nor an
 *   experiment, or for one with a field out of bounds.
 */
export function openExperiment(text: string): OpenedExperiment {
  if (looksLikeLink(text)) return { ...decodeShareLink(text), origin: "link" };
  const json = parseJson(text);
  if (!isRecord(json) || json["format"] !== RUN_FORMAT)
    return { spec: validateSpec(json), view: {}, origin: "experiment" };
  if (!READABLE.includes(json["version"])) {
    throw new LabError(
      "spec-invalid",
      `This run manifest has version ${String(json["version"])}; this Penumbra reads versions up to ${RUN_VERSION}.`,
      { hint: "Open it in the version that saved it." },
    );
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) {
    throw new LabError(
      "spec-invalid",
      `This run manifest is damaged: ${describeIssue(manifest.error, "it")}.`,
      { hint: "Save it again, or give its spec alone." },
    );
  }
  const expected = numbersOf(manifest.data);
  return {
    spec: validateSpec(manifest.data.spec),
    view: {},
    ...(expected ? { expected } : {}),
    origin: "manifest",
  };
}

/** The numbers that a repeated run is compared with; undefined for a manifest of an unfinished run. */
function numbersOf({
  environment,
  results: { clean, readout, metrics },
}: z.infer<typeof manifestSchema>): ReplayNumbers | undefined {
  if (!clean || !readout || !metrics) return undefined;
  const numbers = replayNumbersSchema.safeParse({
    answerClean: clean.answer?.corrected ?? "none",
    answerDisturbed: readout.answer?.corrected ?? "none",
    marginClean: clean.answer?.margin ?? 0,
    marginDisturbed: readout.answer?.margin ?? 0,
    featureCosine: metrics.featureCosine,
    backend: environment.backend,
    precision: environment.precision,
    modelSha256: environment.modelSha256,
    ...(environment.graphs && {
      graphs: partsBeside(environment.graphs, environment.modelSha256),
    }),
  });
  if (numbers.success) return numbers.data;
  throw new LabError(
    "spec-invalid",
    `This run manifest is damaged: ${describeIssue(numbers.error, "it")}.`,
    { hint: "Save it again, or give its spec alone." },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LabError(
      "spec-invalid",
      "This is neither a Penumbra link nor JSON, so no experiment can be read from it.",
      { hint: "Give a run manifest, an experiment or a share link.", cause },
    );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
