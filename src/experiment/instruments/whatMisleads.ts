/** When would it have misled me? For this picture and question, the smallest change of each kind that turns the answer. */
import { LabError } from "../../errors/labError.ts";
import { expandQuestions } from "../../language/questionBank.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { perceptibility } from "../../metrics/perceptibility.ts";
import { toByte } from "../../image/grayImage.ts";
import { resize } from "../../image/resize.ts";
import { significant } from "../../numerics/decimalText.ts";
import { percent } from "../../numerics/percentText.ts";
import { PERTURBATIONS } from "../../perturbations/registry.ts";
import type { PerturbationId } from "../../perturbations/registry.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { applyPerturbation, runAttack } from "../disturb.ts";
import { objectiveOf } from "../objectiveOf.ts";
import { readOut } from "../readout.ts";
import type { Readout } from "../results.ts";
import type { AttackItem, PerturbationItem } from "../spec.ts";
import type { Held, StageNews } from "../stage.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { ExperimentChange, InstrumentResult, RowPicture } from "./instrumentResult.ts";

type Given = Pick<Held, "system" | "input" | "clean">;

/** One way to turn the answer. */
interface Way {
  readonly kind: string;
  /** With its strength in words. */
  readonly what: string;
  readonly answer: string;
  /** Structural similarity of the changed picture to the untouched one; 1 where no pixel changed. */
  readonly ssim: number;
  readonly linf: number;
  /** The changed picture; null where only words changed. */
  readonly picture: RowPicture | null;
  readonly opens: ExperimentChange;
}

type Search<T> = AsyncGenerator<StageNews<never>, T>;

/** A share of yes or no below this is no decided answer. */
const UNSURE = 0.7;

/** Strengths tried up to the largest before halving in between. */
const COARSE = 6;
const HALVINGS = 4;

/** Side of a row's picture: large enough to see noise and a marker in. */
const PICTURE = 96;

export const whatMisleads = defineInstrument({
  id: "whatMisleads",
  label: "When would it have misled me?",
  group: "film",
  help: "Searches for the smallest noise, blur, rotation, exposure and compression, for other wordings, and for the smallest attack that turn the answer about this untouched picture. What is not found was not found by this search; it may still exist.",
  source:
    "Each perturbation's own strengths on a grid, then by halving; PGD per pixel (Madry et al. 2018) at 1, 2, 4, ... levels",
  params: {
    steps: {
      label: "Attack steps",
      unit: "",
      min: 2,
      max: 40,
      step: 1,
      default: 10,
      integer: true,
      help: "Gradient steps of each attack that is tried.",
    },
    reach: {
      label: "Largest attack",
      unit: "/255",
      min: 1,
      max: 16,
      step: 1,
      default: 8,
      integer: true,
      help: "Grey levels of 255 after which the search for an attack ends.",
    },
  },
  needs: ["system", "input", "clean"],
  obstacle: ({ clean }) => (clean.answer ? undefined : "This model has no answer that could turn."),
  async *run(given, scope) {
    const ways: Way[] = [];
    const kinds = Object.keys(PERTURBATIONS).filter((id) => id !== "paintedPatch");
    const total = kinds.length + 2;
    const answer = given.clean.answer!;
    const list = (tried: number) => resultOf(ways, { tried, total, answer });
    yield progress("Other wordings", 0, total);
    ways.push(...(await rewordings(given, scope)));
    yield { partial: list(1) };
    for (const [k, id] of kinds.entries()) {
      if (scope.context.signal.aborted) return undefined;
      yield progress(PERTURBATIONS[id as PerturbationId].label, k + 1, total);
      const way = await smallestPerturbation(id as PerturbationId, given, scope);
      if (!way) continue;
      ways.push(way);
      yield { partial: list(k + 2) };
    }
    yield progress("Attack", total - 1, total);
    const { way: attack, obstacle } = yield* attackIfAny(given, scope);
    if (scope.context.signal.aborted) return undefined;
    if (attack) ways.push(attack);
    return resultOf(ways, { tried: total, total, answer, obstacle });
  },
});

function progress(label: string, done: number, total: number): StageNews<never> {
  return { progress: { done, total, label } };
}

