/**
 * Text to token ids: the one door to @huggingface/tokenizers. Normalisation (lower case, white space collapsed and
 * trimmed) is part of tokenizer.json, so training and the lab cannot differ. A question becomes
 * `<bos> question <ans>`; the model's next token is the answer.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { LabError } from "../errors/labError.ts";

export interface Tokenizer {
  encodeQuestion(text: string): number[];
  /** What a model would say behind a question: the text alone, without special tokens. */
  encodeText(text: string): number[];
  /** Sentences as the text encoder was taught them: `<bos> <report> text <eos>`, cut at its longest. */
  encodeReport(text: string): number[];
  decode(ids: readonly number[]): string;
  /** The id of a word that is one token, or undefined. */
  idOf(word: string): number | undefined;
}

export interface SpecialTokens {
  readonly bos: number;
  readonly eos: number;
  readonly ans: number;
  readonly report: number;
}

/** Tokens of a report in training, its three special ones included. */
const REPORT_LENGTH = 64;

const TEXTS_KEPT = 256;

/** @throws LabError "model-damaged" when tokenizer.json is not a tokenizer. */
export function loadTokenizer(tokenizerJson: unknown, special: SpecialTokens): Tokenizer {
  let tokenizer: HuggingFaceTokenizer;
  try {
    tokenizer = new HuggingFaceTokenizer(tokenizerJson as object, {});
  } catch (cause) {
    throw new LabError("model-damaged", "tokenizer.json can't be read as a tokenizer.", { cause });
  }
  const known = new Map<string, readonly number[]>();
  const encode = (text: string): number[] => {
    // An attack asks the same thing at each of its steps.
    let ids = known.get(text);
    if (ids === undefined) {
      if (known.size === TEXTS_KEPT) known.clear();
      ids = tokenizer.encode(text, { add_special_tokens: false }).ids;
      known.set(text, ids);
    }
    return [...ids];
  };
  return {
    encodeQuestion: (text) => [special.bos, ...encode(text), special.ans],
    encodeText: encode,
    encodeReport: (text) => [
      special.bos,
      special.report,
      ...encode(text).slice(0, REPORT_LENGTH - 3),
      special.eos,
    ],
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }).trim(),
    idOf: (word) => {
      const ids = encode(word);
      return ids.length === 1 ? ids[0] : undefined;
    },
  };
}
