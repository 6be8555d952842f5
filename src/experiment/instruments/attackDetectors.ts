/** Can an attack be told from a picture that is merely noisy? Detectors, measured on phantoms under both. */
import { delongAuc } from "../../metrics/auc.ts";
import { proportion } from "../../metrics/proportion.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import type { BundledModel } from "../../model/catalog.ts";
import { canAnswer } from "../../model/manifest.ts";
import { PERTURBATIONS } from "../../perturbations/registry.ts";
import { sampleSpec } from "../../phantom/sample.ts";
import type { System } from "../../system/system.ts";
import { runAttack } from "../disturb.ts";
import { objectiveOf } from "../objectiveOf.ts";
import { readOut } from "../readout.ts";
import { modelInputOf } from "../source.ts";
import type { AttackItem } from "../spec.ts";
import { stageKey } from "../stageCache.ts";
import type { StageNews } from "../stage.ts";
import { DETECTORS, DETECTOR_IDS, detectorScores } from "./detectorScores.ts";
import type { DetectorId, Looker, Scores } from "./detectorScores.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import type { InstrumentResult, Quantity, Series } from "./instrumentResult.ts";
import { proportionQuantity } from "./proportionQuantity.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Seeds of the phantoms that are measured, and of those that are known; no training run draws them. */
const FIRST_MEASURED = 7_700_000;
const FIRST_KNOWN = 7_800_000;
const KNOWN = 40;
const STEPS = 10;
/** Clean pictures that each detector may call attacked. */
const FALSE_ALARMS = 0.1;

/** Models whose answers are compared with that of the open one. */
const BESIDE: readonly BundledModel[] = ["base", "noise", "robust"];
const BESIDE_PRECISION = "int8";

interface Measured {
  readonly clean: Scores[];
  readonly noisy: Scores[];
  readonly attacked: Scores[];
}

export const attackDetectors = defineInstrument({
  id: "attackDetectors",
  label: "Detecting an attack",
  group: "robustness",
  help: "Scores this picture by five detectors, and says on phantoms how well each tells attacked pictures from clean ones and from merely noisy ones, at the same share of false alarms on clean ones. The attacker here does not know of the detectors: one who does can avoid them.",
  source:
    "Feature squeezing: Xu, Evans & Qi 2018 (arXiv:1704.01155); nearest known picture: Sun et al. 2022 (arXiv:2204.06507); intervals: DeLong et al. 1988; caution: Carlini & Wagner 2017 (arXiv:1705.07263)",
  params: {
    cases: {
      label: "Phantoms",
      unit: "",
      min: 4,
      max: 200,
      step: 4,
      default: 8,
      integer: true,
      help: "Each is looked at as it is, noisy and attacked. Few give wide intervals.",
    },
    epsilon: {
      label: "Epsilon",
      unit: "/255",
      min: 1,
      max: 8,
      step: 1,
      default: 2,
      integer: true,
      help: "The limit on each pixel for the attack (APGD, 10 steps).",
    },
    severity: {
      label: "Noise",
      unit: "severity",
      min: 1,
      max: 5,
      step: 1,
      default: 3,
      integer: true,
      help: "Quantum noise of the pictures that are merely noisy.",
    },
  },
  needs: ["system", "disturbed"],
  graphs: {
    models: BESIDE.map((id) => ({ id, precision: BESIDE_PRECISION, unlessOpen: true })),
  },
  obstacle: ({ system }) =>
    canAnswer(system.manifest) ? undefined : "This model gives no answers that could disagree.",
  async *run({ system, disturbed }, scope) {
    const { spec, params, context } = scope;
    const looker: Looker = {
      system,
      others: await othersBeside(system, scope),
      wording: recognizeQuestion(spec.question),
      known: await knownTo(system, scope),
      yieldToHost: () => context.yieldToHost(),
    };
    const key = stageKey("detectors", [system.key, spec.question, { ...params }]);
    const measured = context.cache.get<Measured>(key) ?? (yield* measure(looker, scope));
    if (!measured) return undefined;
    context.cache.set(key, measured);
    return resultOf(measured, await detectorScores(disturbed.image, looker), params);
  },
});

