/** What an attack made against one model does to the others: its reach beyond the model that the attacker held. */
import { recognizeQuestion } from "../../language/recognize.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { BUNDLED_MODELS } from "../../model/catalog.ts";
import { canAnswer } from "../../model/manifest.ts";
import { hasFlipped } from "../../system/reading.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import { runAttack } from "../disturb.ts";
import { objectiveOf } from "../objectiveOf.ts";
import type { AttackItem } from "../spec.ts";
import { readOut } from "../readout.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";

interface Member {
  readonly id: string;
  readonly label: string;
  readonly system: System;
  readonly clean: AnswerResult;
}

/** One attack, made on the row's model, shown to the column's. */
interface Cell {
  readonly flipped: boolean;
  /** What the margin of the column's own answer lost, in logits. */
  readonly lost: number;
}

export const transferMatrix = defineInstrument({
  id: "transferMatrix",
  label: "Transfer between models",
  group: "robustness",
  help: "Makes the same attack on each model that the lab has and on yours, and shows each result to all of them. What carries over needs no access to the model that is attacked; one picture is an example, and a study over many gives the rate.",
  source:
    "Papernot, McDaniel & Goodfellow 2016, Transferability in Machine Learning (arXiv:1605.07277); attack: APGD (Croce & Hein 2020)",
  params: {
    epsilon: {
      label: "Epsilon",
      unit: "/255",
      min: 1,
      max: 16,
      step: 1,
      default: 4,
      integer: true,
      help: "The limit on each pixel, for every attack alike.",
    },
    steps: {
      label: "Steps",
      unit: "",
      min: 5,
      max: 100,
      step: 1,
      default: 20,
      integer: true,
      help: "Gradient steps of each attack.",
    },
  },
  needs: ["system", "input"],
  graphs: { models: BUNDLED_MODELS.map(({ id }) => ({ id })) },
  obstacle: ({ system }) =>
    canAnswer(system.manifest) ? undefined : "This model gives no answer that could turn.",
  async *run({ system, input }, scope) {
    const { spec, context } = scope;
    const wording = recognizeQuestion(spec.question);
    const members: Member[] = [];
    const total = BUNDLED_MODELS.length + 1;
    for (const { id, label } of BUNDLED_MODELS) {
      yield {
        progress: { done: members.length, total, label: `Opening the ${label.toLowerCase()}` },
      };
      const isOnBench = id === spec.model.id && system.key.startsWith(`${id} `);
      const opened = isOnBench ? system : await context.system(id, spec.model.precision);
      if (opened.size === input.size) members.push(await member(id, label, opened));
      if (context.signal.aborted) return undefined;
    }
    if (!members.some(({ system: held }) => held === system)) {
      members.push(await member("bench", benchLabel(spec.defenses.length > 0), system));
    }
    if (members.length < 2) {
      return obstructed(
        "No other model takes pictures of this size: there is nothing to carry over to.",
      );
    }
    const cells: Cell[][] = [];
    for (const from of members) {
      yield {
        progress: { done: cells.length, total: members.length, label: `Attack on: ${from.label}` },
      };
      const image = await attacked(from, input.image, scope);
      if (!image) return undefined;
      const row: Cell[] = [];
      for (const to of members) row.push(await shown(to, image, wording));
      cells.push(row);
    }
    return resultOf(members, cells, scope.params["epsilon"]!);

    async function member(id: string, label: string, held: System): Promise<Member> {
      const [clean] = (await held.read(input.image, [wording])).answers;
      return { id, label, system: held, clean: clean! };
    }
  },
});

function benchLabel(isDefended: boolean): string {
  return isDefended ? "On the bench, behind its defenses" : "On the bench";
}

async function attacked(
  { system }: Member,
  image: Float32Array,
  { spec, params, seed, context }: InstrumentScope,
): Promise<Float32Array | undefined> {
  const goal = { kind: "untargeted" } as const;
  const item: AttackItem = {
    id: "transfer",
    type: "attack",
    attack: "apgd",
    enabled: true,
    seed,
    norm: "linf",
    epsilon: params["epsilon"]!,
    steps: params["steps"]!,
    restarts: 1,
    goal,
  };
  const clean = await readOut(system, image, spec.question);
  const objective = objectiveOf(system, goal, { question: spec.question, clean });
  const run = runAttack({ system, objective, aware: true }, { image }, item, context);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value?.image;
  }
}

async function shown(
  { system, clean }: Member,
  image: Float32Array,
  wording: ExpandedQuestion,
): Promise<Cell> {
  const [answer] = (await system.read(image, [wording])).answers;
  return {
    flipped: hasFlipped(clean, answer!) === true,
    lost: ownMargin(clean, clean) - ownMargin(clean, answer!),
  };
}

/** Log-odds of the clean answer: what is left of it on another picture. */
function ownMargin({ answer }: AnswerResult, { probabilities }: AnswerResult): number {
  const p = Math.min(1 - 1e-9, Math.max(1e-9, probabilities[answer] ?? 0));
  return Math.log(p / (1 - p));
}

function resultOf(
  members: readonly Member[],
  cells: readonly (readonly Cell[])[],
  epsilon: number,
): InstrumentResult {
  const across = cells.flatMap((row, i) => row.filter((_, j) => i !== j));
  const own = cells.filter((row, i) => row[i]!.flipped).length;
  const carried = across.filter(({ flipped }) => flipped).length;
  const labels = members.map(({ label }) => label);
  return {
    statement: `At ${epsilon} of 255 levels the attack turns the answer of ${own} of ${members.length} models that it was made for, and ${carried} of ${across.length} times that of another model.`,
    quantities: [
      {
        id: "ownFlips",
        label: "Turned where it was made",
        value: own / members.length,
        unit: "share",
        n: members.length,
        note: "of one picture",
      },
      {
        id: "transferRate",
        label: "Turned elsewhere",
        value: carried / across.length,
        unit: "share",
        n: across.length,
        note: "of one picture",
      },
      ...members.flatMap((from, i) =>
        members.map((to, j): Quantity => ({
          id: `${from.id}To${to.id}`,
          label: `${from.label} → ${to.label}: turned (1 yes, 0 no)`,
          value: cells[i]![j]!.flipped ? 1 : 0,
          unit: "",
          isInTable: true,
        })),
      ),
    ],
    plots: [
      {
        kind: "heat",
        id: "lost",
        title: "What the answer's log-odds lose: attack made on (row), shown to (column)",
        rows: labels,
        columns: labels,
        values: Float64Array.from(cells.flat(), ({ lost }) => lost),
        unit: "nats",
        middle: 0,
      },
    ],
    tables: [
      {
        id: "flips",
        title: "Attack made on (row), shown to (column)",
        columns: ["Made on", ...labels],
        rows: members.map(({ label }, i) => [
          label,
          ...cells[i]!.map(({ flipped }) => (flipped ? "turned" : "held")),
        ]),
      },
    ],
  };
}
