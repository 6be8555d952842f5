/** One axis for all that is measured in l2: what is proven, what an attack needs, and what films undergo anyway. */
import { toLattice } from "../../attacks/lattice.ts";
import { answerVote } from "../../certificates/answerVote.ts";
import { alphaForBound } from "../../certificates/sampler.ts";
import { PERTURBATIONS } from "../../perturbations/registry.ts";
import type { PerturbationId } from "../../perturbations/registry.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import type { AnswerObjective } from "../../model/objective.ts";
import type { System } from "../../system/system.ts";
import { l2Norm, subtract } from "../../tensor/norms.ts";
import { applyPerturbation, runAttack } from "../disturb.ts";
import { objectiveOf } from "../objectiveOf.ts";
import { PARAMS } from "../params.ts";
import type { AttackItem } from "../spec.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { noisyAnswers } from "./noisyAnswers.ts";
import { answersQuestions } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** The first radius that the search tries, l2. */
const SHORTEST = 0.1;
/** Halvings of the interval between the largest radius that failed and the smallest that flipped. */
const HALVINGS = 4;
/** Halvings of the straight line to what was found. */
const LINE_STEPS = 10;

export const l2Ruler = defineInstrument({
  id: "l2Ruler",
  label: "The ruler",
  group: "certainty",
  help: "Puts on one l2 axis how far the answer is certified, the smallest change that a search found to turn it, what your disturbances did, and what ordinary noise, exposure and motion do. Between the certified radius and the smallest change found nothing is known; the certificate is about the answer under noise, the search about a single look.",
  source:
    "Vote certificate: Cohen, Rosenfeld & Kolter 2019; search: PGD in l2 balls (Madry et al. 2018) with bisection of the radius and of the line to the picture found",
  params: {
    sigma: { ...PARAMS["certificate.sigma"] },
    samples: {
      label: "Noisy copies",
      unit: "",
      min: 50,
      max: 1000,
      step: 50,
      default: 100,
      integer: true,
      help: "For the certified radius.",
    },
    reach: {
      label: "Search up to",
      unit: "l2",
      min: 0.5,
      max: 10,
      step: 0.5,
      default: 4,
      help: "The largest ball in which a change is looked for.",
    },
    steps: {
      label: "Steps",
      unit: "",
      min: 5,
      max: 50,
      step: 1,
      default: 12,
      integer: true,
      help: "Gradient steps in each ball; more find smaller changes.",
    },
  },
  needs: ["system", "input", "clean", "disturbed"],
  obstacle: answersQuestions,
  async *run({ system, input, clean, disturbed }, scope) {
    const { spec, params, seed, context, keyOf } = scope;
    const { sigma = 0.1, samples = 100, reach = 4, steps = 12 } = params;
    const asked = recognizeQuestion(spec.question);
    const said = clean.answer!;
    const objective = objectiveOf(
      system,
      { kind: "untargeted" },
      { question: spec.question, clean },
    ) as AnswerObjective;
    const { loss, lossAndGradient } = system.evaluator(objective);
    if (!lossAndGradient) return obstructed("This system gives no gradient to search along.");

    const alpha = 0.001;
    const left = alphaForBound(
      { sigma, alpha, maxSamples: samples, batch: 1, seed },
      input.image.length,
    );
    const vote = answerVote(said.answer, { sigma, alpha: left, seed });
    const key = [keyOf("input"), keyOf("system")];
    const subject = { system, image: input.image, questions: [asked], key };
    let n = 0;
    for await (const [answer] of noisyAnswers(subject, { sigma, seed, count: samples }, scope)) {
      vote.add(answer!.answer === said.answer);
      yield { progress: { done: ++n, total: samples, label: "Noisy copies" } };
    }
    if (context.signal.aborted) return undefined;

    const search = smallestFlip({ system, objective, image: input.image }, { reach, steps, seed });
    let found: Float32Array | undefined;
    for (;;) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const step = await search.next();
      if (step.done) {
        found = step.value;
        break;
      }
      yield { progress: { ...step.value, label: "Search for a smaller change" } };
    }
    const ownFlip =
      (await loss(disturbed.image)) > 0
        ? await onLine(loss, input.image, disturbed.image)
        : undefined;

    const natural: Mark[] = [];
    const members = (Object.keys(PERTURBATIONS) as PerturbationId[]).filter(
      (id) => id !== "paintedPatch",
    );
    for (const [k, id] of members.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: members.length, label: "Ordinary disturbances" } };
      const item = {
        id,
        type: "perturbation",
        perturbation: id,
        enabled: true,
        seed,
        params: {},
      } as const;
      const made = applyPerturbation(input.image, input.size, item);
      natural.push({
        name: PERTURBATIONS[id].label,
        kind: "ordinary, default strength",
        l2: made.item.l2,
        turns: (await loss(made.image)) > 0,
      });
    }
    const distance = (image: Float32Array) => l2Norm(subtract(image, input.image));
    return resultOf({
      vote: vote.certificate(),
      found: found && distance(found),
      ownFlip: ownFlip && distance(ownFlip),
      stack: { l2: distance(disturbed.image), turns: ownFlip !== undefined },
      items: disturbed.items.map(({ label, l2 }) => ({ name: label, kind: "of your stack", l2 })),
      natural,
      reach,
    });
  },
});