/** Bundled models of the same kind as the one that is open. */
async function othersBeside(system: System, { context }: InstrumentScope): Promise<System[]> {
  const { id, input, tokenizer } = system.manifest;
  const others: System[] = [];
  for (const beside of BESIDE) {
    if (beside === id) continue;
    const other = await context.system(beside, BESIDE_PRECISION);
    const isAlike =
      other.manifest.input.size === input.size &&
      other.manifest.tokenizer?.sha256 === tokenizer?.sha256;
    if (isAlike) others.push(other);
  }
  return others;
}

async function knownTo(system: System, { context }: InstrumentScope): Promise<Float32Array[]> {
  const key = stageKey("detectors known", [system.key]);
  const before = context.cache.get<Float32Array[]>(key);
  if (before) return before;
  const known: Float32Array[] = [];
  for (let seed = FIRST_KNOWN; seed < FIRST_KNOWN + KNOWN; seed++) {
    await context.yieldToHost();
    known.push(...(await system.embed([phantomOf(system, seed)])));
  }
  context.cache.set(key, known);
  return known;
}

function phantomOf({ manifest }: System, seed: number): Float32Array {
  const phantom = sampleSpec(seed);
  return modelInputOf(
    { kind: "phantom", phantom },
    { kind: "full" },
    manifest.input,
    () => undefined,
  ).image;
}

async function* measure(
  looker: Looker,
  scope: InstrumentScope,
): AsyncGenerator<StageNews<InstrumentResult>, Measured | undefined> {
  const { cases = 8, severity = 3 } = scope.params;
  const { system } = looker;
  const size = { width: system.size, height: system.size };
  const measured: Measured = { clean: [], noisy: [], attacked: [] };
  for (let k = 0; k < cases; k++) {
    const seed = FIRST_MEASURED + k;
    const image = phantomOf(system, seed);
    const attacked = await attack(system, image, scope);
    if (!attacked) return undefined;
    const noisy = PERTURBATIONS.quantumNoise.apply(image, size, { severity }, seed);
    measured.clean.push(await detectorScores(image, looker));
    measured.noisy.push(await detectorScores(noisy, looker));
    measured.attacked.push(await detectorScores(attacked, looker));
    yield { progress: { done: k + 1, total: cases, label: "Phantoms" } };
    if (scope.context.signal.aborted) return undefined;
  }
  return measured;
}

async function attack(
  system: System,
  image: Float32Array,
  { spec: { question }, params, context, seed }: InstrumentScope,
): Promise<Float32Array | undefined> {
  const clean = await readOut(system, image, question);
  const objective = objectiveOf(system, { kind: "untargeted" }, { question, clean });
  const item: AttackItem = {
    id: "detected",
    type: "attack",
    attack: "apgd",
    enabled: true,
    seed,
    norm: "linf",
    epsilon: params["epsilon"]!,
    steps: STEPS,
    restarts: 1,
    goal: { kind: "untargeted" },
  };
  const run = runAttack({ system, objective, aware: true }, { image }, item, context);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value?.image;
  }
}

function resultOf(
  measured: Measured,
  own: Scores,
  { cases = 8, epsilon = 2, severity = 3 }: InstrumentScope["params"],
): InstrumentResult {
  const rows = DETECTOR_IDS.map((id) => rowOf(id, measured, own));
  const usable = rows.filter(({ againstNoise }) => Number.isFinite(againstNoise.auc));
  const best = usable.toSorted((a, b) => b.againstNoise.auc - a.againstNoise.auc)[0];
  const raised = rows.filter(({ id, alarm }) => own[id] > alarm).map(({ id }) => DETECTORS[id]);
  return {
    statement: `${raised.length === 0 ? "No detector calls this picture attacked." : `This picture is called attacked by: ${raised.join("; ").toLowerCase()}.`}${
      best
        ? ` On ${cases} phantoms (attack within ${epsilon} grey levels, noise of severity ${severity}) the best at telling an attack from noise is ${DETECTORS[best.id].toLowerCase()}: AUC ${decimal(best.againstNoise.auc, 2)}.`
        : ""
    }`,
    quantities: rows.flatMap(quantitiesOf),
    plots: [
      rocPlot("attacked", "Attacked against clean", measured.attacked, measured.clean),
      rocPlot("noise", "Attacked against merely noisy", measured.attacked, measured.noisy),
    ],
    tables: [
      {
        id: "detectors",
        title: `At an alarm on at most ${100 * FALSE_ALARMS} % of clean phantoms`,
        columns: [
          "Detector",
          "This picture",
          "Alarm above",
          "Attacked found",
          "Noisy called attacked",
        ],
        rows: rows.map(({ id, alarm, found, noisy }) => [
          DETECTORS[id],
          Number(own[id].toPrecision(3)),
          Number(alarm.toPrecision(3)),
          found,
          noisy,
        ]),
      },
    ],
  };
}

