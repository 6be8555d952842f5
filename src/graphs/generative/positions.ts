/** How many tokens a decoder has places for. */
import { LabError } from "../../errors/labError.ts";
import type { FolderFiles } from "./modelFiles.ts";

type Named = Readonly<Record<string, unknown>>;

/** As the configuration says; undefined where it says nothing: such a decoder takes any number. */
export function statedPositions({ config }: Pick<FolderFiles, "config">): number | undefined {
  const inner = (config["decoder"] ?? config["text_config"] ?? config) as Named;
  const stated = [inner["n_positions"], inner["max_position_embeddings"]];
  return stated.find((each): each is number => typeof each === "number" && each > 1);
}

/**
 * Tokens that may be written behind a prompt of `read` tokens: the last one written is not read again.
 * @throws LabError "question-invalid" for a prompt that is longer than the decoder has places
 */
export function placesBehind(read: number, files: Pick<FolderFiles, "config">): number {
  const places = statedPositions(files) ?? Infinity;
  if (read > places) {
    throw new LabError(
      "question-invalid",
      `The picture and the question are ${read} tokens, and this model has places for ${places}.`,
      { hint: "Say it in fewer words." },
    );
  }
  return places - read + 1;
}
