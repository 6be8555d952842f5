/** `lab ask` of a reader's own vision-language model: its answer, its own words, and an attack on the answer. */
import { LabError } from "../errors/labError.ts";
import { modelInputOf } from "../experiment/source.ts";
import type { InputResult } from "../experiment/results.ts";
import { choiceOf, likeliest, scoreChoices } from "../graphs/generative/answers.ts";
import { DualEncoder } from "../graphs/generative/dualEncoder.ts";
import { PARTS_OF, formOf } from "../graphs/generative/folder.ts";
import { LlavaModel } from "../graphs/generative/llavaModel.ts";
import type { PictureOracle } from "../graphs/generative/margin.ts";
import { readFolderFiles } from "../graphs/generative/modelFiles.ts";
import type { FolderFiles, GraphChoice } from "../graphs/generative/modelFiles.ts";
import { LARGEST_SIDE } from "../graphs/generative/pixelForm.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { openPart } from "./filmPart.ts";
import type { FilmPart } from "./filmPart.ts";
import type { StagePictures, StagesAsked } from "./stagesOfAsk.ts";
import { pgdRun } from "./pgdRun.ts";

export interface OwnQuestion {
  readonly question: string;
  /** Of the film that is asked about. */
  readonly part: FilmPart;
  /** Answers that are weighed against each other, or captions of a dual encoder. */
  readonly answers: readonly string[];
  readonly precision: string | undefined;
  /** Tokens of free text; 0 for none. */
  readonly maxTokens: number;
  /** Radius of the linf ball in grey [0, 1]; 0 for no attack. */
  readonly epsilon: number;
  readonly steps: number;
  /** What encoder, connector and language side hold; undefined where nobody asks. */
  readonly stages: StagesAsked | undefined;
}

/** The model, whatever its family, as something that answers about a picture. */
interface Answering {
  readonly files: FolderFiles;
  /** Each answer's share, in the order asked. */
  answer(picture: Float32Array): Promise<readonly Answered[]>;
  text(picture: Float32Array): Promise<object>;
  oracle(answer: number): Promise<PictureOracle>;
  stages(asked: StagesAsked, pictures: StagePictures): Promise<object>;
  /** What is said once of the model and the question. */
  readonly facts: object;
  /** Shares are those of the next token, which may be something else altogether; else of the captions alone. */
  readonly isNextToken: boolean;
}

interface Answered {
  readonly answer: string;
  readonly probability: number;
}

/** Opens the model once; then each file is a line. @throws LabError "model-*" | "question-invalid" */
export async function openOwnModel(
  opened: NamedSource,
  asked: OwnQuestion,
  sessions: SessionFactory,
): Promise<(file: string) => Promise<object>> {
  const choice = { form: asked.precision };
  const files = await readFolderFiles(opened.names, opened.source, choice);
  refuseCaptioner(files);
  const open = files.folder.family === "dual" ? openDual : openLlava;
  if (files.pixels.kind !== "patches") {
    const model = await open(files, asked, sessions);
    return (file) => askAbout(file, model, asked);
  }
  // The picture's size follows the film's, and the graphs' shapes follow the picture's.
  return async (file) => {
    const own = await filesForFilm(opened, choice, { file, part: asked.part });
    return askAbout(file, await open(own, asked, sessions), asked);
  };
}

/** A folder's files for one film: a model that takes pictures of any size is given the film's own, up to a limit. */
export async function filesForFilm(
  { names, source }: NamedSource,
  choice: GraphChoice,
  film: { readonly file: string; readonly part: FilmPart | undefined },
): Promise<FolderFiles> {
  const files = await readFolderFiles(names, source, choice);
  if (files.pixels.kind !== "patches") return files;
  const { radiograph } = await openPart(film.file, film.part ?? {});
  const side = Math.min(LARGEST_SIDE, radiograph.rows, radiograph.cols);
  return readFolderFiles(names, source, { ...choice, side });
}

/** @throws LabError "model-incompatible" for a model that is never asked in words */
export function refuseCaptioner({ folder }: FolderFiles): void {
  if (folder.family !== "captioner") return;
  throw new LabError(
    "model-incompatible",
    `${folder.label} writes captions and is never asked in words.`,
    {
      hint: "Use lab caption; lab run asks it which of two captions is likelier.",
    },
  );
}

