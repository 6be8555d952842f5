import { LabError } from "../../errors/labError.ts";
import type { ModelManifest } from "../../model/manifest.ts";

/** What names a model's way of spelling. */
function wordsOf({ tokenizer, folder }: ModelManifest): string | undefined {
  return tokenizer?.sha256 ?? folder?.tokenizerSha256;
}

/**
 * Models answer together where they see the same picture and mean the same by a token.
 * @throws LabError "model-incompatible" naming what differs
 */
export function checkAlike(one: ModelManifest, other: ModelManifest): void {
  const differs =
    one.input.size !== other.input.size
      ? "they look at pictures of different sizes"
      : wordsOf(one) !== wordsOf(other)
        ? "they spell words differently"
        : JSON.stringify(one.answerSpaces) !== JSON.stringify(other.answerSpaces)
          ? "they have different answers"
          : JSON.stringify(one.tokenGrid) !== JSON.stringify(other.tokenGrid)
            ? "they divide the picture differently"
            : undefined;
  if (differs === undefined) return;
  throw new LabError(
    "model-incompatible",
    `${one.name} and ${other.name} can't answer together: ${differs}.`,
    { hint: "Choose another model beside it, or take the defense out." },
  );
}