/** Wordings of the same question whose answer, corrected for negation, is another. */
async function rewordings({ system, input, clean }: Given, scope: InstrumentScope): Promise<Way[]> {
  const { question } = scope.spec;
  const understood = recognizeQuestion(question);
  const wordings = expandQuestions().filter(
    ({ canonicalId, equivalent, text }) =>
      canonicalId === understood.canonicalId && equivalent && text !== understood.text,
  );
  const { answers } = await system.read(input.image, wordings);
  return answers
    .filter(({ corrected }) => corrected !== clean.answer!.corrected)
    .map((answer) => ({
      kind: answer.polarity === -1 ? "negated wording" : "wording",
      what: answer.question,
      answer: answer.corrected,
      ssim: 1,
      linf: 0,
      picture: null,
      opens: { question: answer.question, on: [] },
    }));
}

/** The smallest strength that turns the answer, on a grid and then by halving; towards both ends where it has two. */
async function smallestPerturbation(
  id: PerturbationId,
  given: Given,
  scope: InstrumentScope,
): Promise<Way | undefined> {
  const { label, strength, params } = PERTURBATIONS[id];
  const meta = params[strength]!;
  const found: Way[] = [];
  for (const end of meta.min < 0 ? [meta.min, meta.max] : [meta.max]) {
    const at = async (value: number) => {
      const item: PerturbationItem = {
        id: `${id}-1`,
        type: "perturbation",
        perturbation: id,
        enabled: true,
        seed: scope.seed,
        params: { [strength]: value },
      };
      const { image } = applyPerturbation(given.input.image, given.input.size, item);
      return { item, image, readout: await said(given, scope, image) };
    };
    let low = 0;
    let turned: Awaited<ReturnType<typeof at>> | undefined;
    for (let k = 1; k <= COARSE && !turned; k++) {
      if (scope.context.signal.aborted) return undefined;
      const value = (end * k) / COARSE;
      const tried = await at(value);
      if (isTurned(given, tried.readout)) turned = tried;
      else low = value;
    }
    for (let k = 0; k < HALVINGS && turned; k++) {
      if (scope.context.signal.aborted) return undefined;
      const high = turned.item.params[strength]!;
      const tried = await at((low + high) / 2);
      if (isTurned(given, tried.readout)) turned = tried;
      else low = (low + high) / 2;
    }
    if (!turned) continue;
    const value = turned.item.params[strength]!;
    const inWords =
      meta.inWords?.(value) ??
      // A strength without a unit says something only beside its largest.
      `${significant(value, 3)} ${meta.unit || `of at most ${Math.abs(end)}`}`;
    found.push(wayOf(given, { kind: label, what: inWords, item: turned.item }, turned));
  }
  return found.toSorted((a, b) => b.ssim - a.ssim)[0];
}

/** A model without a gradient is searched in all other ways, and the result says so. */
async function* attackIfAny(
  given: Given,
  scope: InstrumentScope,
): Search<{ readonly way?: Way | undefined; readonly obstacle?: string }> {
  try {
    return { way: yield* smallestAttack(given, scope) };
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
    return { obstacle: "not tried: this model gives no gradient" };
  }
}

/** The smallest per-pixel attack: 1, 2, 4, ... levels until one turns the answer, then those in between. */
async function* smallestAttack(given: Given, scope: InstrumentScope): Search<Way | undefined> {
  const { system, input, clean } = given;
  const objective = objectiveOf(
    system,
    { kind: "untargeted" },
    { question: scope.spec.question, clean },
  );
  if (!system.evaluator(objective).lossAndGradient) return undefined;
  const { steps = 10, reach = 8 } = scope.params;
  const at = async (epsilon: number) => {
    const item: AttackItem = {
      id: "pgd-1",
      type: "attack",
      attack: "pgd",
      enabled: true,
      seed: scope.seed,
      norm: "linf",
      epsilon,
      steps,
      relativeStep: 0.25,
      restarts: 1,
      goal: { kind: "untargeted" },
    };
    const run = runAttack(
      { system, objective, aware: true },
      { image: input.image },
      item,
      scope.context,
    );
    for (;;) {
      const step = await run.next();
      if (!step.done) continue;
      const image = step.value?.image;
      if (!image) return undefined;
      const readout = await said(given, scope, image);
      return isTurned(given, readout) ? { item, image, readout } : undefined;
    }
  };
  let low = 0;
  let high = 1;
  let turned: Awaited<ReturnType<typeof at>>;
  for (; high <= reach && !turned; high = Math.min(2 * high, high < reach ? reach : Infinity)) {
    yield progress(`Attack of ${high}/255`, high, reach);
    turned = await at(high);
    if (scope.context.signal.aborted) return undefined;
    if (!turned) low = high;
    else break;
  }
  while (turned && turned.item.epsilon - low > 1) {
    const middle = Math.floor((low + turned.item.epsilon) / 2);
    yield progress(`Attack of ${middle}/255`, middle, reach);
    const tried = await at(middle);
    if (scope.context.signal.aborted) return undefined;
    if (tried) turned = tried;
    else low = middle;
  }
  if (!turned) return undefined;
  const { item } = turned;
  return wayOf(given, { kind: "PGD attack", what: `${item.epsilon} of 255 levels`, item }, turned);
}

