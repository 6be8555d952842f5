/** Where along the model the disturbance shows, and where two wordings part: states after every block, compared. */
import { paraphrasesOf } from "../../language/paraphrases.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { linearCka } from "../../metrics/representation.ts";
import { rowOf, wordRows } from "../../model/innerModel.ts";
import type { InnerResult, InnerSite } from "../../model/innerModel.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { cosine, l2Norm, subtract } from "../../tensor/norms.ts";
import { BARE, noInside, orObstacle, promptOf, noAnswerSites } from "../insideOf.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, LinePlot, Quantity, ResultTable } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** One stage, clean against disturbed. */
interface Shift {
  readonly site: InnerSite;
  /** Whose states; of the language side both may stand in one sequence. */
  readonly of: "picture" | "words";
  readonly cosine: number;
  readonly cka: number;
  readonly relative: number;
}

/** One stage of the answering side, the reader's wording against others. */
interface Parting {
  readonly site: InnerSite;
  /** At the answering position, one per other wording. */
  readonly cosines: readonly number[];
}

export const stageShift = defineInstrument({
  id: "stageShift",
  label: "Where the model's states move",
  group: "stages",
  help: "Compares the model's inner states after every block, for the clean and the disturbed picture and for your wording and others, from the first tokens of the picture to the word that is answered. It shows where states move, not which move matters: a small turn in the right direction flips an answer, and a large one may not.",
  source:
    "Cosine of the states; linear CKA over tokens: Kornblith et al. 2019, Similarity of Neural Network Representations Revisited (arXiv:1905.00414), equation 4",
  params: {
    wordings: {
      label: "Other wordings",
      unit: "",
      min: 0,
      max: 12,
      step: 1,
      default: 5,
      integer: true,
      help: "Paraphrases of the question whose states are compared with your wording's; one pass each.",
    },
  },
  needs: ["model", "input", "disturbed"],
  obstacle: ({ model }) => noInside(model),
  async *run({ model, input, disturbed }, { spec, params, context }) {
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const sites = await orObstacle(() => inner.innerSites());
    if (typeof sites === "string") return obstructed(sites);
    const unseen = noAnswerSites(sites);
    if (unseen !== undefined) return obstructed(unseen);
    const streams = sites.filter(({ role }) => role === "stream");
    const read = streams.map(({ id }) => id);
    const understood = recognizeQuestion(spec.question);
    const { wordings = 5 } = params;
    const others = paraphrasesOf(understood, wordings).map(({ text }) => text);
    const total = 2 + others.length;
    const look = async (image: Float32Array, question: string) => {
      await context.yieldToHost();
      const promptIds = promptOf(model, question);
      const result = await orObstacle(() => inner.innerRun({ image, promptIds, read }));
      return { result, position: promptIds.length - 1 };
    };
    const label = "Looking inside the model";
    yield { progress: { done: 0, total, label } };
    const clean = await look(input.image, spec.question);
    if (typeof clean.result === "string") return obstructed(clean.result);
    if (context.signal.aborted) return undefined;
    yield { progress: { done: 1, total, label } };
    const moved = await look(disturbed.image, spec.question);
    if (typeof moved.result === "string") return obstructed(moved.result);
    const partings = streams
      .filter(({ part }) => part === "answer")
      .map((site) => ({ site, cosines: [] as number[] }));
    for (const [k, question] of others.entries()) {
      if (context.signal.aborted) return undefined;
      yield { progress: { done: 2 + k, total, label } };
      const other = await look(input.image, question);
      // A wording that is too long to be looked at is left out.
      if (typeof other.result === "string") continue;
      for (const { site, cosines } of partings) {
        const [own, theirs] = [clean, other].map(({ result, position }) =>
          rowAt(result as InnerResult, site, position),
        );
        cosines.push(cosine(own!, theirs!));
      }
    }
    const { position } = clean;
    for (const [name, { result }] of [
      ["clean", clean],
      ["disturbed", moved],
    ] as const) {
      compared(streams).forEach(({ site, of: whose }, k) =>
        recordRows(
          context,
          `instrument.stageShift.${name}.${k}`,
          statesOf(result as InnerResult, site, rowsFor(site, whose, position)),
        ),
      );
    }
    const shifts: Shift[] = [];
    for (const { site, of: whose } of compared(streams)) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const rows = rowsFor(site, whose, position);
      const [x, y] = [clean, moved].map(({ result }) =>
        joined(statesOf(result as InnerResult, site, rows)),
      );
      shifts.push({
        site,
        of: whose,
        cosine: cosine(x!, y!),
        cka: linearCka(x!, y!, rows.length),
        relative: l2Norm(subtract(x!, y!)) / l2Norm(x!),
      });
    }
    return resultOf(shifts, partings, disturbed.image === input.image);
  },
});

function obstructed(obstacle: string): InstrumentResult {
  return { statement: obstacle, quantities: [], obstacle };
}

/** The state of one of the prompt's positions, [D]. */
function rowAt(result: InnerResult, site: InnerSite, position: number): Float32Array {
  return statesOf(result, site, [rowOf(site, position)])[0]!;
}

/** What is compared, in order: the picture's tokens through every stage they pass, then the words. */
function compared(streams: readonly InnerSite[]): readonly Pick<Shift, "site" | "of">[] {
  const ofPicture = streams.filter(
    ({ part, rows }) => part === "encoder" || (rows?.picture.length ?? 0) > 0,
  );
  const ofWords = streams.filter(({ part }) => part === "answer");
  return [
    ...ofPicture.map((site) => ({ site, of: "picture" as const })),
    ...ofWords.map((site) => ({ site, of: "words" as const })),
  ];
}

