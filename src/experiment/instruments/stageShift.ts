/** Where along the model the disturbance shows, and where two wordings part: states after every block, compared. */
import { paraphrasesOf } from "../../language/paraphrases.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { linearCka } from "../../metrics/representation.ts";
import type { InnerResult, InnerSite } from "../../model/innerModel.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { cosine, l2Norm, subtract } from "../../tensor/norms.ts";
import { BARE, noInside, orObstacle, promptOf, noAnswerSites } from "../insideOf.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, LinePlot, Quantity, ResultTable } from "./instrumentResult.ts";

/** One stage, clean against disturbed. */
interface Shift {
  readonly site: InnerSite;
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
      streams.forEach((site, k) =>
        recordRows(
          context,
          `instrument.stageShift.${name}.${k}`,
          statesOf(result as InnerResult, site, position),
        ),
      );
    }
    const shifts: Shift[] = [];
    for (const site of streams) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      shifts.push(
        shiftAt(site, clean.result as InnerResult, moved.result as InnerResult, position),
      );
    }
    return resultOf(shifts, partings, disturbed.image === input.image);
  },
});

function obstructed(obstacle: string): InstrumentResult {
  return { statement: obstacle, quantities: [], obstacle };
}

/** The state of one position, [D]. */
function rowAt({ states }: InnerResult, { id, shape }: InnerSite, position: number): Float32Array {
  const width = shape.at(-1)!;
  return states[id]!.subarray(position * width, (position + 1) * width);
}

/** Of a picture all tokens, of a text what stands up to the answering position; behind it is padding. */
function statesOf(
  { states }: InnerResult,
  { id, part, shape }: InnerSite,
  position: number,
): readonly Float32Array[] {
  const width = shape.at(-1)!;
  const rows = part === "answer" ? position + 1 : shape[1]!;
  return Array.from({ length: rows }, (_, k) => states[id]!.subarray(k * width, (k + 1) * width));
}

function shiftAt(site: InnerSite, a: InnerResult, b: InnerResult, position: number): Shift {
  const width = site.shape.at(-1)!;
  // Of a text only what stands up to the answering position; behind it is padding.
  const rows = site.part === "answer" ? position + 1 : site.shape[1]!;
  const [x, y] = [a, b].map(({ states }) => states[site.id]!.subarray(0, rows * width));
  return {
    site,
    cosine: cosine(x!, y!),
    cka: linearCka(x!, y!, rows),
    relative: l2Norm(subtract(x!, y!)) / l2Norm(x!),
  };
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
  const answer = shifts.filter(({ site }) => site.part === "answer");
  const steepest = shifts.reduce((worst, _each, k) => {
    const fall = (at: number) => (shifts[at - 1]?.cosine ?? 1) - shifts[at]!.cosine;
    return fall(k) > fall(worst) ? k : worst;
  }, 0);
  const [tokens, last] = [encoder.at(-1)!, answer.at(-1)!];
  const asked = partings.filter(({ cosines }) => cosines.length > 0);
  const parted = asked.length > 0 ? mean(asked.at(-1)!.cosines) : NaN;
  return {
    statement: `${
      isSame
        ? "Nothing disturbs the picture, so its states are the same at every stage."
        : `The disturbance turns the picture's last tokens to a cosine of ${tokens.cosine.toFixed(3)} and the state that answers to ${last.cosine.toFixed(3)}; the steepest fall is at the ${shifts[steepest]!.site.label}.`
    }${
      asked.length > 0
        ? ` Your wording and ${asked[0]!.cosines.length} others end at a mean cosine of ${parted.toFixed(3)} at the answering position.`
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
  return {
    kind: "lines",
    id: "shift",
    title: "Clean against disturbed picture",
    x: { label: `Stage, in order (the answering side begins at ${cut + 1})`, unit: "" },
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
    rows: shifts.map(({ site, cka, relative, ...shift }) => {
      const found = partings.find((parting) => parting.site.id === site.id);
      const known = found && found.cosines.length > 0 ? mean(found.cosines) : null;
      return [site.label, shift.cosine, Number.isNaN(cka) ? null : cka, relative, known];
    }),
  };
}