/** An 8-bit picture that turns the answer, as near as PGD and bisection find one; undefined for none within reach. */
async function* smallestFlip(
  {
    system,
    objective,
    image,
  }: { readonly system: System; readonly objective: AnswerObjective; readonly image: Float32Array },
  { reach, steps, seed }: { readonly reach: number; readonly steps: number; readonly seed: number },
): AsyncGenerator<{ readonly done: number; readonly total: number }, Float32Array | undefined> {
  const { loss } = system.evaluator(objective);
  const total = Math.ceil(Math.log2(reach / SHORTEST)) + 1 + HALVINGS;
  let done = 0;
  let failed = 0;
  let best: Float32Array | undefined;
  for (let epsilon = SHORTEST; !best; epsilon = Math.min(reach, 2 * epsilon)) {
    yield { done: done++, total };
    best = await flipWithin(epsilon);
    if (!best && epsilon >= reach) return undefined;
    if (!best) failed = epsilon;
  }
  let shortest = l2Norm(subtract(best, image));
  for (let k = 0; k < HALVINGS; k++) {
    yield { done: done++, total };
    const epsilon = (failed + shortest) / 2;
    const nearer = await flipWithin(epsilon);
    if (nearer) best = nearer;
    else failed = epsilon;
    shortest = Math.min(shortest, l2Norm(subtract(best, image)));
    if (failed >= shortest) break;
  }
  return await onLine(loss, image, best);

  async function flipWithin(epsilon: number): Promise<Float32Array | undefined> {
    const item: AttackItem = {
      id: "ruler",
      type: "attack",
      attack: "pgd",
      enabled: true,
      seed,
      norm: "l2",
      epsilon,
      steps,
      relativeStep: 0.25,
      restarts: 1,
      goal: { kind: "untargeted" },
    };
    const context = { signal: { aborted: false }, yieldToHost: async () => {} };
    const attack = runAttack({ system, objective, aware: true }, { image }, item, context);
    for await (const { bestLoss, adversarial } of attack) if (bestLoss > 0) return adversarial;
    return undefined;
  }
}

/** The nearest 8-bit picture on the straight line to `far` that still turns the answer. */
async function onLine(
  loss: (image: Float32Array) => Promise<number>,
  image: Float32Array,
  far: Float32Array,
): Promise<Float32Array> {
  const whole = subtract(far, image);
  const length = l2Norm(whole);
  let [low, high, best] = [0, 1, far];
  for (let step = 0; step < LINE_STEPS; step++) {
    const share = (low + high) / 2;
    const x = image.map((value, i) => value + share * whole[i]!);
    const shown = toLattice(x, image, { norm: "l2", epsilon: share * length });
    if ((await loss(shown)) > 0) {
      high = share;
      if (l2Norm(subtract(shown, image)) < l2Norm(subtract(best, image))) best = shown;
    } else low = share;
  }
  return best;
}

