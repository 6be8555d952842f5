/**
 * Causal interchange (activation patching): one run is given an inner value of another, and the margin says what that value
 * was worth. Between the clean and the disturbed picture, or between two wordings of the question.
 */
import { paraphrasesOf } from "../../language/paraphrases.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { rowOf } from "../../model/innerModel.ts";
import type { InnerModel, InnerPatch, InnerResult, InnerSite } from "../../model/innerModel.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import type { System } from "../../system/system.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import { BARE, marginOf, noInside, orObstacle, promptOf, noAnswerSites } from "../insideOf.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import type { StageNews } from "../stage.ts";
import { decimal, withMinus } from "../../numerics/decimalText.ts";

/** A whole effect below this, in logits, leaves nothing to trace. */
const LEAST = 0.01;
/** Other wordings that are asked to find the one that differs most. */
const WORDINGS = 7;

/** What is swapped, as the columns have it. */
const SWAPS = ["query", "key", "value", "keys and values", "output", "stream"] as const;
type Swap = (typeof SWAPS)[number];

const SWAP_SITES: Readonly<Record<Swap, readonly InnerSite["role"][]>> = {
  query: ["query"],
  key: ["key"],
  value: ["value"],
  "keys and values": ["key", "value"],
  output: ["output"],
  stream: ["stream"],
};

/** Two runs of the model; values go from the first into the second. */
interface Exchange {
  readonly source: InnerResult;
  readonly base: InnerResult;
  readonly image: Float32Array;
  readonly promptIds: readonly number[];
  /** Answering positions, where wordings are exchanged; undefined where pictures are, and text positions agree. */
  readonly positions: readonly [number, number] | undefined;
  readonly margin: (logits: Float32Array) => number;
  /** What differs, in words. */
  readonly between: string;
}

export const causalInterchange = defineInstrument({
  id: "causalInterchange",
  label: "Which part carries the difference?",
  group: "stages",
  help: "Gives the run on the disturbed picture one inner value of the run on the clean picture (or your wording one of another wording) and measures how the margin of the answer moves: the parts that move it are those through which the difference travels. Parts are swapped one at a time, so what two carry together, or each as well as the other, is not seen.",
  source:
    "Activation patching: Vig et al. 2020 (arXiv:2004.12265) and Meng et al. 2022 (arXiv:2202.05262); queries, keys, values, attention outputs and block outputs, by layer and head",
  params: {
    between: {
      label: "Between",
      unit: "",
      min: 0,
      max: 1,
      step: 1,
      default: 0,
      integer: true,
      choices: [0, 1],
      choiceNames: ["clean and disturbed picture", "your wording and the one that differs most"],
      help: "Whose inner values are given to whom. Of texts, which differ in length, only the answering position is exchanged.",
    },
  },
  needs: ["model", "input", "disturbed"],
  obstacle: ({ model }) => noInside(model),
  async *run({ model, input, disturbed }, scope) {
    const { params, context } = scope;
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const sites = await orObstacle(() => inner.innerSites());
    if (typeof sites === "string") return obstructed(sites);
    const unseen = noAnswerSites(sites);
    if (unseen !== undefined) return obstructed(unseen);
    const pictures = { clean: input.image, disturbed: disturbed.image };
    const opened = { model, inner, sites };
    const exchange = await orObstacle(() =>
      params["between"] === 1
        ? betweenWordings(opened, input.image, scope)
        : betweenPictures(opened, pictures, scope),
    );
    if (typeof exchange === "string") return obstructed(exchange);
    if (!exchange || context.signal.aborted) return undefined;
    const swapped = yield* swapAll(inner, sites, exchange, scope);
    return swapped && resultOf(swapped, exchange);
  },
});

function obstructed(obstacle: string): InstrumentResult {
  return { statement: obstacle, quantities: [], obstacle };
}

const idsOf = (sites: readonly InnerSite[]) => sites.map(({ id }) => id);

/** A model with its inside. */
interface Opened {
  readonly model: System;
  readonly inner: InnerModel;
  readonly sites: readonly InnerSite[];
}

async function betweenPictures(
  { model, inner, sites }: Opened,
  { clean, disturbed }: { readonly clean: Float32Array; readonly disturbed: Float32Array },
  { spec: { question }, context }: InstrumentScope,
): Promise<Exchange | string> {
  if (clean === disturbed)
    return "Nothing disturbs the picture, so there is no difference to trace.";
  const promptIds = promptOf(model, question);
  const [reading] = (await model.read(clean, [recognizeQuestion(question)])).answers;
  const { margin } = marginOf(model, question, reading!);
  const source = await inner.innerRun({ image: clean, promptIds, read: idsOf(sites) });
  await context.yieldToHost();
  const base = await inner.innerRun({ image: disturbed, promptIds, read: idsOf(sites) });
  const between = `the clean picture's answer "${reading!.corrected}", from the disturbed picture to the clean one`;
  return { source, base, image: disturbed, promptIds, positions: undefined, margin, between };
}

