/** A reader's tokenizer (tokenizer.json) for prompts and captions, through the same library as the lab's own. */
import { Tokenizer } from "@huggingface/tokenizers";
import { LabError } from "../errors/labError.ts";

export interface PromptTokenizer {
  /** With the tokens that the tokenizer itself puts around a text, or without. */
  encode(text: string, special: boolean): number[];
  decode(ids: readonly number[]): string;
  /** The id of a token as it is written in the vocabulary. */
  idOf(token: string): number | undefined;
  /** The token of an id, as it is written in the vocabulary. */
  tokenOf(id: number): string | undefined;
}

/** @throws LabError "model-damaged" when the file holds no tokenizer */
export function loadPromptTokenizer(json: unknown, config: unknown): PromptTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(json as object, (config ?? {}) as object);
  } catch (cause) {
    throw new LabError("model-damaged", "tokenizer.json can't be read as a tokenizer.", { cause });
  }
  return {
    encode: (text, special) => [...tokenizer.encode(text, { add_special_tokens: special }).ids],
    // The library refuses a text of no tokens.
    decode: (ids) =>
      ids.length === 0 ? "" : tokenizer.decode([...ids], { skip_special_tokens: true }),
    idOf: (token) => tokenizer.token_to_id(token),
    tokenOf: (id) => tokenizer.id_to_token(id),
  };
}
