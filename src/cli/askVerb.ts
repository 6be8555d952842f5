/** `lab ask FILE... --question TEXT`: what the model answers about each file, one JSON line per file. */
import { LabError, invariant, toErrorData } from "../errors/labError.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { interpretQuestion } from "../language/recognize.ts";
import { filmCounts } from "../model/filmCounts.ts";
import { measuredModel } from "../model/measured.ts";
import type { AnswerResult } from "../system/reading.ts";
import { onRealFilm } from "../system/reliability.ts";
import type { Population } from "../experiment/results.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import type { Lab } from "../engine/lab.ts";
import { FILM_OPTIONS, openPart, partOf } from "./filmPart.ts";
import type { FilmPart } from "./filmPart.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { bundledManifest } from "./modelFiles.ts";
import { nodeLab } from "./nodeLab.ts";
import { ownFolder } from "./ownFolder.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import { UsageError, grayRadius, parseCommandLine, wholeNumber } from "./usageError.ts";

const OPTIONS = {
  question: { type: "string" },
  model: { type: "string", default: defaultSpec().model.id },
  ...FILM_OPTIONS,
  // For a model of the reader's own.
  answer: { type: "string", multiple: true },
  precision: { type: "string" },
  "max-tokens": { type: "string", default: "0" },
  epsilon: { type: "string" },
  steps: { type: "string", default: "10" },
  backend: { type: "string", default: "native" },
  stages: { type: "boolean", default: false },
  against: { type: "string" },
  wording: { type: "string" },
} as const;
/** Options that a bundled model has no use for. */
const OWN_OPTIONS = [
  "answer",
  "precision",
  "max-tokens",
  "epsilon",
  "steps",
  "backend",
  "stages",
  "against",
  "wording",
] as const;

export async function askVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const { question, model } = values;
  if (question === undefined || positionals.length === 0) {
    throw new UsageError('ask needs a file and a question: lab ask FILE --question "TEXT".');
  }
  const part = partOf(values);
  const own = await ownFolder(model);
  const ask = own
    ? await asksOwn(own, { question, part }, values)
    : await asksBundled(model, { question, part }, args);
  for (const file of positionals) {
    try {
      print(await ask(file));
    } catch (error) {
      if (!isAboutTheFile(error)) throw error;
      const { code, message, hint } = toErrorData(error);
      print({ file, error: { code, message } });
      process.stderr.write(`${[message, hint].filter(Boolean).join(" ")}\n`);
      process.exitCode = 2;
    }
  }
}

type Ask = (file: string) => Promise<object>;

interface Asked {
  readonly question: string;
  readonly part: FilmPart;
}

async function asksBundled(id: string, asked: Asked, args: readonly string[]): Promise<Ask> {
  const manifest = await bundledManifest(id);
  const given = OWN_OPTIONS.find((name) => args.some((arg) => arg.split("=")[0] === `--${name}`));
  if (given !== undefined) {
    throw new UsageError(
      `--${given} is for a folder with a model of your own; "${id}" is bundled.`,
    );
  }
  const precision = manifest.defaultPrecision;
  const lab = nodeLab();
  return async (file) => {
    const { statement, answer, population } = await ask(lab, file, asked, { id, precision });
    return {
      file,
      model: id,
      precision,
      ...answer,
      saw: statement,
      measured: measuredText(id, answer, population),
      ...(population && { population }),
    };
  };
}

/** What is known of answers to this question on real films, as the page says it beside the percentages. */
function measuredText(
  id: string,
  { question, probabilities }: AnswerResult,
  population: Population | undefined,
): string {
  const { understood } = interpretQuestion(question);
  if (!understood) return "";
  const { lead, text } = onRealFilm(measuredModel(id), understood, {
    confidence: Math.max(...Object.values(probabilities)),
    place: population,
    counts: filmCounts(id),
  });
  return `${lead} ${text}`;
}

interface OwnOptions {
  readonly model: string;
  readonly answer?: string[] | undefined;
  readonly precision?: string | undefined;
  readonly "max-tokens": string;
  readonly epsilon?: string | undefined;
  readonly steps: string;
  readonly backend: string;
  readonly stages: boolean;
  readonly against?: string | undefined;
  readonly wording?: string | undefined;
}

async function asksOwn(
  own: NamedSource,
  { question, part }: Asked,
  values: OwnOptions,
): Promise<Ask> {
  const { answer: answers = ["yes", "no"] } = values;
  if (new Set(answers).size < Math.max(2, answers.length)) {
    throw new UsageError("Give --answer at least twice, each time another answer.");
  }
  const { stages, against, wording } = values;
  if (!stages && (against !== undefined || wording !== undefined)) {
    throw new UsageError("--against and --wording are compared stage by stage: add --stages.");
  }
  const asked = {
    question,
    part,
    stages: stages ? { against, wording } : undefined,
    answers,
    precision: values.precision,
    maxTokens: wholeNumber("max-tokens", values["max-tokens"], 0, 4096),
    epsilon: values.epsilon === undefined ? 0 : grayRadius(values.epsilon),
    steps: wholeNumber("steps", values.steps, 1, 1000),
  };
  const { openOwnModel } = await import("./askOwnModel.ts");
  const line = await openOwnModel(own, asked, sessionsNamed(values.backend));
  return async (file) => ({ ...(await line(file)), model: values.model, question });
}

/** A bad file is its own line; anything else ends the command. */
function isAboutTheFile(error: unknown): boolean {
  return error instanceof LabError && /^(file-|not-found)/.test(error.code);
}

/** The clean side of an experiment, nothing disturbed and nothing certified. */
async function ask(
  lab: Lab,
  file: string,
  { question, part }: Asked,
  model: { readonly id: string; readonly precision: string },
): Promise<{
  readonly statement: string;
  readonly answer: AnswerResult;
  readonly population: Population | undefined;
}> {
  const { radiograph, source } = await openPart(file, part);
  lab.addRadiograph(radiograph);
  const opening = defaultSpec();
  const spec = validateSpec({
    ...opening,
    case: source,
    // As the page does: the file's own window where it has one.
    window: { kind: radiograph.vois.length > 0 ? "file" : "automatic" },
    model,
    question,
    stack: [],
    certificate: { ...opening.certificate, enabled: false },
  });
  let statement = "";
  for await (const event of lab.run(spec, "preview", { aborted: false })) {
    if (event.type !== "stage") continue;
    if (event.stage === "input") statement = event.payload.statement;
    if (event.stage !== "clean") continue;
    const { answer, population } = event.payload;
    invariant(answer, "a bundled model without answers");
    return { statement, answer, population };
  }
  invariant(false, "a run that ended before the clean answer");
}