async function betweenWordings(
  { model, inner, sites }: Opened,
  image: Float32Array,
  { spec: { question }, context }: InstrumentScope,
): Promise<Exchange | string | undefined> {
  const understood = recognizeQuestion(question);
  const promptIds = promptOf(model, question);
  const [reading] = (await model.read(image, [understood])).answers;
  const { margin } = marginOf(model, question, reading!);
  const base = await inner.innerRun({ image, promptIds, read: idsOf(sites) });
  const own = margin(base.logits);
  let widest: { wording: string; prompt: readonly number[]; difference: number } | undefined;
  for (const { text, polarity } of paraphrasesOf(understood, WORDINGS)) {
    // A negated wording asks for the other word: its margin is another number, not a difference of this one.
    if (polarity !== understood.polarity) continue;
    await context.yieldToHost();
    if (context.signal.aborted) return undefined;
    const prompt = promptOf(model, text);
    const other = await orObstacle(() => inner.innerRun({ image, promptIds: prompt }));
    if (typeof other === "string") continue;
    const difference = Math.abs(margin(other.logits) - own);
    if (!(difference <= (widest?.difference ?? 0))) widest = { wording: text, prompt, difference };
  }
  if (!widest)
    return "No other wording of this question with the same yes and no is known, so there is nothing to exchange.";
  const { wording, prompt } = widest;
  const source = await inner.innerRun({ image, promptIds: prompt, read: idsOf(sites) });
  const positions = [prompt.length - 1, promptIds.length - 1] as const;
  const between = `the answer "${reading!.corrected}", from your wording towards "${wording}"`;
  return { source, base, image, promptIds, positions, margin, between };
}

/** Effects on the margin, in logits. */
interface Swapped {
  /** One row per attention, in order. */
  readonly rows: readonly {
    readonly label: string;
    readonly swaps: Readonly<Record<Swap, number>>;
    /** The attention's output, head by head. */
    readonly heads: readonly number[];
  }[];
  /** Margin of the source less that of the base: what swapping everything would do. */
  readonly whole: number;
  /** Largest effect of a run's own value in its place: 0 but for rounding. */
  readonly null: number;
  /** Largest effect of swapping what comes from the picture alone between wordings; NaN between pictures. */
  readonly pictureOnly: number;
}

async function* swapAll(
  inner: InnerModel,
  sites: readonly InnerSite[],
  exchange: Exchange,
  { context }: InstrumentScope,
): AsyncGenerator<StageNews<never>, Swapped | undefined> {
  const { source, base, image, promptIds, positions, margin } = exchange;
  const outputs = sites.filter(({ role, block }) => role === "output" || block === "connector");
  const headsOf = ({ role, heads }: InnerSite) => (role === "output" ? heads : 0);
  const isAlone = ({ rows }: InnerSite) => positions !== undefined && rows?.isPictureAlone === true;
  const passesOf = (site: InnerSite) => SWAPS.length + headsOf(site) + 1 + (isAlone(site) ? 1 : 0);
  const total = outputs.reduce((sum, site) => sum + passesOf(site), 0);
  const start = margin(base.logits);
  let done = 0;
  const effect = async (patches: readonly InnerPatch[]) => {
    done++;
    await context.yieldToHost();
    if (context.signal.aborted || patches.length === 0) return NaN;
    const { logits } = await inner.innerRun({ image, promptIds, patches });
    return margin(logits) - start;
  };
  const rows: Swapped["rows"][number][] = [];
  const [nulls, fromPicture]: [number[], number[]] = [[], []];
  for (const output of outputs) {
    yield { progress: { done, total, label: `Swapping the ${output.label}` } };
    const siblings = sites.filter(
      ({ part, block, index }) =>
        part === output.part && block === output.block && index === output.index,
    );
    const swaps = {} as Record<Swap, number>;
    for (const swap of SWAPS) {
      const chosen = siblings.filter(({ role }) => SWAP_SITES[swap].includes(role));
      swaps[swap] = await effect(chosen.map((site) => patchOf(site, source, positions)));
    }
    const heads: number[] = [];
    for (let head = 0; head < headsOf(output); head++) {
      heads.push(await effect([patchOf(output, source, positions, head)]));
    }
    nulls.push(Math.abs(await effect([{ site: output.id, value: base.states[output.id]! }])));
    const isOfPicture = output.part === "encoder" || output.block === "crossAttention";
    // A connector has one value alone.
    const kept = isOfPicture ? swaps[output.role === "output" ? "keys and values" : "stream"] : NaN;
    if (positions && isOfPicture) fromPicture.push(Math.abs(kept));
    // Words and picture in one sequence: the picture's keys and values, where the question stands behind it.
    if (isAlone(output)) {
      const keys = siblings.filter(({ role }) => SWAP_SITES["keys and values"].includes(role));
      fromPicture.push(Math.abs(await effect(keys.map((site) => picturePatch(site, source)))));
    }
    if (context.signal.aborted) return undefined;
    rows.push({ label: output.label, swaps, heads });
  }
  return {
    rows,
    whole: margin(source.logits) - start,
    null: Math.max(...nulls),
    pictureOnly: positions ? Math.max(...fromPicture.filter(Number.isFinite)) : NaN,
  };
}

