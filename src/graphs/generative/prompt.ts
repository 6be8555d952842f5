/** A question laid out by a model's own chat template: the text before the picture's place and after it. */
import { LabError } from "../../errors/labError.ts";
import { renderQuestion } from "../../language/chatTemplate.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";

export interface Prompt {
  readonly text: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** @throws LabError "model-unsupported" for a folder without a chat template, or one with no place for the picture */
export function promptOf(
  { template, tokenizer, tokenizerConfig, config }: FolderFiles,
  question: string,
): Prompt {
  if (template === undefined) {
    throw new LabError(
      "model-unsupported",
      "The folder has no chat template, so that nothing says how this model wants to be asked.",
      {
        hint: "Add the model's chat_template.jinja to the folder.",
      },
    );
  }
  const bos = specialToken(tokenizerConfig, "bos_token");
  const text = renderQuestion(template, question, {
    bos,
    eos: specialToken(tokenizerConfig, "eos_token"),
  });
  // As the processor does: the tokenizer adds its own tokens unless the template has begun with one.
  const ids = tokenizer.encode(text, bos === "" || !text.startsWith(bos));
  const image = config["image_token_index"] ?? config["image_token_id"];
  const places = ids.flatMap((id, i) => (id === image ? [i] : []));
  const [place = -1] = places;
  if (places.length !== 1) {
    throw new LabError(
      "model-unsupported",
      `The chat template writes ${places.length} places for the picture (token ${String(image)}); the lab fills one.`,
    );
  }
  return { text, before: ids.slice(0, place), after: ids.slice(place + 1) };
}
