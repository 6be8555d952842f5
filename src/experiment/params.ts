/**
 * The one table of an experiment's numbers: range, step, unit, default, label and help. Sliders, the brush, validation
 * and the link all read it, so they cannot disagree. Strengths of perturbations live with their members
 * (src/perturbations/registry.ts) and have the same shape.
 */
import type { ParamMeta } from "../system/param.ts";
import type { Norm } from "../tensor/norms.ts";

/** Seeds are 32-bit, so that they stay readable in a link and exact in JSON. */
const MAX_SEED = 2 ** 32 - 1;

export const PARAMS = {
  "attack.epsilon.linf": {
    label: "Epsilon",
    unit: "/255",
    min: 0,
    max: 16,
    step: 0.25,
    default: 2,
    help: "The limit on each pixel: none may change by more than this many grey levels of 255. 0 leaves the picture exactly as it is.",
  },
  "attack.epsilon.l2": {
    label: "Epsilon",
    unit: "l2",
    min: 0,
    max: 10,
    step: 0.05,
    default: 1,
    help: "The limit on the change as a whole: the root of the sum of all squared pixel changes, with black 0 and white 1. Turning one black pixel white is 1. 0 leaves the picture exactly as it is.",
  },
  "attack.steps": {
    label: "Steps",
    unit: "",
    min: 1,
    max: 100,
    step: 1,
    default: 10,
    integer: true,
    help: "Gradient steps of each restart. More steps find a stronger attack inside the same epsilon.",
  },
  "attack.queries": {
    label: "Queries",
    unit: "",
    min: 1,
    max: 5000,
    step: 1,
    default: 500,
    integer: true,
    help: "How often each restart asks the model, one forward pass a time. Published results take 5000; a few hundred are weak.",
  },
  "attack.relativeStep": {
    label: "Step size",
    unit: "x epsilon",
    min: 0.01,
    max: 2,
    step: 0.01,
    default: 0.25,
    help: "Length of one step as a share of epsilon. Steps times step size should exceed 1 to reach the border.",
  },
  "attack.restarts": {
    label: "Restarts",
    unit: "",
    min: 1,
    max: 10,
    step: 1,
    default: 1,
    integer: true,
    help: "Independent starts inside the ball; the strongest result is kept.",
  },
  "attack.seed": {
    label: "Seed",
    unit: "",
    min: 0,
    max: MAX_SEED,
    step: 1,
    default: 1,
    integer: true,
    help: "Names the random starts. The same seed gives the same attack.",
  },
  "defense.seed": {
    label: "Seed",
    unit: "",
    min: 0,
    max: MAX_SEED,
    step: 1,
    default: 1,
    integer: true,
    help: "Names the random draws of a defense that makes some. The same seed gives the same answers.",
  },
  "instrument.seed": {
    label: "Seed",
    unit: "",
    min: 0,
    max: MAX_SEED,
    step: 1,
    default: 1,
    integer: true,
    help: "Names the random draws of a measurement. The same seed gives the same numbers.",
  },
  "perturbation.seed": {
    label: "Seed",
    unit: "",
    min: 0,
    max: MAX_SEED,
    step: 1,
    default: 1,
    integer: true,
    help: "Names the random draws. The same seed gives the same noise.",
  },
  "certificate.sigma": {
    label: "Noise",
    unit: "of black to white",
    min: 0.01,
    max: 0.25,
    step: 0.01,
    default: 0.1,
    help: "Standard deviation of the Gaussian noise that is added to each copy, as a share of the way from black to white. A middle value reaches furthest, about 0.1 for the base model: with little noise the guarantee is narrow, with much the model's features change so far that nothing is left to guarantee.",
  },
  "certificate.alpha": {
    label: "Alpha",
    unit: "",
    min: 0.001,
    max: 0.05,
    step: 0.001,
    default: 0.001,
    choices: [0.05, 0.01, 0.001],
    help: "Chance that the stated guarantee is wrong, over the draws of noise. It holds for one setting: picking the best of many settings raises it.",
  },
  "certificate.maxSamples": {
    label: "Noisy copies",
    unit: "at most",
    min: 100,
    max: 10_000,
    step: 100,
    default: 1000,
    integer: true,
    help: "Noisy copies of the clean picture that the model looks at. The guarantee is valid at every count and tightens as they come in.",
  },
  "certificate.pilot": {
    label: "Pilot copies",
    unit: "",
    min: 0,
    max: 200,
    step: 10,
    default: 0,
    integer: true,
    help: "Noisy copies that are looked at first, to learn where the noise takes the features. The guarantee between two averaged pictures then reaches much further where noise moves the features steadily: on the attack-trained model at noise 0.25, 40 copies triple it. Confidence is shared between two statements, so that with little noise and few copies 0 is better.",
  },
  "certificate.seed": {
    label: "Seed",
    unit: "",
    min: 0,
    max: MAX_SEED,
    step: 1,
    default: 1,
    integer: true,
    help: "Names the noise draws, so that another reader gets the same samples.",
  },
  "window.center": {
    label: "Centre",
    unit: "",
    min: -70_000,
    max: 70_000,
    step: 1,
    default: 2048,
    help: "Middle of the window that the model is given, in the file's own units.",
  },
  "window.width": {
    label: "Width",
    unit: "",
    min: 1,
    max: 140_000,
    step: 1,
    default: 4096,
    help: "Width of the window that the model is given, in the file's own units.",
  },
  "stroke.radius": {
    label: "Brush size",
    unit: "of the width",
    min: 0.005,
    max: 0.25,
    step: 0.005,
    default: 0.03,
    help: "Radius of the brush as a share of the picture's width.",
  },
  "stroke.intensity": {
    label: "Brush intensity",
    unit: "black to white",
    min: 0,
    max: 1,
    step: 0.01,
    default: 1,
    help: "Grey value painted: 1 is white like metal, 0 is black like air.",
  },
} as const satisfies Record<string, ParamMeta>;

/** The epsilon of a norm: linf and l2 have different units. */
export function epsilonParam(norm: Norm): ParamMeta {
  return PARAMS[`attack.epsilon.${norm}`];
}

/** What one spec may hold at most; a link or a file that asks for more is refused before it costs anything. */
export const SPEC_LIMITS = {
  questionCharacters: 300,
  stackItems: 12,
  strokesPerItem: 100,
  pointsPerStroke: 1000,
  defenses: 6,
  instruments: 40,
  /** A reader's own wordings of one instrument. */
  instrumentTexts: 12,
  /** Over all strokes of a spec. */
  points: 8000,
  phantomFindings: 16,
  answerCharacters: 60,
  idCharacters: 40,
} as const;
