/** Whether the maps stay faithful while an attack works: deletion and insertion at pictures along the last attack's path. */
import type { AttackIterate } from "../../attacks/attack.ts";
import { pixelsByCell } from "../../explanations/cells.ts";
import {
  curveArea,
  rankingCurve,
  saliencyOrder,
  substrateImage,
} from "../../metrics/deletionInsertion.ts";
import { randomStream } from "../../numerics/random.ts";
import { explained } from "../explain/explanationInstrument.ts";
import type { Subject } from "../explain/explainer.ts";
import { EXPLAINERS, METHOD_PARAM } from "../explain/explainers.ts";
import { probabilityOf } from "../explain/score.ts";
import { SUBSTRATES, SUBSTRATE_WORDS, substrateParam } from "../explain/substrates.ts";
import { readOut } from "../readout.ts";
import { lastAttack } from "../stages/madeAgain.ts";
import { evenly } from "./attackReplay.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult, LinePlot } from "./instrumentResult.ts";
import type { StageNews } from "../stage.ts";

/** One picture of the path. */
interface Tested {
  readonly step: number;
  readonly answer: string;
  /** Probability of its own answer. */
  readonly whole: number;
  readonly deletion: number;
  readonly insertion: number;
  readonly deletionByChance: number;
  readonly insertionByChance: number;
}

export const faithfulnessPath = defineInstrument({
  id: "faithfulnessPath",
  label: "Faithfulness along the attack",
  group: "explanations",
  help: "Takes pictures from the path of the last attack, makes a map of each for the answer that it gets, and tests that map by taking parts away and by showing them, beside a random order of the same parts. A map that is worth nothing at the step where the answer turns explains neither answer; each picture is tested by the probability of its own answer, so areas of pictures with different answers are not the same quantity.",
  source:
    "Petsiuk, Das & Saenko 2018 (arXiv:1806.07421), deletion and insertion; the attack's own iterates",
  params: {
    method: METHOD_PARAM,
    pictures: {
      label: "Pictures",
      unit: "",
      min: 2,
      max: 12,
      step: 1,
      default: 4,
      integer: true,
      help: "Of the path, the first and the last among them.",
    },
    steps: {
      label: "Steps",
      unit: "a curve",
      min: 4,
      max: 32,
      step: 1,
      default: 8,
      integer: true,
      help: "Points of each curve after the first; four curves a picture.",
    },
    substrate: substrateParam("What stands where a part is taken away."),
  },
  needs: ["model", "system", "input", "clean", "disturbed"],
  async *run(given, scope) {
    const { params, spec, seed, context } = scope;
    const explainer = EXPLAINERS[params["method"] ?? METHOD_PARAM.default]!;
    const { system, input, clean } = given;
    const obstacle = explainer.obstacle?.({ system, reading: clean });
    if (obstacle !== undefined) return obstructed(obstacle);
    const again = await lastAttack(given, scope);
    if (context.signal.aborted) return undefined;
    if (!again) return obstructed("There is no attack in the stack whose path could be tested.");
    const path: AttackIterate[] = [];
    const run = again.run();
    for (;;) {
      const step = await run.next();
      if (step.done) {
        if (!step.value) return undefined;
        break;
      }
      path.push(step.value);
      yield {
        progress: { done: path.length, total: 0, label: `The attack's path: step ${path.length}` },
      };
    }
    const kept = evenly(path, params["pictures"] ?? 4);
    const tested: Tested[] = [];
    for (const iterate of kept) {
      const label = `Picture ${tested.length + 1} of ${kept.length}`;
      yield { progress: { done: tested.length, total: kept.length, label } };
      const reading = await readOut(system, iterate.current, spec.question);
      if (context.signal.aborted) return undefined;
      const subject = {
        system,
        image: iterate.current,
        size: input.size,
        reading,
        question: spec.question,
      };
      const map = yield* explained(explainer, subject, { params: {}, seed, context });
      const made = map && (yield* test(subject, { ...map, step: iterate.step }, scope));
      if (!made) return undefined;
      tested.push(made);
      if (tested.length > 1 && tested.length < kept.length)
        yield { partial: resultOf(explainer.label, tested, params) };
    }
    return resultOf(explainer.label, tested, params);
  },
});