interface Ranked {
  readonly auc: number;
  readonly low: number;
  readonly high: number;
}

function rowOf(id: DetectorId, { clean, noisy, attacked }: Measured, own: Scores) {
  const of = (scores: readonly Scores[]) => scores.map((each) => each[id]);
  const sorted = of(clean).toSorted((a, b) => a - b);
  const alarm = sorted[Math.ceil((1 - FALSE_ALARMS) * sorted.length) - 1]!;
  const share = (scores: readonly Scores[]) =>
    of(scores).filter((score) => score > alarm).length / scores.length;
  return {
    id,
    own: own[id],
    alarm,
    found: share(attacked),
    noisy: share(noisy),
    againstClean: ranked(of(attacked), of(clean)),
    againstNoise: ranked(of(attacked), of(noisy)),
    n: clean.length,
  };
}

/** NaN where a score is missing; without an interval where nothing overlaps. */
function ranked(positive: readonly number[], negative: readonly number[]): Ranked {
  const made = [...positive, ...negative].every(Number.isFinite)
    ? delongAuc(positive, negative)
    : null;
  return {
    auc: made?.auc ?? NaN,
    low: made?.interval?.low ?? NaN,
    high: made?.interval?.high ?? NaN,
  };
}

/** Two groups that never overlap, or never differ, have no spread to make an interval of. */
function noInterval(auc: number): string {
  if (!Number.isFinite(auc)) return "no other model looks";
  return auc === 0 || auc === 1 ? "no overlap, so no interval" : "all alike, so no interval";
}

function ofPictures(id: string, label: string, share: number, n: number): Quantity {
  return Number.isFinite(share)
    ? proportionQuantity(id, label, proportion(Math.round(share * n), n))
    : { id, label, value: NaN, unit: "share", n: 0, note: "no other model looks" };
}

function quantitiesOf(row: ReturnType<typeof rowOf>): readonly Quantity[] {
  const { id, own, found, noisy, againstClean, againstNoise, n } = row;
  const label = DETECTORS[id];
  const auc = (name: string, what: string, { auc: value, low, high }: Ranked): Quantity => ({
    id: `${id}${name}`,
    label: `${label}: AUC, ${what}`,
    value,
    unit: "",
    n,
    ...(Number.isFinite(low)
      ? { interval: { low, high, level: 0.95 } }
      : { note: noInterval(value) }),
  });
  return [
    { id, label, value: own, unit: "" },
    auc("Clean", "attacked against clean", againstClean),
    auc("Noise", "attacked against noisy", againstNoise),
    ofPictures(`${id}Found`, `${label}: attacked found`, found, n),
    ofPictures(`${id}NoiseAlarms`, `${label}: noisy called attacked`, noisy, n),
  ];
}

function rocPlot(
  id: string,
  title: string,
  positive: readonly Scores[],
  negative: readonly Scores[],
): NonNullable<InstrumentResult["plots"]>[number] {
  return {
    kind: "lines",
    id: `roc-${id}`,
    title,
    x: { label: "False alarms", unit: "" },
    y: { label: "Attacked found", unit: "" },
    series: DETECTOR_IDS.map((detector) =>
      rocOf(
        DETECTORS[detector],
        positive.map((each) => each[detector]),
        negative.map((each) => each[detector]),
      ),
    ).filter(({ y }) => y.every(Number.isFinite)),
  };
}

/** Shares above each threshold, from the strictest. */
export function rocOf(
  name: string,
  positive: readonly number[],
  negative: readonly number[],
): Series {
  const thresholds = [...new Set([...positive, ...negative])].sort((a, b) => b - a);
  const above = (scores: readonly number[], threshold: number) =>
    scores.filter((score) => score >= threshold).length / scores.length;
  return {
    name,
    x: Float64Array.from([0, ...thresholds.map((t) => above(negative, t))]),
    y: Float64Array.from([0, ...thresholds.map((t) => above(positive, t))]),
  };
}
