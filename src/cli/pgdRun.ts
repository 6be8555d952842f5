/** PGD as `lab ask` and `lab caption` make it on a reader's model: from the picture itself, on 8-bit pictures, to its end. */
import type { AttackResult, GradientOracle } from "../attacks/attack.ts";
import { pgd } from "../attacks/pgd.ts";

/**
 * @param picture [S * S] grey in [0, 1]
 * @param size.epsilon linf, in the same units
 * @returns the attack's result and its loss after each step.
 */
export async function pgdRun(
  oracle: GradientOracle,
  picture: Float32Array,
  { epsilon, steps }: { readonly epsilon: number; readonly steps: number },
): Promise<AttackResult & { readonly losses: readonly number[] }> {
  const options = {
    norm: "linf",
    epsilon,
    steps,
    stepSize: (2.5 * epsilon) / steps,
    restarts: 1,
    seed: 1,
    randomStart: false,
    lattice: true,
  } as const;
  const run = pgd.run(oracle, picture, options, {
    signal: { aborted: false },
    yieldToHost: () => Promise.resolve(),
  });
  const losses: number[] = [];
  let step = await run.next();
  for (; !step.done; step = await run.next()) losses.push(step.value.loss);
  return { ...step.value, losses };
}
