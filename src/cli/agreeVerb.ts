/** `lab agree FILE --question TEXT --model X`: does a model say and hold the same on every backend and in every precision it has? */
import { choiceOf, likeliest, scoreChoices } from "../graphs/generative/answers.ts";
import type { Choice } from "../graphs/generative/answers.ts";
import { DualEncoder } from "../graphs/generative/dualEncoder.ts";
import { PARTS_OF, formsOf, graphOfPart } from "../graphs/generative/folder.ts";
import { LlavaModel } from "../graphs/generative/llavaModel.ts";
import { readFolderFiles } from "../graphs/generative/modelFiles.ts";
import type { FolderFiles } from "../graphs/generative/modelFiles.ts";
import { stageShift } from "../graphs/generative/stageShift.ts";
import type { StageShift } from "../graphs/generative/stageShift.ts";
import { VlmStages } from "../graphs/generative/stages.ts";
import type { StageReading } from "../graphs/generative/stages.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { movedStage, verdictOf } from "../experiment/formVerdict.ts";
import { cosine } from "../tensor/norms.ts";
import { filesForFilm, pictureOf, refuseCaptioner } from "./askOwnModel.ts";
import { FILM_OPTIONS, partOf } from "./filmPart.ts";
import type { FilmPart } from "./filmPart.ts";
import { sessionsNamed } from "./graphFiles.ts";
import { ownFolder } from "./ownFolder.ts";
import { UsageError, parseCommandLine, wholeNumber } from "./usageError.ts";

export async function agreeVerb(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: {
      question: { type: "string" },
      model: { type: "string" },
      answer: { type: "string", multiple: true },
      precision: { type: "string", multiple: true },
      backend: { type: "string", multiple: true },
      "max-tokens": { type: "string", default: "24" },
      ...FILM_OPTIONS,
    },
    allowPositionals: true,
  });
  const { question, model } = values;
  const [file] = positionals;
  if (file === undefined || positionals.length > 1 || question === undefined || !model) {
    throw new UsageError(
      'agree needs a file, a question and a model: lab agree FILE --question "TEXT" --model llava-mini.',
    );
  }
  const own = await ownFolder(model);
  if (own === undefined) {
    throw new UsageError(
      `agree compares a vision-language model of several graphs; "${model}" is no folder or zip of one. For the lab's own packages use lab compare --precision and --against.`,
    );
  }
  const asked = {
    question,
    answers: values.answer ?? ["yes", "no"],
    maxTokens: wholeNumber("max-tokens", values["max-tokens"], 0, 4096),
    part: partOf(values),
  };
  const { folder } = await readFolderFiles(own.names, own.source, undefined);
  const forms = values.precision ?? formsOf(folder);
  const readings: Reading[] = [];
  for (const backend of values.backend ?? ["native", "wasm"]) {
    const sessions = sessionsNamed(backend);
    for (const form of forms) {
      readings.push(await read({ own, form, backend, sessions }, file, asked));
    }
  }
  const [first] = readings;
  const others = readings.slice(1).map((reading) => compared(first!, reading));
  const moved = others.filter(({ differs }) => differs.length > 0);
  print({
    file,
    model,
    question,
    reference: { ...saidBy(first!), ...(first!.text === undefined ? {} : { text: first!.text }) },
    compared: others,
    agree: moved.length === 0,
    verdict: verdictOf(others.map((each) => ({ ...each, form: each.precision }))),
  });
}

interface Asked {
  readonly question: string;
  readonly answers: readonly string[];
  readonly maxTokens: number;
  readonly part: FilmPart;
}

/** What one form of the model on one backend says and holds. */
interface Reading {
  readonly backend: string;
  readonly precision: string;
  readonly graphs: Readonly<Record<string, string>>;
  readonly answer: string;
  readonly probabilities: Readonly<Record<string, number>>;
  readonly text?: string;
  readonly logits: Float32Array;
  readonly stages?: StageReading;
}

interface Opening {
  readonly own: NamedSource;
  readonly form: string;
  readonly backend: string;
  readonly sessions: SessionFactory;
}

async function read(
  { own, form, backend, sessions }: Opening,
  file: string,
  asked: Asked,
): Promise<Reading> {
  const files = await filesForFilm(own, { form }, { file, part: asked.part });
  refuseCaptioner(files);
  const { image } = await pictureOf(file, files, asked.part);
  const parts = PARTS_OF[files.folder.family!];
  const about = {
    backend,
    precision: form,
    graphs: Object.fromEntries(parts.map((part) => [part, graphOfPart(files.folder, part, form)])),
  };
  const said =
    files.folder.family === "dual"
      ? await askDual(files, image, asked, sessions)
      : await askLlava(files, image, asked, sessions);
  return { ...about, ...said };
}

type Said = Omit<Reading, "backend" | "precision" | "graphs">;

async function askLlava(
  files: FolderFiles,
  image: Float32Array,
  { question, answers, maxTokens }: Asked,
  sessions: SessionFactory,
): Promise<Said> {
  const model = await LlavaModel.open(files, sessions);
  const stages = await VlmStages.open(files, sessions);
  try {
    const prompt = model.prompt(question);
    const logits = await model.nextLogits(image, prompt);
    const choices = answers.map((answer) => choiceOf(files.tokenizer, answer));
    return {
      ...answered(logits, choices),
      text: (await model.generate(image, prompt, { maxTokens })).text,
      logits,
      stages: await stages.read(image, prompt),
    };
  } finally {
    await stages.release();
    await model.release();
  }
}

async function askDual(
  files: FolderFiles,
  image: Float32Array,
  { answers }: Asked,
  sessions: SessionFactory,
): Promise<Said> {
  const model = await DualEncoder.open(files, answers, sessions);
  try {
    const logits = await model.logits(image);
    const choices = answers.map((answer, i) => ({ answer, spellings: [answer], ids: [i] }));
    return { ...answered(logits, choices), logits };
  } finally {
    await model.release();
  }
}

function answered(logits: Float32Array, choices: readonly Choice[]) {
  const scored = scoreChoices(logits, choices);
  return {
    answer: likeliest(scored).answer,
    probabilities: Object.fromEntries(scored.map((each) => [each.answer, each.probability])),
  };
}

function saidBy({ backend, precision, graphs, answer, probabilities }: Reading) {
  return { backend, precision, graphs, answer, probabilities };
}

/** One form against the reference, and by name what differs. */
function compared(first: Reading, other: Reading) {
  const shift = first.stages && other.stages && stageShift(first.stages, other.stages);
  const logits = cosine(first.logits, other.logits);
  const stages = shift && stageCosines(shift);
  const moved = Object.entries({ ...stages, logits }).flatMap(([stage, value]) =>
    movedStage({ stage, cosine: value }),
  );
  return {
    ...saidBy(other),
    ...(other.text === undefined ? {} : { text: other.text }),
    cosine: { ...stages, logits },
    ...(shift ? { layers: { encoder: shift.encoder, answer: shift.answer } } : {}),
    sameText: first.text === other.text,
    differs: [
      ...(first.answer === other.answer ? [] : [`answer (${first.answer}, ${other.answer})`]),
      ...moved,
    ],
  };
}

/** The end of each stage; layer by layer is in `layers`. */
function stageCosines({ encoder, connector, answer }: StageShift) {
  return {
    ...(encoder.length > 0 ? { encoder: encoder.at(-1)!.cosine } : {}),
    connector: connector.cosine,
    ...(answer.length > 0 ? { language: answer.at(-1)!.cosine } : {}),
  };
}
