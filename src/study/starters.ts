/** Studies made from the experiment on the bench: what is asked of many pictures instead of one. */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { isInForce } from "../defenses/inForce.ts";
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import { PARAMS, epsilonParam } from "../experiment/params.ts";
import type {
  AttackItem,
  ExperimentSpec,
  PerturbationItem,
  StackItem,
} from "../experiment/spec.ts";
import { plainQuestions } from "../language/questionBank.ts";
import { interpretQuestion } from "../language/recognize.ts";
import { BUNDLED_MODELS, BUNDLED_PRECISIONS, isOwnModel } from "../model/catalog.ts";
import { withDefaults } from "../system/param.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";
import { SEVERITIES } from "../perturbations/severities.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import { STUDY_FORMAT, STUDY_VERSION } from "./schema.ts";
import type { CaseSet, Study, StudyAxis, StudyFile } from "./schema.ts";
import type { MeasureId } from "./measures.ts";
import type { Json, JsonObject } from "./specPath.ts";

export interface StudyWish {
  /** What is varied, by the key of axisChoices. */
  readonly axes: readonly string[];
  /** The bench's own case, so many phantoms, or the reader's films. */
  readonly cases: "this" | number | readonly StudyFile[];
}

export interface AxisChoice {
  readonly key: string;
  readonly label: string;
  readonly axis: StudyAxis;
}

/** Seeds of phantoms that no model was trained on. */
const FIRST_SEED = 8_000_000;

/** What can be varied about this experiment: the strength of each item that is on, the model, its precision, the wording. */
export function axisChoices(spec: ExperimentSpec): readonly AxisChoice[] {
  const items = spec.stack
    .filter(({ enabled }) => enabled)
    .map((item) => (item.type === "attack" ? epsilonOf(item) : strengthOf(item)))
    // The second of a kind is another axis.
    .map((axis, k, all): StudyAxis => {
      const before = all.slice(0, k).filter(({ name }) => name === axis.name).length;
      return before === 0 ? axis : { ...axis, name: `${axis.name}${before + 1}` };
    });
  const understood = interpretQuestion(spec.question).understood !== null;
  return [
    ...items.map((axis, k): AxisChoice => ({ key: `item${k}`, label: axis.label!, axis })),
    ...spec.stack.filter(isCalibrated).map((item): AxisChoice => {
      const axis = severitiesOf(item);
      return { key: `severity ${item.id}`, label: axis.label!, axis };
    }),
    {
      key: "model",
      label: "Model",
      axis: {
        name: "system",
        label: "Model",
        kind: "model",
        models: [
          ...BUNDLED_MODELS.map(({ id }) => ({ id })),
          // A reader's own on the bench beside the lab's.
          ...(isOwnModel(spec.model.id)
            ? [{ ...spec.model, label: "the model on the bench" }]
            : []),
        ],
      },
    },
    ...withoutDefenses(spec),
    {
      key: "precision",
      label: "Precision of the weights",
      axis: {
        name: "bits",
        label: "Precision",
        kind: "field",
        path: "model.precision",
        values: [...BUNDLED_PRECISIONS],
      },
    },
    ...(understood
      ? [
          {
            key: "wording",
            label: "Wording of the question",
            axis: {
              name: "wording",
              label: "Wording",
              kind: "wording",
              strategies: ["plain", "lexical", "syntactic", "pragmatic", "negation"],
              perStrategy: 2,
            },
          } satisfies AxisChoice,
        ]
      : []),
  ];
}

export function studyFrom(spec: ExperimentSpec, wish: StudyWish): Study {
  const chosen = axisChoices(spec).filter(({ key }) => wish.axes.includes(key));
  const { certificate, ...base } = spec;
  const what = chosen.map(({ label }) => label.toLowerCase()).join(" and ");
  return {
    format: STUDY_FORMAT,
    version: STUDY_VERSION,
    name: what === "" ? "The experiment on the bench" : `By ${what}`.slice(0, 60),
    // A guarantee for every row would take hours: it is a study of its own.
    base: { ...base, certificate: { ...certificate, enabled: false } } as unknown as JsonObject,
    cases: [caseSet(spec, wish.cases)],
    axes: chosen.map(({ axis }) => axis),
    measures: measuresFor(spec),
  };
}

