/**
 * The families of generative vision-language models whose folders open, one entry each: how the processor lays the text out
 * round the picture's tokens, how pixels reach the encoder, and what the decoder is told beside its embeddings.
 */

import { florenceQuestion } from "./florenceTasks.ts";

/** Which earlier and later places a place of the prompt sees, where the graph leaves that to be told. */
export type Sees = "past" | "picture" | "prefix";

/** What a processor knows of its tokens. */
export interface ProcessorWords {
  /** The picture's token, and the sequence's first and last, as they are written; empty where the model has none. */
  readonly image: string;
  readonly bos: string;
  readonly eos: string;
  /** A special token that the tokenizer's configuration names, or else its usual spelling. */
  named(name: string, usual: string): string;
  /** Tiles along each side of the picture; 0 where it is not cut. */
  readonly tiles: number;
}

export interface FamilyRules {
  /** Lays a question out where the model has no chat template of its own. */
  readonly lay?: (question: string, words: ProcessorWords) => string;
  /** The text with each run of the picture's tokens as one of them, and all that the processor writes round them. */
  readonly expand: (text: string, words: ProcessorWords) => string;
  /** Whether the tokenizer puts its own tokens round the text: "as needed" where the text does not begin with one. */
  readonly adds: "as needed" | "nothing";
  /** "whole": one picture. "tiles": cut, and a small one of the whole behind. "patches": flattened, with the grid told. */
  readonly pixels: "whole" | "tiles" | "patches";
  /** Number of the first place, and how places are counted: 3 planes are time, height and width. */
  readonly positions: { readonly first: 0 | 1; readonly planes: 1 | 3 };
  readonly sees: Sees;
}

const CHAT: FamilyRules = {
  expand: (text) => text,
  adds: "as needed",
  pixels: "whole",
  positions: { first: 0, planes: 1 },
  sees: "past",
};

const TILED: FamilyRules = { ...CHAT, expand: tilesInText, pixels: "tiles" };

const FLAT: FamilyRules = { ...CHAT, pixels: "patches", positions: { first: 0, planes: 3 } };

/** By model_type of config.json. */
export const GENERATIVE: Readonly<Record<string, FamilyRules>> = {
  llava: CHAT,
  gemma3: {
    ...CHAT,
    expand: (text, { image, named }) => {
      const start = named("boi_token", "<start_of_image>");
      const end = named("eoi_token", "<end_of_image>");
      return text.replaceAll(start, `\n\n${start}${image}${end}\n\n`);
    },
    positions: { first: 1, planes: 1 },
    sees: "picture",
  },
  paligemma: {
    ...CHAT,
    lay: (question, { image, bos }) => `${image}${bos}${question}\n`,
    adds: "nothing",
    positions: { first: 1, planes: 1 },
    sees: "prefix",
  },
  idefics3: TILED,
  smolvlm: TILED,
  qwen2_vl: FLAT,
  qwen2_5_vl: FLAT,
  florence2: {
    ...CHAT,
    lay: (question, { image, bos, eos }) => `${image}${bos}${florenceQuestion(question)}${eos}`,
    adds: "nothing",
    sees: "prefix",
  },
};

/** The picture's place as Idefics3's processor fills it: the tiles row by row, then the whole. */
function tilesInText(text: string, { image, named, tiles }: ProcessorWords): string {
  const around = named("fake_image_token", "<fake_token_around_image>");
  const whole = `${around}${named("global_image_token", "<global-img>")}${image}${around}`;
  const rows = Array.from({ length: tiles }, (_, row) => {
    const cells = Array.from(
      { length: tiles },
      (_each, column) => `${around}<row_${row + 1}_col_${column + 1}>${image}`,
    );
    return `${cells.join("")}\n`;
  });
  return text.replace(image, () => (tiles === 0 ? whole : `${rows.join("")}\n${whole}`));
}
