/** A captioner's report of the clean picture and of the disturbed one: token by token, with log-probabilities and where each word looks. */
import { close } from "../../host/closing.ts";
import { findingAgreement } from "../../language/reportFindings.ts";
import { bleu, meteor } from "../../metrics/captionScores.ts";
import type { Captioning, WritingStep, Written } from "../../model/captioning.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult, PictureMap, Quantity, WordRun } from "./instrumentResult.ts";

type Picture = "clean" | "disturbed";

const REPORT = {
  clean: "Report of the clean picture",
  disturbed: "Report of the disturbed picture",
} as const;
const LIKELIHOOD = {
  clean: "Log-likelihood of the clean picture’s report",
  disturbed: "Log-likelihood of the disturbed picture’s report",
} as const;

/** A text that is finished, with its maps, or one that is still being written. */
interface Text {
  readonly picture: Picture;
  readonly step: WritingStep;
  readonly written?: Written;
  /** By token; none where the model does not show them. */
  readonly maps?: readonly Float32Array[];
}

const NO_CAPTIONER =
  "This model is no captioner: it is asked in words, and “In its own words” shows what it writes.";

export const captionWords = defineInstrument({
  id: "captionWords",
  label: "The report, word by word",
  group: "language",
  help: "Lets a captioner write its report of the clean and of the disturbed picture, and shows for each word how sure it was and where it looked. A word it is sure of can be wrong, and a place it looks at is no proof that the word rests on it.",
  source:
    "Greedy decoding and beam search as in transformers' generate (length penalty 1); cross-attention, mean over layers and heads; BLEU (Papineni et al. 2002), METEOR by exact words (Banerjee & Lavie 2005)",
  params: {
    beams: {
      label: "Beams",
      unit: "",
      min: 1,
      max: 8,
      step: 1,
      default: 1,
      integer: true,
      help: "Texts followed at once; 1 takes the likeliest token each time.",
    },
    maxTokens: {
      label: "Longest text",
      unit: "tokens",
      min: 1,
      max: 256,
      step: 1,
      default: 80,
      integer: true,
      help: "Where it is cut off if it does not end by itself.",
    },
  },
  needs: ["system", "input", "disturbed"],
  obstacle: ({ system }) => {
    if (system.halves?.captions) return undefined;
    return system.halves
      ? NO_CAPTIONER
      : "Behind this defense several pictures or models answer together: there is no one text.";
  },
  async *run({ system, input, disturbed }, { params, context }) {
    const { halves, manifest } = system;
    if (!halves?.captions) return obstructed(NO_CAPTIONER);
    const grid = manifest.tokenGrid;
    const limits = { beams: params["beams"]!, maxTokens: params["maxTokens"]! };
    const pictures = [
      ["clean", input.image],
      ["disturbed", disturbed.image],
    ] as const;
    const done: Text[] = [];
    for (const [picture, image] of pictures) {
      const { tokens } = await halves.encode(image);
      const writing = halves.captions.write(tokens, limits);
      try {
        for (;;) {
          const { value, done: isDone } = await writing.next();
          if (isDone) {
            done.push(await finished(halves.captions, tokens, { picture, written: value }));
            break;
          }
          yield { partial: resultOf([...done, { picture, step: value }], grid) };
          await context.yieldToHost();
          if (context.signal.aborted) return undefined;
        }
      } finally {
        await close(writing);
      }
    }
    return resultOf(done, grid);
  },
});

async function finished(
  captions: Captioning,
  tokens: FloatTensor,
  { picture, written }: { readonly picture: Picture; readonly written: Written },
): Promise<Text> {
  const maps = captions.attends ? await captions.attention(tokens, written.ids) : [];
  return { picture, step: written, written, maps };
}

function resultOf(
  texts: readonly Text[],
  grid: readonly [number, number] | undefined,
): InstrumentResult {
  const [clean, disturbed] = texts.map(({ step }) => step.text.trim());
  const isWriting = texts.some(({ written }) => !written) || texts.length < 2;
  return {
    statement: statementOf(clean ?? "", disturbed, isWriting),
    quantities: isWriting ? [] : quantitiesOf(texts, clean ?? "", disturbed ?? ""),
    maps: grid ? texts.flatMap((text) => mapsOf(text, grid)) : [],
    words: texts.flatMap(wordsOf),
  };
}

function statementOf(clean: string, disturbed: string | undefined, isWriting: boolean): string {
  if (disturbed === undefined) return `Of the clean picture it writes: “${clean}”`;
  if (isWriting) return `Of the disturbed picture it writes: “${disturbed}”`;
  return clean === disturbed
    ? `It writes the same of both pictures: “${clean}”`
    : `Of the clean picture it writes “${clean}”, of the disturbed one “${disturbed}”.`;
}

function quantitiesOf(
  texts: readonly Text[],
  reference: string,
  written: string,
): readonly Quantity[] {
  const pair = { written, reference };
  const sums = texts.map(({ step }) => step.logProbabilities.reduce((a, b) => a + b, 0));
  return [
    {
      id: "findingAgreement",
      label: "Findings in common",
      value: findingAgreement(written, reference),
      unit: "",
      note: "F1 of the findings with their sides that rules read in both reports; 1 where both state none",
    },
    { id: "bleu4", label: "BLEU-4 of the two reports", value: bleu([pair])[3], unit: "" },
    { id: "meteor", label: "METEOR of the two reports", value: meteor(pair), unit: "" },
    ...(["clean", "disturbed"] as const).map((picture, k) => ({
      id: `${picture}LogLikelihood`,
      label: LIKELIHOOD[picture],
      value: sums[k]!,
      unit: "nats",
      n: texts[k]!.step.ids.length,
    })),
  ];
}

function mapId(picture: Picture, k: number): string {
  return `${picture}-${k}`;
}

function mapsOf(
  { picture, written, maps = [] }: Text,
  grid: readonly [number, number],
): readonly PictureMap[] {
  const cells = grid[0] * grid[1];
  return maps.map((map, k) => ({
    id: mapId(picture, k),
    label: `Where “${written!.pieces[k]!.trim()}” looks`,
    grid,
    // Class tokens stand before those of the picture.
    data: map.slice(-cells),
    unit: "share of attention",
    picture,
  }));
}

function wordsOf({ picture, written, maps = [] }: Text): readonly WordRun[] {
  if (!written) return [];
  return [
    {
      picture,
      title: REPORT[picture],
      pieces: written.pieces.map((text, k) => ({
        text,
        probability: Math.exp(written.logProbabilities[k]!),
        ...(maps[k] && { map: mapId(picture, k) }),
      })),
    },
  ];
}