/** What the honesty card of a study reads (readings/defenseHonesty.ts). */
const CARD = ["survives", "cleanAbstains", "sameAsBare", "bareFlipped", "slowdown", "flags"];
const CERTIFIED = ["certifiedRadius", "certified"];

/** The honesty card of the bench's defenses over many cases: an attack of each kind on every one of them. */
export function honestyStudy(spec: ExperimentSpec, cases: StudyWish["cases"]): Study {
  const { certificate, relevance, instruments, ...base } = spec;
  const card = instruments.find(({ instrument }) => instrument === "honestyCard");
  const { params } = INSTRUMENT_CATALOG["honestyCard"]!;
  const item = {
    instrument: "honestyCard",
    enabled: true,
    seed: card?.seed ?? PARAMS["instrument.seed"].default,
    params: { ...withDefaults(params, {}), ...card?.params },
  };
  const on = inForce(spec.defenses);
  const isRandom = on.some(({ defense }) => DEFENSE_CATALOG[defense]?.isRandom);
  const tried = ["transfer", ...(isRandom ? ["naive"] : []), "adaptive", "blackBox"];
  const measured = [
    ...CARD,
    ...(item.params["samples"] === 0 ? [] : CERTIFIED),
    ...tried.flatMap((id) => [`${id}Flipped`, `${id}Loss`]),
  ];
  const names = on.map(({ defense }) => DEFENSE_CATALOG[defense]?.label ?? defense);
  return {
    format: STUDY_FORMAT,
    version: STUDY_VERSION,
    name: `Honesty card: ${names.join(" + ")}`.slice(0, 60),
    description:
      "Each picture is attacked by one who does not know of the defense, who knows it, and who may only ask; what is left of the right answers is counted.",
    base: {
      ...base,
      // The card makes its own attacks, of the clean picture.
      stack: [],
      certificate: { ...certificate, enabled: false },
      relevance: { ...relevance, enabled: false },
      instruments: [item],
    } as unknown as JsonObject,
    cases: [caseSet(spec, cases)],
    axes: [],
    measures: ["correctClean", ...measured.map((id): MeasureId => `honestyCard.${id}`)],
  };
}

/** Each finding asked of each case, undisturbed: where the model's own answer is not the true one. */
export function findingsStudy(spec: ExperimentSpec, cases: StudyWish["cases"]): Study {
  const { certificate, relevance, ...base } = spec;
  const asked = plainQuestions().filter(
    ({ type, findingId }) =>
      type === "presence" && FINDING_KINDS.some((kind) => kind === findingId),
  );
  const set = caseSet(spec, cases);
  return {
    format: STUDY_FORMAT,
    version: STUDY_VERSION,
    name: "Cases that the model gets wrong",
    description:
      "Each finding is asked of each case, with nothing switched on that disturbs; an answer that is not the true one is listed with its case.",
    base: {
      ...base,
      stack: [],
      instruments: [],
      certificate: { ...certificate, enabled: false },
      relevance: { ...relevance, enabled: false },
    } as unknown as JsonObject,
    // Normal ones among them, and of each finding enough.
    cases: [set.kind === "phantoms" ? { ...set, findings: "sampled", findingRate: 0.4 } : set],
    axes: [
      {
        name: "question",
        label: "Question",
        kind: "field",
        path: "question",
        values: asked.map(({ text }) => text),
      },
    ],
    measures: ["truth", "answerClean", "correctClean", "confidenceClean"],
  };
}

/** Without those at strength 0: they leave the bare model, and would only be called a defense. */
function inForce(items: readonly DefenseItem[]): readonly DefenseItem[] {
  return items.filter((item) => isInForce(item, DEFENSE_CATALOG[item.defense]));
}

