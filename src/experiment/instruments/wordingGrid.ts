/** Wordings against strengths of a disturbance: where the answer flips by the picture, by the words, or only by both. */
import { snapToByteLattice } from "../../image/grayImage.ts";
import { l2Norm, subtract } from "../../tensor/norms.ts";
import { gaussianNoise } from "../../perturbations/gaussianNoise.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

export const wordingGrid = defineInstrument({
  id: "wordingGrid",
  label: "Picture by wording",
  group: "language",
  help: "Disturbs the picture step by step and asks every wording at each step; each cell says how firmly the answer still is the one you got at first, below zero it has turned. The interaction says whether picture and words together turn more answers than each does alone; it is no statement about other pictures.",
  source:
    "Two-way design after VSF-Med's joint visual and textual perturbations; interaction = joint flips less the flips by picture alone and by words alone",
  params: {
    along: {
      label: "Disturbance",
      unit: "",
      min: 0,
      max: 1,
      step: 1,
      default: 0,
      choices: [0, 1],
      choiceNames: ["the experiment's own, in shares", "Gaussian noise, growing"],
      help: "What grows from column to column.",
    },
    noise: {
      label: "Strongest noise",
      unit: "of black to white",
      min: 0.05,
      max: 0.2,
      step: 0.05,
      default: 0.2,
      help: "Standard deviation in the last column, where noise is what grows.",
    },
    columns: {
      label: "Steps",
      unit: "",
      min: 3,
      max: 15,
      step: 1,
      default: 7,
      integer: true,
      help: "Pictures from untouched to the strongest; each is encoded once, whatever the number of wordings.",
    },
    wordings: {
      label: "Wordings",
      unit: "",
      min: 2,
      max: 20,
      step: 1,
      default: 7,
      integer: true,
      help: "Equivalents beside the reader's own wording.",
    },
  },
  needs: ["system", "input", "disturbed"],
  obstacle: answersQuestions,
  async *run({ system, input, disturbed }, { spec, params, seed, context }) {
    const { along = 0, noise = 0.2, columns = 7, wordings: count = 7 } = params;
    const whole = subtract(disturbed.image, input.image);
    const isOwn = along === 0;
    if (isOwn && l2Norm(whole) === 0) {
      return obstructed(
        "Nothing disturbs the picture in this experiment: switch a disturbance on, or let noise grow instead.",
      );
    }
    const { asked, equivalents } = wordingsOf(spec.question, count);
    const questions = [asked, ...equivalents.map(({ question }) => question)];
    const pictureAt = (share: number): Float32Array => {
      if (isOwn) {
        const picture = input.image.map((value, i) => value + share * whole[i]!);
        snapToByteLattice(picture);
        return picture;
      }
      const side = { width: input.size, height: input.size };
      const picture = gaussianNoise.apply(input.image, side, { sigma: share * noise }, seed);
      snapToByteLattice(picture);
      return picture;
    };
    const shares = Array.from({ length: columns }, (_, k) => k / (columns - 1));
    const answers: (readonly AnswerResult[])[] = [];
    for (const [k, share] of shares.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: columns, label: "Pictures" } };
      answers.push((await system.read(pictureAt(share), questions)).answers);
    }
    const names = shares.map((share) =>
      isOwn ? `${Math.round(100 * share)} %` : decimal(share * noise, 3),
    );
    return resultOf(answers, names, isOwn);
  },
});

/** @param answers [columns][wordings], the untouched picture and the asked wording first. */
export function interactionOf(answers: readonly (readonly Pick<AnswerResult, "corrected">[])[]): {
  readonly joint: number;
  readonly byPicture: number;
  readonly byWords: number;
  readonly interaction: number;
} {
  const base = answers[0]![0]!.corrected;
  const flipped = (column: number, row: number) => answers[column]![row]!.corrected !== base;
  const rows = answers[0]!.map((_, row) => row).slice(1);
  const columns = answers.map((_, column) => column).slice(1);
  const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
  const joint = share(columns.flatMap((c) => rows.map((r) => flipped(c, r))));
  const byPicture = share(columns.map((c) => flipped(c, 0)));
  const byWords = share(rows.map((r) => flipped(0, r)));
  return { joint, byPicture, byWords, interaction: joint - byPicture - byWords };
}

function resultOf(
  answers: readonly (readonly AnswerResult[])[],
  names: readonly string[],
  isOwn: boolean,
): InstrumentResult {
  const base = answers[0]![0]!;
  const rows = base ? answers[0]!.map(({ question }) => question) : [];
  const values = Float64Array.from(
    rows.flatMap((_, r) =>
      answers.map((column) => {
        const { corrected, margin } = column[r]!;
        return (corrected === base.corrected ? 1 : -1) * Math.abs(margin);
      }),
    ),
  );
  const last = answers.at(-1)!;
  const n = rows.length * names.length;
  const { joint, byPicture, byWords, interaction } = interactionOf(answers);
  const flips = answers.flatMap((c) => c.filter((a) => a.corrected !== base.corrected)).length;
  const firm = last.filter((a) => a.corrected === base.corrected).length;
  const cells = (rows.length - 1) * (names.length - 1);
  return {
    statement: `${flips} of ${n} cells say something else than your wording on the clean picture. Picture and words together turn ${percent(joint)} of the cells, the picture alone ${percent(byPicture)}, the words alone ${percent(byWords)}: ${sign(interaction)}.`,
    quantities: [
      { id: "joint", label: "Turned by both", value: joint, unit: "share", n: cells },
      {
        id: "byPicture",
        label: "Turned by the picture alone",
        value: byPicture,
        unit: "share",
        n: names.length - 1,
      },
      {
        id: "byWords",
        label: "Turned by the words alone",
        value: byWords,
        unit: "share",
        n: rows.length - 1,
      },
      {
        id: "interaction",
        label: "Interaction (both less each alone)",
        value: interaction,
        unit: "share",
        n: cells,
      },
      {
        id: "firmAtEnd",
        label: "Wordings still as at first, strongest picture",
        value: firm / rows.length,
        unit: "share",
        n: rows.length,
      },
    ],
    plots: [
      {
        kind: "heat",
        id: "grid",
        title: `How firmly the first answer holds, by wording and ${isOwn ? "share of the disturbance" : "noise"}`,
        rows,
        columns: names,
        values,
        unit: "logits",
        middle: 0,
      },
    ],
    tables: [
      {
        id: "twoByTwo",
        title: "At full strength",
        columns: ["", "Your wording", "Other wordings"],
        rows: [
          ["Clean picture", base.corrected, said(answers[0]!.slice(1))],
          ["Disturbed picture", last[0]!.corrected, said(last.slice(1))],
        ],
      },
    ],
  };
}

function said(answers: readonly AnswerResult[]): string {
  const counts = new Map<string, number>();
  for (const { corrected } of answers) counts.set(corrected, (counts.get(corrected) ?? 0) + 1);
  return [...counts].map(([answer, count]) => `${answer} ${count}`).join(", ");
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function sign(interaction: number): string {
  if (Math.abs(interaction) < 0.005) return "together they do what each does alone";
  return interaction > 0 ? "together they do more" : "together they do less than the two added up";
}
