/** One iteration of projected gradient ascent as graph nodes: the gradient graph plus step, projection and clipping. */
import { LabError } from "../../errors/labError.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import type { Norm } from "../../tensor/norms.ts";
import type { GradientGraph } from "../grad/differentiate.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, makeValueInfo } from "../messages.ts";
import type { ModelProto } from "../messages.ts";

/** Inputs and output that an attack step adds to its gradient graph. */
export const ATTACK_NAMES = {
  /** float32, image shape: the clean image that the ball is centred on. */
  origin: "attack_origin",
  /** float32 scalar: radius in the norm, in units of the image. */
  epsilon: "attack_epsilon",
  /** float32 scalar: length of one step, in units of the image. */
  stepSize: "attack_step_size",
  /** float32 [1, 1, H, W] or any shape that broadcasts: 1 where pixels may change. */
  mask: "attack_mask",
  /** float32, image shape: the next iterate, inside the ball, the mask and [0, 1]. */
  next: "next_image",
} as const;

export interface AttackStep {
  readonly norm: Norm;
  /** Name of the image input, whose gradient the graph must have. */
  readonly image: string;
  /** Shape of the image, batch first. */
  readonly shape: readonly number[];
  readonly maskShape: readonly number[];
  /** Outputs to keep beside `next_image` (e.g. the loss); the gradient is dropped unless named. */
  readonly outputs: readonly string[];
}

/**
 * The model of one ascent step. With g the gradient, s the step size, e the radius, o the origin, m the mask:
 * - linf: x + s sign(g) m, then within [o - e, o + e]
 * - l2: x + s g m / ||g m||, then o + d min(1, e / ||d||), d = x - o (norms per image of the batch)
 * and last clipped to [0, 1]. The sign is Clip(1e30 g, -1, 1): exact for |g| > 1e-30, and a GPU kernel exists.
 * The result stays in the ball because clipping towards [0, 1], which holds the origin, only shortens d.
 */
export function withAttackStep(gradient: GradientGraph, step: AttackStep): ModelProto {
  const b = new GraphBuilder(gradient.model);
  const grad = gradient.gradients[step.image];
  const outputs = gradient.model.graph?.output ?? [];
  if (grad === undefined) {
    throw new LabError("graph-invalid", `The gradient graph has no gradient of "${step.image}".`);
  }
  const { float32 } = ELEMENT_TYPE;
  const origin = b.addInput(ATTACK_NAMES.origin, float32, step.shape);
  const epsilon = b.addInput(ATTACK_NAMES.epsilon, float32, []);
  const stepSize = b.addInput(ATTACK_NAMES.stepSize, float32, []);
  const mask = b.addInput(ATTACK_NAMES.mask, float32, step.maskShape);
  const axes = step.shape.map((_, i) => i).slice(1);
  const length = (x: string): string =>
    b.add("Sqrt", [b.reduceSum(b.add("Mul", [x, x]), axes, true)]);

  const masked = b.add("Mul", [grad, mask]);
  let delta: string;
  if (step.norm === "linf") {
    const sign = b.add("Clip", [b.add("Mul", [masked, b.float(1e30)]), b.float(-1), b.float(1)]);
    const moved = b.add("Add", [step.image, b.add("Mul", [sign, stepSize])]);
    const away = b.add("Sub", [moved, origin]);
    const low = b.add("Neg", [epsilon]);
    delta = b.add("Min", [b.add("Max", [away, low]), epsilon]);
  } else {
    // Largest entry first: squares of gradients near 1e-20 would vanish in float32.
    const peak = b.add("Max", [b.reduceMax(b.add("Abs", [masked]), axes, true), b.float(1e-30)]);
    const scaled = b.add("Div", [masked, peak]);
    const direction = b.add("Div", [scaled, b.add("Max", [length(scaled), b.float(1e-12)])]);
    const moved = b.add("Add", [step.image, b.add("Mul", [direction, stepSize])]);
    const away = b.add("Sub", [moved, origin]);
    const size = b.add("Max", [length(away), b.float(1e-12)]);
    const factor = b.add("Min", [b.add("Div", [epsilon, size]), b.float(1)]);
    delta = b.add("Mul", [away, factor]);
  }
  const inside = b.add("Add", [origin, b.add("Mul", [delta, mask])]);
  b.add("Clip", [inside, b.float(0), b.float(1)], { outputs: [ATTACK_NAMES.next] });
  const kept = step.outputs.map((name) => {
    const info = outputs.find((output) => output.name === name);
    if (info === undefined) {
      throw new LabError("graph-invalid", `The gradient graph has no output "${name}".`);
    }
    return info;
  });
  if (sizeOf(step.shape) === 0) throw new LabError("graph-invalid", "The image has no pixel.");
  b.setOutputs([makeValueInfo(ATTACK_NAMES.next, float32, step.shape), ...kept]);
  return b.build();
}
