/** Captions of a dual encoder: how its tokenizer lays them out, and which ones stand for the answers to a question. */
import { LabError } from "../../errors/labError.ts";
import { FINDING_TERMS } from "../../language/questionBank.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";

/** A tokenizer that states no length states a very large one. */
const LONGEST = 4096;

/** Where a caption has its finding. */
const PLACE = "{finding}";

/** What is compared where the reader says nothing else. */
export const CAPTIONS: Readonly<Record<"yes" | "no", readonly string[]>> = {
  yes: [`chest x-ray with ${PLACE}`],
  no: [`chest x-ray with no ${PLACE}`],
};

/**
 * The captions for yes and for no, in this order. A negated wording changes places: its yes is that the finding is absent.
 * @throws LabError "question-invalid" for a question that is not about a finding, or a caption without a place for it
 */
export function captionsFor(
  question: string,
  spoken: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const { findingId, polarity, answerSpace, scope } = recognizeQuestion(question);
  const finding = FINDING_TERMS.find(({ id }) => id === findingId);
  if (finding === undefined || answerSpace !== "yes-no") {
    throw new LabError(
      "question-invalid",
      "This model scores captions, and captions are made for questions whether one finding is there.",
      {
        hint: `Ask, for example, “Is there ${finding?.article ?? "a"} ${finding?.term ?? "pleural effusion"}?”`,
      },
    );
  }
  const term = [scope?.size, scope?.side, finding.term].filter(Boolean).join(" ");
  const order = polarity === 1 ? (["yes", "no"] as const) : (["no", "yes"] as const);
  return order.map((answer) => {
    const [caption = ""] = spoken[answer] ?? CAPTIONS[answer];
    if (caption.includes(PLACE)) return caption.replaceAll(PLACE, term);
    throw new LabError("question-invalid", `The caption “${caption}” has no ${PLACE} in it.`);
  });
}

/** Tokens of a caption with its padding. */
export function captionLength({ tokenizerConfig, config }: FolderFiles): number {
  const text = config["text_config"] as Readonly<Record<string, unknown>> | undefined;
  return [tokenizerConfig["model_max_length"], text?.["max_position_embeddings"], 77].find(
    (each): each is number => typeof each === "number" && each <= LONGEST,
  )!;
}

/** Ids of all captions one after the other, each padded, and where they are text (1). */
export function laidOutCaptions(
  files: FolderFiles,
  captions: readonly string[],
): { readonly ids: readonly number[]; readonly mask: readonly number[] } {
  const { tokenizer, tokenizerConfig } = files;
  const length = captionLength(files);
  const padding = tokenizer.idOf(specialToken(tokenizerConfig, "pad_token")) ?? 0;
  const rows = captions.map((caption) => {
    const ids = tokenizer.encode(caption, true);
    // What is cut keeps its last token, which the model reads.
    return ids.length <= length ? ids : [...ids.slice(0, length - 1), ids.at(-1)!];
  });
  const filled = rows.flatMap((ids) => [
    ...ids,
    ...Array<number>(length - ids.length).fill(padding),
  ]);
  const mask = rows.flatMap((ids) => Array.from({ length }, (_, i) => (i < ids.length ? 1 : 0)));
  return { ids: filled, mask };
}
