/** Small losses to attack, and an attack's whole run. */
import type {
  AttackIterate,
  AttackOptions,
  AttackResult,
  GradientOracle,
} from "../attacks/attack.ts";
import { ATTACKS } from "../attacks/registry.ts";
import type { AttackId } from "../attacks/registry.ts";
import type { Host } from "../host/host.ts";
import { randomStream } from "../numerics/random.ts";

export const running: Host = { signal: { aborted: false }, yieldToHost: async () => {} };
export const base: AttackOptions = {
  norm: "linf",
  epsilon: 0.1,
  steps: 10,
  stepSize: 0.025,
  restarts: 1,
  seed: 1,
  randomStart: false,
};

/** The loss alone is the same function. */
export function asked(oracle: Pick<GradientOracle, "lossAndGradient">): GradientOracle {
  return { ...oracle, loss: async (x) => (await oracle.lossAndGradient(x)).loss };
}

/** f = w.x, answer positive where f > 0; the attacker lowers it. */
export function linear(w: readonly number[]): GradientOracle {
  return asked({
    lossAndGradient: async (x) => ({
      loss: -w.reduce((sum, wi, i) => sum + wi * x[i]!, 0),
      gradient: Float32Array.from(w, (wi) => -wi),
    }),
  });
}

/** A bumpy loss on 16 pixels with its exact gradient. */
export function bumpy(seed: number): GradientOracle {
  const random = randomStream(seed, "bumpy");
  const waves = Array.from({ length: 6 }, () => ({
    direction: Float64Array.from({ length: 16 }, () => 3 * random.normal()),
    phase: random.between(0, 6),
  }));
  return asked({
    async lossAndGradient(x) {
      let loss = 0;
      const gradient = new Float32Array(16);
      for (const { direction, phase } of waves) {
        const angle = direction.reduce((sum, d, i) => sum + d * x[i]!, phase);
        loss += Math.sin(angle);
        for (let i = 0; i < 16; i++) gradient[i]! += Math.cos(angle) * direction[i]!;
      }
      return { loss, gradient };
    },
  });
}

export async function trace(
  id: AttackId,
  oracle: GradientOracle,
  origin: Float32Array,
  { context = running, ...options }: AttackOptions & { readonly context?: Host },
): Promise<{ iterates: AttackIterate[]; result: AttackResult }> {
  const iterates: AttackIterate[] = [];
  const run = ATTACKS[id].run(oracle, origin, options, context);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return { iterates, result: value };
    iterates.push(value);
  }
}
