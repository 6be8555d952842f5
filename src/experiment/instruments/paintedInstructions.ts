/** An instruction painted into the picture, beside the same box without its words. */
import { PERTURBATIONS } from "../../perturbations/registry.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import { applyPerturbation } from "../disturb.ts";

export interface PaintedInstruction {
  readonly instruction: string;
  readonly pushed: AnswerResult;
  /** The box filled with its own mean: as bright, and says nothing. */
  readonly control: AnswerResult;
}

/** Every instruction that the lab can paint, asked about in turn. */
export async function paintedInstructions(
  system: System,
  image: Float32Array,
  asked: ExpandedQuestion,
): Promise<readonly PaintedInstruction[]> {
  const { choiceNames = [] } = PERTURBATIONS.promptBox.params["prompt"] ?? {};
  const found: PaintedInstruction[] = [];
  for (const [prompt, instruction] of choiceNames.entries()) {
    const paint = (picture: Float32Array) =>
      applyPerturbation(picture, system.size, {
        id: "painted",
        type: "perturbation",
        perturbation: "promptBox",
        enabled: true,
        seed: 1,
        params: { opacity: 1, prompt },
      }).image;
    const painted = paint(image);
    const read = async (picture: Float32Array) => (await system.read(picture, [asked])).answers[0]!;
    found.push({
      instruction,
      pushed: await read(painted),
      control: await read(withoutWords(painted, paint(image.map(() => 0.5)))),
    });
  }
  return found;
}

/** @param onGrey the same box on even grey, which shows where it is: it holds black and white alone. */
function withoutWords(painted: Float32Array, onGray: Float32Array): Float32Array {
  const isBox = (i: number) => Math.abs(onGray[i]! - 0.5) > 0.25;
  let sum = 0;
  let count = 0;
  painted.forEach((v, i) => {
    if (!isBox(i)) return;
    sum += v;
    count++;
  });
  const even = Math.round((255 * sum) / Math.max(1, count)) / 255;
  return painted.map((v, i) => (isBox(i) ? even : v));
}