async function* test(
  subject: Subject,
  {
    values,
    grid,
    step,
  }: {
    readonly values: Float32Array;
    readonly grid: readonly [number, number];
    readonly step: number;
  },
  { params, seed, context }: InstrumentScope,
): AsyncGenerator<StageNews<never>, Tested | undefined> {
  const { image, size, reading } = subject;
  const score = probabilityOf(subject);
  const blank = substrateImage(image, size, size, SUBSTRATES[params["substrate"] ?? 1]!);
  const random = randomStream(seed, "faithfulness");
  const byChance = saliencyOrder(Float64Array.from(values, () => random.uniform()));
  const orders = [saliencyOrder(values), byChance].map((order) => pixelsByCell(order, size, grid));
  const { steps = 8 } = params;
  const areas: number[] = [];
  let whole = Number.NaN;
  for (const order of orders) {
    for (const mode of ["deletion", "insertion"] as const) {
      const points: number[] = [];
      for await (const point of rankingCurve(mode, score, { image, blank, order, steps }, context))
        points.push(point.score);
      if (context.signal.aborted) return undefined;
      if (mode === "deletion") whole = points[0]!;
      areas.push(curveArea(points));
      yield {
        progress: {
          done: areas.length,
          total: 4,
          label: `Step ${step}: curve ${areas.length} of 4`,
        },
      };
    }
  }
  const [deletion, insertion, deletionByChance, insertionByChance] = areas as [
    number,
    number,
    number,
    number,
  ];
  return {
    step,
    answer: reading.answer?.corrected ?? "none",
    whole,
    deletion,
    insertion,
    deletionByChance,
    insertionByChance,
  };
}

function isFaithful(each: Tested): boolean {
  return each.deletion < each.deletionByChance && each.insertion > each.insertionByChance;
}

function resultOf(
  method: string,
  tested: readonly Tested[],
  params: Readonly<Record<string, number>>,
): InstrumentResult {
  const filling = SUBSTRATE_WORDS[SUBSTRATES[params["substrate"] ?? 1]!];
  const faithful = tested.filter(isFaithful);
  const [first, last] = [tested[0]!, tested.at(-1)!];
  const n = tested.length;
  const lead = (each: Tested) => each.deletionByChance - each.deletion;
  const words = (each: Tested) =>
    `${isFaithful(each) ? "beats" : "does not beat"} a random order for "${each.answer}"`;
  return {
    statement: `${method} beats a random order in both deletion and insertion on ${faithful.length} of ${n} pictures of the attack's path, filled with ${filling}: at its first picture (step ${first.step}) it ${words(first)}, at its last (step ${last.step}) it ${words(last)}.`,
    quantities: [
      {
        id: "faithful",
        label: "Pictures whose map beats a random order",
        value: faithful.length,
        unit: "",
        n,
      },
      {
        id: "lead.first",
        label: "Deletion area by chance less that of the map, first picture (above 0 is faithful)",
        value: lead(first),
        unit: "",
      },
      {
        id: "lead.last",
        label: "Deletion area by chance less that of the map, last picture (above 0 is faithful)",
        value: lead(last),
        unit: "",
      },
    ],
    plots: (["deletion", "insertion"] as const).map((mode) => plotOf(mode, tested)),
    tables: [
      {
        id: "path",
        title: "Picture by picture",
        columns: [
          "Step",
          "Answer",
          "Its probability",
          "Deletion",
          "By chance",
          "Insertion",
          "By chance",
        ],
        rows: tested.map((each) => [
          each.step,
          each.answer,
          each.whole,
          each.deletion,
          each.deletionByChance,
          each.insertion,
          each.insertionByChance,
        ]),
      },
    ],
  };
}

function plotOf(mode: "deletion" | "insertion", tested: readonly Tested[]): LinePlot {
  const x = Float64Array.from(tested.keys(), (k) => k + 1);
  const y = (of: (each: Tested) => number) => Float64Array.from(tested, of);
  const isDeletion = mode === "deletion";
  return {
    kind: "lines",
    id: mode,
    title: isDeletion
      ? "Taking parts away (the map should lie below chance)"
      : "Showing parts (the map should lie above chance)",
    x: { label: "Picture of the path", unit: "" },
    y: { label: "Area under the curve", unit: "" },
    series: [
      { name: "map", x, y: y((each) => (isDeletion ? each.deletion : each.insertion)) },
      {
        name: "random order",
        x,
        y: y((each) => (isDeletion ? each.deletionByChance : each.insertionByChance)),
      },
    ],
  };
}