/** Of a picture all tokens, of a text what stands up to the answering position; behind it is padding. */
function rowsFor(site: InnerSite, of: Shift["of"], position: number): readonly number[] {
  if (of === "words") return wordRows(site, position);
  return site.rows?.picture ?? Array.from({ length: site.shape[1]! }, (_, k) => k);
}

function statesOf(
  { states }: InnerResult,
  { id, shape }: InnerSite,
  rows: readonly number[],
): readonly Float32Array[] {
  const width = shape.at(-1)!;
  return rows.map((row) => states[id]!.subarray(row * width, (row + 1) * width));
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, k) => all.set(row, k * width));
  return all;
}

function nameOf({ site, of: whose }: Pick<Shift, "site" | "of">): string {
  return site.part === "answer" && whose === "picture"
    ? `${site.label}, picture’s tokens`
    : site.label;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function resultOf(
  shifts: readonly Shift[],
  partings: readonly Parting[],
  isSame: boolean,
): InstrumentResult {
  const encoder = shifts.filter(({ site }) => site.part === "encoder");
  const answer = shifts.filter(({ of: whose }) => whose === "words");
  const steepest = shifts.reduce((worst, _each, k) => {
    // Words begin as they are in both runs: from the picture's last stage to their first is no step.
    const before = (at: number) => {
      const each = shifts[at - 1];
      return each?.of === shifts[at]!.of ? each.cosine : 1;
    };
    const fall = (at: number) => before(at) - shifts[at]!.cosine;
    return fall(k) > fall(worst) ? k : worst;
  }, 0);
  const [tokens, last] = [encoder.at(-1)!, answer.at(-1)!];
  const asked = partings.filter(({ cosines }) => cosines.length > 0);
  const parted = asked.length > 0 ? mean(asked.at(-1)!.cosines) : NaN;
  return {
    statement: `${
      isSame
        ? "Nothing disturbs the picture, so its states are the same at every stage."
        : `The disturbance turns the picture's last tokens to a cosine of ${decimal(tokens.cosine, 3)} and the state that answers to ${decimal(last.cosine, 3)}; the steepest fall is at the ${nameOf(shifts[steepest]!)}.`
    }${
      asked.length > 0
        ? ` Your wording and ${asked[0]!.cosines.length} others end at a mean cosine of ${decimal(parted, 3)} at the answering position.`
        : ""
    } ${BARE}`,
    quantities: [
      of(
        "cosine.tokens",
        "Cosine of the picture's last tokens, clean and disturbed",
        tokens.cosine,
      ),
      of("cka.tokens", "Linear CKA of the picture's last tokens", tokens.cka, tokens.site.shape[1]),
      of("cosine.answer", "Cosine of the question's last states, clean and disturbed", last.cosine),
      of("cka.answer", "Linear CKA of the question's last states", last.cka),
      of(
        "wordings.answer",
        "Cosine of the answering position, your wording and others",
        parted,
        asked[0]?.cosines.length,
      ),
    ],
    plots: [shiftPlot(shifts), ...(asked.length > 0 ? [partingPlot(asked)] : [])],
    tables: [tableOf(shifts, partings)],
  };
}

function of(id: string, label: string, value: number, n?: number): Quantity {
  const note = Number.isNaN(value) ? { note: "nothing to compare" } : {};
  return { id, label, value, unit: "", ...(n === undefined ? {} : { n }), ...note };
}

function shiftPlot(shifts: readonly Shift[]): LinePlot {
  const x = Float64Array.from(shifts, (_, k) => k + 1);
  const cut = shifts.findIndex(({ site }) => site.part === "answer");
  const words = shifts.findIndex(({ of: whose }) => whose === "words");
  return {
    kind: "lines",
    id: "shift",
    title: "Clean against disturbed picture",
    x: {
      label:
        words > cut
          ? `Stage, in order (the answering side begins at ${cut + 1}, its words at ${words + 1})`
          : `Stage, in order (the answering side begins at ${cut + 1})`,
      unit: "",
    },
    y: { label: "Agreement of the states", unit: "" },
    series: [
      { name: "cosine", x, y: Float64Array.from(shifts, (shift) => shift.cosine) },
      { name: "CKA", x, y: Float64Array.from(shifts, ({ cka }) => cka) },
    ],
  };
}

function partingPlot(partings: readonly Parting[]): LinePlot {
  const x = Float64Array.from(partings, (_, k) => k + 1);
  return {
    kind: "lines",
    id: "wordings",
    title: "Where wordings part",
    x: { label: "Stage of the answering side, in order", unit: "" },
    y: { label: "Cosine at the answering position", unit: "" },
    series: [
      {
        name: "mean over wordings",
        x,
        y: Float64Array.from(partings, ({ cosines }) => mean(cosines)),
        low: Float64Array.from(partings, ({ cosines }) => Math.min(...cosines)),
        high: Float64Array.from(partings, ({ cosines }) => Math.max(...cosines)),
      },
    ],
  };
}

function tableOf(shifts: readonly Shift[], partings: readonly Parting[]): ResultTable {
  return {
    id: "stages",
    title: "Every stage",
    columns: ["Stage", "Cosine", "CKA", "Change / length", "Wordings' cosine (mean)"],
    rows: shifts.map((shift) => {
      const { site, cka, relative } = shift;
      const found =
        shift.of === "words" ? partings.find((parting) => parting.site.id === site.id) : undefined;
      const known = found && found.cosines.length > 0 ? mean(found.cosines) : null;
      return [nameOf(shift), shift.cosine, Number.isNaN(cka) ? null : cka, relative, known];
    }),
  };
}