/** The bench's defenses against none. */
function withoutDefenses({ defenses }: ExperimentSpec): readonly AxisChoice[] {
  const on = inForce(defenses);
  if (on.length === 0) return [];
  const names = on.map(({ defense }) => DEFENSE_CATALOG[defense]?.label ?? defense);
  const axis: StudyAxis = {
    name: "defended",
    label: "With and without the defenses",
    kind: "levels",
    levels: [
      { label: "none", set: { defenses: [] } },
      { label: names.join(" + "), set: { defenses: on as unknown as Json } },
    ],
  };
  return [{ key: "defenses", label: axis.label!, axis }];
}

function caseSet(spec: ExperimentSpec, cases: StudyWish["cases"]): CaseSet {
  if (cases === "this") return { kind: "this" };
  return typeof cases === "number" ? phantoms(spec, cases) : { kind: "files", files: [...cases] };
}

function phantoms(spec: ExperimentSpec, count: number): CaseSet {
  const asked = interpretQuestion(spec.question).understood?.findingId;
  const isFinding = FINDING_KINDS.some((kind) => kind === asked);
  return {
    kind: "phantoms",
    firstSeed: FIRST_SEED,
    count,
    findings: isFinding ? "balanced" : "sampled",
  };
}

function measuresFor({ stack }: ExperimentSpec): MeasureId[] {
  const on = stack.filter(({ enabled }) => enabled);
  if (on.length === 0) return ["correctClean", "scoreClean", "confidenceClean", "correctedClean"];
  const isAttacked = on.some(({ type }) => type === "attack");
  return [
    "correct",
    ...(isAttacked ? (["attackSuccess"] as const) : []),
    "flip",
    "lost",
    "score",
    "featureCosine",
    "l2",
    "ssim",
  ];
}

function epsilonOf({ id, attack, norm }: AttackItem): StudyAxis {
  const { min, max } = epsilonParam(norm, ATTACK_CATALOG[attack]);
  const { reach } = ATTACK_CATALOG[attack];
  const values = reach
    ? [0, 32, 64, 128, 255]
    : norm === "linf"
      ? [0, 0.5, 1, 2, 4, 8]
      : [0, 0.25, 0.5, 1, 2, 4];
  return {
    name: "epsilon",
    label: `Epsilon of ${ATTACK_CATALOG[attack].label} (${norm === "linf" ? "/255" : "l2"})`,
    kind: "field",
    path: `stack[${id}].epsilon`,
    values: values.filter((value) => value >= min && value <= max),
  };
}

function isCalibrated(item: StackItem): item is PerturbationItem {
  return (
    item.type === "perturbation" &&
    item.enabled &&
    Object.hasOwn(SEVERITIES.perturbations, item.perturbation)
  );
}

/** The five calibrated strengths, named by their severity: comparable between perturbations where strengths are not. */
function severitiesOf({ id, perturbation }: PerturbationItem): StudyAxis {
  const { label, strength } = PERTURBATION_CATALOG[perturbation];
  return {
    name: `severityOf${id.replaceAll(/[^A-Za-z0-9]/g, "")}`.slice(0, 32),
    label: `Severity 1 to 5 of ${label.toLowerCase()}`.slice(0, 60),
    kind: "levels",
    levels: SEVERITIES.perturbations[perturbation]!.strengths.map((value, k) => ({
      label: k + 1,
      set: { [`stack[${id}].params.${strength}`]: value },
    })),
  };
}

function strengthOf({ id, perturbation }: PerturbationItem): StudyAxis {
  const { label, strength, params } = PERTURBATION_CATALOG[perturbation];
  const { max, step } = params[strength]!;
  const tidy = (value: number) => Number((Math.round(value / step) * step).toPrecision(6));
  return {
    name: "strength",
    label: `Strength of ${label.toLowerCase()}`,
    kind: "field",
    path: `stack[${id}].params.${strength}`,
    values: [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => tidy(share * max)),
  };
}