/** The source's value for a site: all of it, one head of it, and of a text its answering position where texts differ. */
function patchOf(
  site: InnerSite,
  { states }: InnerResult,
  positions: Exchange["positions"],
  head?: number,
): InnerPatch {
  const { id, part, block, role, shape } = site;
  const from = states[id]!;
  const isOfText = part === "answer" && !(block === "crossAttention" && /key|value/.test(role));
  const mask = new Float32Array(sizeOf(shape));
  const value = from.slice();
  const places = strides(shape, role);
  const [theirs = 0, own = 0] = (positions ?? []).map((position) => rowOf(site, position));
  for (let i = 0; i < mask.length; i++) {
    const isHead = head === undefined || Math.floor(i / places.perHead) === head;
    const row = Math.floor(i / places.stride) % places.count;
    const isPlace = !positions || !isOfText || row === own;
    if (!isHead || !isPlace) continue;
    mask[i] = 1;
    if (positions && isOfText) value[i] = from[i + (theirs - own) * places.stride]!;
  }
  return { site: id, value, mask };
}

/** The source's values for the picture's rows of a site that words share. */
function picturePatch({ id, shape, role, rows }: InnerSite, { states }: InnerResult): InnerPatch {
  const value = states[id]!;
  const picture = new Set(rows?.picture);
  const { stride, count } = strides(shape, role);
  const mask = value.map((_, i) => (picture.has(Math.floor(i / stride) % count) ? 1 : 0));
  return { site: id, value, mask };
}

/** Where text positions and heads lie in a site: [1, T, D], [1, H, T, d], or keys ready to be multiplied, [1, H, d, T]. */
function strides(shape: readonly number[], role: InnerSite["role"]) {
  const [, heads = 1] = shape;
  const [before = 1, last = 1] = shape.slice(-2);
  const perHead = role === "stream" ? sizeOf(shape) : sizeOf(shape) / heads;
  return role === "key"
    ? { stride: 1, count: last, perHead }
    : { stride: last, count: before, perHead };
}

function resultOf(
  { rows, whole, null: own, pictureOnly }: Swapped,
  { positions, between }: Exchange,
): InstrumentResult {
  if (Math.abs(whole) < LEAST) {
    return obstructed(
      `The margin differs by ${decimal(Math.abs(whole), 3)} logits only: there is nothing to trace.`,
    );
  }
  const heads = Math.max(...rows.map((row) => row.heads.length));
  const columns = [...SWAPS, ...Array.from({ length: heads }, (_, k) => `head ${k + 1}`)];
  const values = rows.flatMap((row) => [
    ...SWAPS.map((swap) => row.swaps[swap]),
    ...Array.from({ length: heads }, (_, k) => row.heads[k] ?? NaN),
  ]);
  const share = (effect: number) => effect / whole;
  const ranked = rows
    .flatMap((row) =>
      row.heads.map((effect, k) => ({ name: `head ${k + 1} of the ${row.label}`, effect })),
    )
    .sort((a, b) => share(b.effect) - share(a.effect));
  const strongest = ranked.slice(0, 3);
  const words = strongest.map(
    ({ name, effect }) => `${name} (${decimal(100 * share(effect), 0)} %)`,
  );
  return {
    statement: `Of ${decimal(whole, 2)} logits of margin for ${between}, single heads carry most in ${words.join(", ")}: a targeted adapter would begin there. A run's own value in its own place moves the margin by ${withMinus(own.toExponential(0))} logits${
      positions
        ? `, and what comes from the picture alone by ${withMinus(pictureOnly.toExponential(0))}, as it must`
        : ", as it must"
    }. ${BARE}`,
    quantities: [
      { id: "whole", label: "Difference of the margins", value: whole, unit: "logits" },
      {
        id: "strongest",
        label: `Carried by ${strongest[0]!.name}`,
        value: strongest[0]!.effect,
        unit: "logits",
      },
      {
        id: "null",
        label: "Null test: a run's own value in its place",
        value: own,
        unit: "logits",
        n: rows.length,
      },
      {
        id: "pictureOnly",
        label: "Null test: keys and values of the picture, between wordings",
        value: pictureOnly,
        unit: "logits",
        ...(positions ? {} : { note: "wordings are not exchanged" }),
      },
    ],
    plots: [
      {
        kind: "heat",
        id: "effect",
        title: "Effect of each swap on the margin",
        rows: rows.map(({ label }) => label),
        columns,
        values: Float64Array.from(values),
        unit: "logits",
        middle: 0,
      },
    ],
    tables: [
      {
        id: "heads",
        title: "Heads by what they carry",
        columns: ["Head", "Effect, logits", "Share of the difference, %"],
        rows: ranked.slice(0, 12).map(({ name, effect }) => [name, effect, 100 * share(effect)]),
      },
    ],
  };
}
