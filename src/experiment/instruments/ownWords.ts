/** What a generative model writes of its own accord, of the clean picture and of the disturbed one. */
import { close } from "../../host/closing.ts";
import type { Halves } from "../../system/system.ts";
import type { Said } from "../../model/visionLanguageModel.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";

/** Requests at once: each is written twice, token by token. */
const MOST_REQUESTS = 4;

interface Written {
  readonly asked: string;
  readonly picture: "clean" | "disturbed";
  readonly text: string;
  readonly ids: readonly number[];
  /** Undefined while it is still writing. */
  readonly stopped?: Said["stopped"] | undefined;
}

export const ownWords = defineInstrument({
  id: "ownWords",
  label: "In its own words",
  group: "language",
  help: "Lets a generative model write its answer token by token, always the likeliest next one, for the clean and the disturbed picture. What it writes need not agree with the yes or no that is read off its first token, and fluent words are no evidence that it looked.",
  source:
    "Greedy decoding with cached keys and values; the same tokens as transformers' generate(do_sample=False)",
  params: {
    maxTokens: {
      label: "Longest text",
      unit: "tokens",
      min: 1,
      max: 256,
      step: 1,
      default: 48,
      integer: true,
      help: "Where it is cut off if it does not end by itself.",
    },
  },
  texts: {
    label: "Your own requests, one a line",
    help: "Such as: Describe this radiograph. Without any, the experiment’s question is asked.",
  },
  needs: ["system", "input", "disturbed"],
  obstacle: ({ system }) => {
    if (system.halves?.say) return undefined;
    return system.halves
      ? "This model answers in single words: nothing in it writes a text."
      : "Behind this defense several pictures or models answer together: there is no one text.";
  },
  async *run({ system, input, disturbed }, { spec, params, texts, context }) {
    const { say, encode } = system.halves as Halves;
    if (!say) return obstructed("This model answers in single words: nothing in it writes a text.");
    const requests = texts.length > 0 ? texts.slice(0, MOST_REQUESTS) : [spec.question];
    const pictures = [
      ["clean", input.image],
      ["disturbed", disturbed.image],
    ] as const;
    const done: Written[] = [];
    for (const asked of requests) {
      const ids = system.encodePrompt(asked);
      for (const [picture, image] of pictures) {
        const { tokens } = await encode(image);
        const speech = say(tokens, ids, { maxTokens: params["maxTokens"]! });
        try {
          for (;;) {
            const step = await speech.next();
            const { text, ids: written } = step.value;
            const now = { asked, picture, text, ids: written };
            if (step.done) {
              done.push({ ...now, stopped: step.value.stopped });
              break;
            }
            yield { partial: resultOf([...done, now]) };
            await context.yieldToHost();
            if (context.signal.aborted) return undefined;
          }
        } finally {
          await close(speech);
        }
      }
    }
    return resultOf(done);
  },
});

const ENDED = { end: "by itself", budget: "cut off" } as const;

function resultOf(written: readonly Written[]): InstrumentResult {
  const [clean, disturbed] = written;
  const parted = clean && disturbed ? partingOf(clean.ids, disturbed.ids) : undefined;
  return {
    statement: statementOf(written, parted),
    quantities: [
      {
        id: "partsAt",
        label: "First token that differs",
        value: parted ?? NaN,
        unit: "",
        n: clean?.ids.length ?? 0,
        ...(parted === undefined ? { note: "the same words, or still writing" } : {}),
      },
    ],
    tables: [
      {
        id: "written",
        title: "What it wrote",
        columns: ["Asked", "Picture", "Its words", "Tokens", "Ended"],
        rows: written.map(({ asked, picture, text, ids, stopped }) => [
          asked,
          picture,
          text.trim(),
          ids.length,
          stopped ? ENDED[stopped] : "writing…",
        ]),
      },
    ],
  };
}

function statementOf(written: readonly Written[], parted: number | undefined): string {
  const [clean, disturbed] = written.map(({ text }) => text.trim());
  if (disturbed === undefined) return `Of the clean picture it writes: “${clean ?? ""}”`;
  if (written.some(({ stopped }) => !stopped))
    return `Of the disturbed picture it writes: “${written.at(-1)!.text.trim()}”`;
  return parted === undefined
    ? `It writes the same of both pictures: “${clean ?? ""}”`
    : `Of the clean picture it writes “${clean ?? ""}”, of the disturbed one “${disturbed}”: they part at token ${parted}.`;
}

/** Number of the first token, from 1, at which two texts differ; undefined where they do not. */
function partingOf(a: readonly number[], b: readonly number[]): number | undefined {
  const length = Math.max(a.length, b.length);
  for (let k = 0; k < length; k++) if (a[k] !== b[k]) return k + 1;
  return undefined;
}
