/**
 * A learner's answers as a code to be pasted: `pa1.<base64url>`, which is four bytes CRC-32 of the JSON text, then the text. It holds
 * what was answered and a name of the learner's own choosing, and nothing of the machine. No server is asked.
 */
import { strFromU8, strToU8 } from "fflate";
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { crc32 } from "../experiment/shareLink/format.ts";
import { fromBase64Url, toBase64Url } from "../host/base64url.ts";

const START = "pa1.";
/** More than any honest code has. */
const MOST_CHARACTERS = 2000;

const answersSchema = z.discriminatedUnion("what", [
  z.strictObject({
    what: z.literal("lesson"),
    lesson: z.string().regex(/^[a-z-]{1,40}$/),
    /** For each step: prediction and choices in the order tried, by their number; -1 where none was made. */
    steps: z
      .array(
        z.strictObject({
          done: z.boolean(),
          predicted: z.number().int().min(-1).max(3),
          tried: z.array(z.number().int().min(0).max(3)).max(8),
        }),
      )
      .max(8),
  }),
  z.strictObject({
    what: z.literal("quiz"),
    seed: z.number().int().min(0),
    right: z.array(z.boolean()).max(24),
  }),
]);
export type Answers = z.infer<typeof answersSchema>;

const codeSchema = z.strictObject({
  name: z.string().trim().min(1).max(40),
  answers: answersSchema,
});
export type NamedAnswers = z.infer<typeof codeSchema>;

export function answerCode(named: NamedAnswers): string {
  const text = strToU8(JSON.stringify(codeSchema.parse(named)));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  bytes.set(text, 4);
  return START + toBase64Url(bytes);
}

/** @throws LabError "link-invalid" for what is no whole code. */
export function readAnswerCode(code: string): NamedAnswers {
  const body = code.slice(START.length);
  if (!code.startsWith(START) || code.length > MOST_CHARACTERS || !/^[\w-]+$/.test(body)) {
    throw invalid("This is no answer code");
  }
  const bytes = fromBase64Url(body);
  const text = bytes.subarray(4);
  if (bytes.length < 5 || crc32(text) !== new DataView(bytes.buffer).getUint32(0)) {
    throw invalid("This answer code is cut off or mistyped");
  }
  try {
    return codeSchema.parse(JSON.parse(strFromU8(text)));
  } catch (cause) {
    throw invalid("This answer code comes from another version of the lab", cause);
  }
}

/** What a class handed in, and each piece that is no code, with its sentence. */
export interface Collected {
  readonly answers: readonly NamedAnswers[];
  readonly refused: readonly { readonly piece: string; readonly why: string }[];
}

/** @param pasted codes with anything between them: spaces, lines, commas, quotes. */
export function collectCodes(pasted: string): Collected {
  const pieces = [...new Set(pasted.split(/[\s,;"'<>()]+/).filter(Boolean))];
  const answers: NamedAnswers[] = [];
  const refused: { piece: string; why: string }[] = [];
  for (const piece of pieces) {
    try {
      answers.push(readAnswerCode(piece));
    } catch (error) {
      // Names that a chat puts before each line are no failed codes.
      if (piece.startsWith(START) || (piece.startsWith("pa") && piece.length > 12)) {
        refused.push({ piece: piece.slice(0, 24), why: (error as LabError).message });
      }
    }
  }
  return { answers, refused };
}

function invalid(what: string, cause?: unknown): LabError {
  return new LabError("link-invalid", `${what}.`, {
    hint: "Ask for it again, or copy it whole.",
    ...(cause === undefined ? {} : { cause }),
  });
}
