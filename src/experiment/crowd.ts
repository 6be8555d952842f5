/** Other people's pictures for an attack that is made once for many: phantoms that no model was trained on. */
import type { GradientOracle } from "../attacks/attack.ts";
import { LabError } from "../errors/labError.ts";
import { snapToByteLattice } from "../image/grayImage.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { randomStream } from "../numerics/random.ts";
import type { Evaluator } from "../system/system.ts";
import type { AttackTarget } from "./disturb.ts";
import { objectiveOf } from "./objectiveOf.ts";
import { readOut } from "./readout.ts";
import type { Readout } from "./results.ts";
import type { AttackItem } from "./spec.ts";
import type { StageScope } from "./stage.ts";

/** Far from the seeds of training, of the gallery and of studies. */
const FIRST_SEED = 9_400_000;
const SEEDS_EACH = 100;
/** Phantoms that are looked at for each that is wanted. */
const TRIES = 5;

type Crowd = NonNullable<GradientOracle["crowd"]>;

/**
 * Phantoms that get the answer which the attack is to turn, or do not get the one that it wants: a pattern that pushed some from
 * yes to no and others from no to yes would push nowhere. Every other one has the finding that is asked about, where one is.
 * @returns undefined when the signal stopped it
 * @throws LabError "spec-invalid" for a goal that is not about answers, or where no phantom gets such an answer
 */
export async function crowdOf(
  { seed, phantoms = 8, goal }: AttackItem,
  { system, objective }: Pick<AttackTarget, "system" | "objective">,
  { spec: { question }, context }: Omit<StageScope, "key">,
): Promise<Crowd | undefined> {
  if (goal.kind !== "untargeted" && goal.kind !== "targeted") {
    throw new LabError("spec-invalid", "A pattern for many pictures is learned on their answers.", {
      hint: "Choose an answer as its goal, or an attack that is made for one picture.",
    });
  }
  const asked = recognizeQuestion(question).findingId;
  const finding = FINDING_KINDS.find((kind) => kind === asked);
  const pictures: Float32Array[] = [];
  const evaluators: Evaluator[] = [];
  const isUseful = ({ answer }: Readout) =>
    objective.kind !== "answer" ||
    (objective.aim === "away") === (answer?.answer === objective.answer);
  for (let k = 0; k < TRIES * phantoms && pictures.length < phantoms; k++) {
    await context.yieldToHost();
    if (context.signal.aborted) return undefined;
    const findings = finding && k % 2 === 0 ? [{ kind: finding }] : [];
    const phantom = { seed: FIRST_SEED + SEEDS_EACH * (seed % 1000) + k, findings };
    const picture = renderPhantom(phantom, system.size).image.slice();
    snapToByteLattice(picture);
    const clean = await readOut(system, picture, question);
    if (!isUseful(clean)) continue;
    pictures.push(picture);
    evaluators.push(system.evaluator(objectiveOf(system, goal, { question, clean })));
  }
  if (pictures.length === 0) {
    throw new LabError(
      "spec-invalid",
      "No phantom gets the answer that the pattern is to turn, so there is nothing to learn it on.",
      { hint: "Ask another question, or take an attack that is made for one picture." },
    );
  }
  return {
    pictures,
    random: randomStream(seed, "attack", "crowd"),
    async lossAndGradient(k, image) {
      const { lossAndGradient } = evaluators[k]!;
      if (!lossAndGradient) throw NO_GRADIENT();
      return lossAndGradient(image);
    },
    async attentionIn(image, mask) {
      const goal = { kind: "attention", mask: "painted" } as const;
      const clean = { answer: null, embedding: new Float32Array() };
      const drawn = objectiveOf(system, goal, { question, clean, mask });
      const { lossAndGradient } = system.evaluator(drawn);
      if (!lossAndGradient) throw NO_GRADIENT();
      return lossAndGradient(image);
    },
  };
}

const NO_GRADIENT = () => new LabError("graph-unsupported-op", "This system gives no gradient.");