function said({ system }: Given, { spec }: InstrumentScope, image: Float32Array): Promise<Readout> {
  return readOut(system, image, spec.question);
}

function isTurned({ clean }: Given, readout: Readout): boolean {
  return readout.answer!.corrected !== clean.answer!.corrected;
}

function wayOf(
  { input }: Given,
  {
    kind,
    what,
    item,
  }: Pick<Way, "kind" | "what"> & { readonly item: PerturbationItem | AttackItem },
  { image, readout }: { readonly image: Float32Array; readonly readout: Readout },
): Way {
  const { ssim, linf } = perceptibility(input.image, image, input.size, input.size);
  const answer = readout.answer!.corrected;
  const picture = pictureOf(image, input.size);
  return { kind, what, answer, ssim, linf, picture, opens: { on: [], add: item } };
}

function pictureOf(image: Float32Array, size: number): RowPicture {
  const { data } = resize({ rows: size, cols: size, data: image }, PICTURE, PICTURE);
  return { size: PICTURE, data: Uint8Array.from(data, toByte) };
}

function named({ kind, what, opens }: Way): string {
  return opens.add ? `${kind} (${what})` : `the ${kind} “${what}”`;
}

/** The least visible first. */
function resultOf(
  ways: readonly Way[],
  {
    tried,
    total,
    answer,
    obstacle,
  }: {
    readonly tried: number;
    /** More than `tried` while the search goes on. */
    readonly total: number;
    readonly answer: AnswerResult;
    readonly obstacle?: string | undefined;
  },
): InstrumentResult {
  const ranked = ways.toSorted((a, b) => b.ssim - a.ssim || a.linf - b.linf);
  const [first] = ranked;
  // All wordings are one kind of change, as they are one of those tried.
  const words = ways.filter(({ opens }) => opens.add === undefined).length;
  const kinds = ways.length - words + (words > 0 ? 1 : 0);
  const others = words === 1 ? "one other wording" : `${words} other wordings`;
  const { corrected } = answer;
  const surest = answer.probabilities[answer.answer] ?? 1;
  const unsure =
    surest < UNSURE
      ? ` It was hardly sure of it: ${percent(surest)}, where 50% is the toss of a coin.`
      : "";
  return {
    statement: first
      ? `The answer “${corrected}” is turned by ${kinds} of ${tried} kinds of change${tried < total ? " tried so far" : ""}${words > 0 ? `, among them ${others}` : ""}; the least visible is ${named(first)}.${unsure}`
      : `Nothing that was tried${tried < total ? " so far" : ""} turns the answer “${corrected}”.`,
    quantities: [
      {
        id: "ways",
        label: "Kinds of change that turn the answer",
        value: kinds,
        unit: "",
        note: tried < total ? `of ${tried} tried so far, ${total} in all` : `of ${tried} tried`,
      },
      {
        id: "smallestAttack",
        label: "Smallest attack per pixel",
        // Whole levels, as the attack was given them.
        value: Math.round(255 * (ways.find(({ kind }) => kind === "PGD attack")?.linf ?? NaN)),
        unit: "/255",
        ...(obstacle === undefined
          ? tried < total
            ? { note: "tried last" }
            : {}
          : { note: obstacle }),
      },
    ],
    tables: [
      {
        id: "ways",
        title: "The least visible first",
        columns: [
          "Change",
          "Strength",
          "Answer",
          "Similarity (SSIM)",
          "Largest pixel change, /255",
        ],
        rows: ranked.map(({ kind, what, answer: turned, ssim, linf }) => [
          kind,
          what,
          turned,
          ssim,
          Math.round(255 * linf),
        ]),
        pictures: ranked.map(({ picture }) => picture),
        opens: ranked.map(({ opens }) => opens),
      },
    ],
  };
}
