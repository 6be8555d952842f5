/** The loop that every attack shares: starts, projections, the best point of all restarts, cancellation. */
import { LabError, invariant } from "../errors/labError.ts";
import type { Host } from "../host/host.ts";
import { randomStream } from "../numerics/random.ts";
import type { Norm } from "../tensor/norms.ts";
import type {
  AttackDescription,
  AttackIterate,
  AttackOptions,
  AttackProblem,
  AttackResult,
} from "./attack.ts";
import { feasibleSet } from "./feasibleSet.ts";
import { checkOnLattice, holdsNeighbors, latticeAround } from "./lattice.ts";

export interface Run {
  readonly origin: Float32Array;
  readonly options: AttackOptions;
  readonly context: Host;
  readonly counts: { readonly gradientPasses: number; readonly queries: number };
}

/** One restart: evaluates `shown`, the picture of point `x`, and knows the point after it (undefined after the last). */
export interface Walk {
  start?(): Float32Array;
  visit(
    x: Float32Array,
    shown: Float32Array,
    step: number,
  ): Promise<{
    readonly loss: number;
    readonly next: (() => Float32Array | undefined) | undefined;
  }>;
}

export async function* search(
  description: AttackDescription,
  { origin, options, context, counts }: Run,
  begin: (problem: AttackProblem) => Walk,
): AsyncGenerator<AttackIterate, AttackResult> {
  checkOptions(description, origin, options);
  if (options.lattice === true) checkOnLattice(origin);
  const pictureOf = options.lattice === true ? latticeAround(origin, options) : undefined;
  const isStill = holdsOnlyOrigin(options);
  const isOneStep = !description.settings.some((s) => s === "steps" || s === "queries");
  const feasible = feasibleSet(origin, options);
  const restarts = isStill ? 1 : options.restarts;
  const steps = isStill ? 0 : isOneStep ? 1 : options.steps;
  const random = randomStream(options.seed, "attack", description.id);
  let best: Omit<AttackResult, "gradientPasses" | "queries" | "cancelled"> | undefined;
  const stopped = (): AttackResult => ({
    ...(best ?? { adversarial: origin.slice(), loss: NaN, norm: 0, step: 0, restart: 0 }),
    ...counts,
    cancelled: true,
  });

  for (let restart = 0; restart < restarts; restart++) {
    const stream = random.fork(`restart ${restart}`);
    const updates = stream.fork("updates");
    const walk = begin({ origin, options, steps, feasible, random: updates });
    const atRandom = restart > 0 || options.randomStart;
    const given = restart === 0 ? options.start?.slice() : undefined;
    let x = given ?? walk.start?.() ?? (atRandom ? feasible.sample(stream) : origin.slice());
    feasible.project(x);
    for (let step = 0; step <= steps; step++) {
      await context.yieldToHost();
      if (context.signal.aborted) return stopped();
      const shown = pictureOf?.(x) ?? x;
      const { loss, next } = await walk.visit(x, shown, step);
      checkLoss(loss);
      const norm = distance(shown, origin, options.norm);
      if (best === undefined || isBetter({ loss, norm }, best, description.seeks)) {
        best = { adversarial: shown, loss, norm, step, restart };
      }
      const { adversarial, loss: bestLoss } = best;
      yield { step, restart, loss, bestLoss, adversarial, current: shown, norm };
      if (context.signal.aborted) return stopped();
      if (step === steps || next === undefined) break;
      const following = next();
      if (following === undefined) break;
      x = following;
      feasible.project(x);
    }
  }
  invariant(best !== undefined, "an attack without an iterate");
  return { ...best, ...counts, cancelled: false };
}

export interface Judged {
  readonly loss: number;
  readonly norm: number;
}

/** A larger loss; for a member that seeks the smallest change, of two flips the nearer one. */
export function isBetter(found: Judged, best: Judged, seeks: AttackDescription["seeks"]): boolean {
  const isSmaller = seeks === "smallest" && found.loss > 0 && best.loss > 0;
  return isSmaller ? found.norm < best.norm : found.loss > best.loss;
}

/** Whether the ball has no other picture than the one in its middle. */
export function holdsOnlyOrigin(options: AttackOptions): boolean {
  return options.epsilon === 0 || (options.lattice === true && !holdsNeighbors(options));
}

function checkLoss(loss: number): void {
  if (!Number.isNaN(loss)) return;
  throw new LabError("model-incompatible", "The attack's loss is not a number.", {
    hint: "The model returned NaN for this image; try another backend or precision.",
  });
}

/** Distance of two images in the norm of the ball. */
export function distance(x: Float32Array, origin: Float32Array, norm: Norm): number {
  return norm === "linf" ? largestChange(x, origin) : Math.sqrt(squaredChange(x, origin));
}

/** Two pixels at a time, each with a largest of its own: once a step of every attack, and a fifth of the time. */
function largestChange(x: Float32Array, origin: Float32Array): number {
  let [even, odd] = [0, 0];
  for (let i = 0; i + 1 < x.length; i += 2) {
    const one = Math.abs(x[i]! - origin[i]!);
    const other = Math.abs(x[i + 1]! - origin[i + 1]!);
    if (one > even) even = one;
    if (other > odd) odd = other;
  }
  const last = x.length - 1;
  if (last % 2 === 0) even = Math.max(even, Math.abs(x[last]! - origin[last]!));
  return Math.max(even, odd);
}

function squaredChange(x: Float32Array, origin: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    const change = x[i]! - origin[i]!;
    squares += change * change;
  }
  return squares;
}

function checkOptions(
  description: AttackDescription,
  origin: Float32Array,
  options: AttackOptions,
): void {
  const fail = (message: string, hint: string) => {
    throw new LabError("spec-invalid", `${description.label}: ${message}`, { hint });
  };
  const { norm, epsilon, steps, stepSize, restarts, mask } = options;
  if (!description.norms.includes(norm)) {
    fail(`no ${norm} version.`, `Choose ${description.norms.join(" or ")}.`);
  }
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    fail(`epsilon is ${epsilon}.`, "Choose an epsilon of at least 0.");
  }
  if (!Number.isInteger(steps) || steps < 1) {
    fail(`${steps} steps.`, "Choose a whole number of steps from 1.");
  }
  if (!Number.isInteger(restarts) || restarts < 1) {
    fail(`${restarts} restarts.`, "Choose a whole number of restarts from 1.");
  }
  if (
    description.settings.includes("relativeStep") &&
    !(stepSize > 0 && Number.isFinite(stepSize))
  ) {
    if (epsilon > 0) fail(`step size ${stepSize}.`, "Choose a step size above 0.");
  }
  if (mask && mask.length !== origin.length) {
    fail(`a mask of ${mask.length} pixels for ${origin.length}.`, "Draw the mask again.");
  }
}
