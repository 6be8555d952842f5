/** A question laid out by a model's own chat template and processor: the text before the picture's tokens and after them. */
import { LabError } from "../../errors/labError.ts";
import { renderQuestion } from "../../language/chatTemplate.ts";
import type { ProcessorWords } from "./families.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import type { SequenceShape } from "./sequence.ts";

export interface Prompt {
  readonly text: string;
  readonly before: readonly number[];
  /** What its processor writes between the runs of the picture's tokens; none where they stand together. */
  readonly between: readonly (readonly number[])[];
  readonly after: readonly number[];
}

/** @throws LabError "model-unsupported" for a folder without a chat template, or one with no place for the picture */
export function promptOf(files: FolderFiles, question: string): Prompt {
  const { tokenizer, rules } = files;
  const words = processorWords(files);
  const text = rules.lay?.(question, words) ?? chatText(files, question, words);
  const expanded = rules.expand(text, words);
  // As the processor does: the tokenizer adds its own tokens unless the template has begun with one.
  const adds = rules.adds === "as needed" && (words.bos === "" || !text.startsWith(words.bos));
  const ids = tokenizer.encode(expanded, adds);
  const image = imageToken(files);
  // The first exports of Florence-2 have no token for it: the picture simply stands first.
  if (Number.isNaN(image) && rules.lay) return { text, before: [], between: [], after: ids };
  const places = ids.flatMap((id, i) => (id === image ? [i] : []));
  const runs = words.tiles ** 2 + 1;
  if (places.length !== runs) {
    throw new LabError(
      "model-unsupported",
      `The chat template writes ${places.length} places for the picture (token ${String(image)}); the lab fills ${runs}.`,
    );
  }
  return {
    text,
    before: ids.slice(0, places[0]),
    between: places.slice(1).map((place, k) => ids.slice(places[k]! + 1, place)),
    after: ids.slice(places.at(-1)! + 1),
  };
}

/** Numbers of tokens of a prompt with its picture. */
export function shapeOf({ before, between, after }: Prompt, image: number): SequenceShape {
  return {
    before: before.length,
    image,
    between: between.map(({ length }) => length),
    after: after.length,
  };
}

/** The id that stands where the picture's tokens go. */
export function imageToken({ config }: Pick<FolderFiles, "config">): number {
  return Number(config["image_token_index"] ?? config["image_token_id"]);
}

function processorWords(files: FolderFiles): ProcessorWords {
  const { tokenizer, tokenizerConfig, pixels } = files;
  return {
    image: tokenizer.tokenOf(imageToken(files)) ?? "",
    bos: specialToken(tokenizerConfig, "bos_token"),
    eos: specialToken(tokenizerConfig, "eos_token"),
    named: (name, usual) => specialToken(tokenizerConfig, name) || usual,
    tiles: pixels.kind === "tiles" ? pixels.across : 0,
  };
}

function chatText(
  { template }: FolderFiles,
  question: string,
  { bos, eos }: ProcessorWords,
): string {
  if (template !== undefined) return renderQuestion(template, question, { bos, eos });
  throw new LabError(
    "model-unsupported",
    "The folder has no chat template, so that nothing says how this model wants to be asked.",
    {
      hint: "Add the model's chat_template.jinja to the folder.",
    },
  );
}