async function openLlava(
  files: FolderFiles,
  { question, answers, maxTokens }: OwnQuestion,
  sessions: SessionFactory,
): Promise<Answering> {
  const model = await LlavaModel.open(files, sessions);
  const prompt = model.prompt(question);
  const choices = answers.map((answer) => choiceOf(files.tokenizer, answer));
  return {
    files,
    isNextToken: true,
    facts: { prompt: prompt.text, spellings: choices.map(({ spellings }) => spellings) },
    answer: async (picture) => scoreChoices(await model.nextLogits(picture, prompt), choices),
    text: async (picture) => {
      if (maxTokens === 0) return {};
      const { text, stopped } = await model.generate(picture, prompt, { maxTokens });
      return { text, stopped };
    },
    oracle: (answer) =>
      model.marginOracle(
        prompt,
        choices[answer]!,
        choices.filter((_, i) => i !== answer),
      ),
    stages: async (wanted, pictures) => {
      const { stagesOf } = await import("./stagesOfAsk.ts");
      return stagesOf({ files, sessions, model, question, choices }, wanted, pictures);
    },
  };
}

async function openDual(
  files: FolderFiles,
  { answers, maxTokens }: OwnQuestion,
  sessions: SessionFactory,
): Promise<Answering> {
  if (maxTokens > 0) {
    throw new LabError(
      "model-incompatible",
      `${files.folder.label} writes no text: it scores captions.`,
    );
  }
  const model = await DualEncoder.open(files, answers, sessions);
  return {
    files,
    isNextToken: false,
    facts: { scoredBy: "softmax of the model's logits over the captions given" },
    answer: async (picture) => {
      const ids = answers.map((answer, i) => ({ answer, spellings: [answer], ids: [i] }));
      return scoreChoices(await model.logits(picture), ids);
    },
    text: () => Promise.resolve({}),
    oracle: (answer) => model.marginOracle(answer),
    stages: () =>
      Promise.reject(
        new LabError(
          "model-incompatible",
          `${files.folder.label} has no connector and no decoder: it compares one vector of the picture with one of each caption, so that there are no stages to tell apart.`,
        ),
      ),
  };
}

async function askAbout(file: string, model: Answering, asked: OwnQuestion): Promise<object> {
  const { files } = model;
  const input = await pictureOf(file, files, asked.part);
  const answers = await model.answer(input.image);
  const attacked = asked.epsilon > 0 ? await attack(model, input.image, answers, asked) : undefined;
  const against = asked.stages?.against;
  const disturbed =
    against === undefined ? attacked?.adversarial : (await pictureOf(against, files)).image;
  return {
    file,
    family: files.folder.label,
    ...formsUsed(files),
    ...model.facts,
    ...verdict(answers, model.isNextToken),
    ...(await model.text(input.image)),
    ...(attacked ? { attacked: attacked.report } : {}),
    ...(asked.stages
      ? { stages: await model.stages(asked.stages, { clean: input.image, disturbed }) }
      : {}),
    saw: input.statement,
    notices: [...files.preprocessing.notices, ...input.notices],
  };
}

/** The graphs that answer: a part without the asked precision comes in the fullest it has. */
function formsUsed(files: FolderFiles): object {
  const parts = PARTS_OF[files.folder.family!];
  return {
    precision: formOf(files.pathOf(parts.at(-1)!)),
    graphs: Object.fromEntries(parts.map((part) => [part, files.pathOf(part).split("/").at(-1)])),
  };
}

function verdict(answers: readonly Answered[], isShare: boolean): object {
  const sum = answers.reduce((total, { probability }) => total + probability, 0);
  return {
    answer: likeliest(answers).answer,
    probabilities: Object.fromEntries(
      answers.map(({ answer, probability }) => [answer, probability / sum]),
    ),
    // What is left of the next token's probability says how far the model was from answering so at all.
    ...(isShare ? { shareOfNextToken: sum } : {}),
  };
}

export async function pictureOf(
  file: string,
  { size, preprocessing }: FolderFiles,
  part: FilmPart = {},
): Promise<InputResult> {
  const { radiograph, source } = await openPart(file, part);
  return modelInputOf(
    source,
    { kind: radiograph.vois.length > 0 ? "file" : "automatic" },
    { size, resize: preprocessing.resize, resample: preprocessing.resample },
    () => radiograph,
  );
}

/** PGD against the clean answer, on 8-bit pictures. */
async function attack(
  model: Answering,
  picture: Float32Array,
  clean: readonly Answered[],
  { epsilon, steps }: OwnQuestion,
): Promise<{ readonly report: object; readonly adversarial: Float32Array }> {
  const oracle = await model.oracle(clean.indexOf(likeliest(clean)));
  try {
    const made = await pgdRun(oracle, picture, { epsilon, steps });
    const { adversarial, norm, loss, losses } = made;
    const after = await model.answer(adversarial);
    const report = {
      attack: "pgd",
      epsilon,
      norm,
      losses,
      loss,
      gradient:
        oracle.surrogateNodes.length === 0
          ? "exact"
          : `straight-through at quantized operators: ${oracle.surrogateNodes.join(", ")}`,
      flipped: likeliest(after).answer !== likeliest(clean).answer,
      ...verdict(after, model.isNextToken),
    };
    return { report, adversarial };
  } finally {
    await oracle.release();
  }
}