interface Mark {
  readonly name: string;
  readonly kind: string;
  readonly l2: number;
  readonly turns?: boolean;
}

interface Measured {
  readonly vote: ReturnType<ReturnType<typeof answerVote>["certificate"]>;
  readonly found: number | undefined;
  readonly ownFlip: number | undefined;
  readonly stack: { readonly l2: number; readonly turns: boolean };
  readonly items: readonly Mark[];
  readonly natural: readonly Mark[];
  readonly reach: number;
}

function resultOf(measured: Measured): InstrumentResult {
  const { vote, found, ownFlip, stack, items, natural, reach } = measured;
  const marks: Mark[] = [
    { name: "Certified by vote", kind: "proven", l2: vote.radius, turns: false },
    ...(found === undefined
      ? []
      : [{ name: "Smallest change found", kind: "search", l2: found, turns: true }]),
    { name: "All your disturbances", kind: "your stack", l2: stack.l2, turns: stack.turns },
    ...items,
    ...natural,
  ].toSorted((a, b) => a.l2 - b.l2);
  const turned = natural.filter(({ turns }) => turns);
  const xs = (wanted: (mark: Mark) => boolean) => {
    const rows = marks.flatMap((mark, k) => (wanted(mark) ? [[mark.l2, k + 1] as const] : []));
    return {
      x: Float64Array.from(rows, ([l2]) => l2),
      y: Float64Array.from(rows, ([, k]) => k),
      mode: "points" as const,
    };
  };
  return {
    statement: `${vote.radius > 0 ? `Proven up to l2 ${decimal(vote.radius, 3)} (99.9 % confidence)` : "Nothing is proven"}; ${
      found === undefined
        ? `no change up to ${reach} was found that turns the answer, which proves nothing`
        : `the smallest change found that turns it is ${decimal(found, 3)}`
    }. Your disturbances did ${decimal(stack.l2, 3)}; ${turned.length} of ${natural.length} ordinary disturbances turn the answer, though they are as large as ${decimal(Math.max(...natural.map(({ l2 }) => l2)), 1)}.`,
    quantities: [
      { id: "certified", label: "Certified by vote", value: vote.radius, unit: "l2", n: vote.n },
      {
        id: "found",
        label: "Smallest change found that turns the answer",
        value: found ?? NaN,
        unit: "l2",
        ...(found === undefined ? { note: `none up to ${reach}` } : {}),
      },
      { id: "stack", label: "All your disturbances", value: stack.l2, unit: "l2" },
      {
        id: "ownFlip",
        label: "Of them, this much already turns it",
        value: ownFlip ?? NaN,
        unit: "l2",
        ...(ownFlip === undefined ? { note: "the whole of it does not turn the answer" } : {}),
      },
      {
        id: "naturalTurns",
        label: "Ordinary disturbances that turn it",
        value: turned.length,
        unit: "",
        n: natural.length,
      },
    ],
    plots: [
      {
        kind: "lines",
        id: "ruler",
        title: "From the smallest to the largest (rows of the table)",
        x: { label: "l2", unit: "", log: true },
        y: { label: "Row", unit: "" },
        series: [
          { name: "proven", ...xs(({ kind }) => kind === "proven") },
          { name: "turns the answer", ...xs(({ turns }) => turns === true) },
          { name: "leaves it", ...xs(({ turns, kind }) => turns === false && kind !== "proven") },
          { name: "part of your stack", ...xs(({ turns }) => turns === undefined) },
        ],
      },
    ],
    tables: [
      {
        id: "marks",
        title: "On one axis",
        columns: ["Row", "What", "Kind", "l2", "Turns the answer"],
        rows: marks.map(({ name, kind, l2, turns }, k) => [
          k + 1,
          name,
          kind,
          l2,
          kind === "proven"
            ? "proven not to, under noise"
            : turns === undefined
              ? null
              : turns
                ? "yes"
                : "no",
        ]),
      },
    ],
  };
}
