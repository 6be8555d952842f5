/**
 * The result of an attack on a defense that draws. The loss of one iterate is a mean over few draws, and the largest of many such
 * means is large by luck as well: so the best few iterates are looked at once more, with draws that none was chosen for, and the
 * best of that is the result: the one that turns the answer in most draws, and of those that do so alike the one of the largest
 * mean. What moves the mean most is not always what turns most answers. Its loss is the second one, which is not flattered by the
 * choice.
 */
import type { Host } from "../host/host.ts";
import { mean } from "../numerics/sums.ts";
import type { AttackDescription, AttackIterate, AttackResult } from "./attack.ts";

export const FINALISTS = 6;
/** Further sets of draws for each of them. */
export const ROUNDS = 4;

type Finalist = Pick<AttackIterate, "loss" | "norm" | "step" | "restart"> & {
  readonly picture: Float32Array;
};

export interface Judge {
  /** The losses of one round of draws. */
  readonly lossAgain: (picture: Float32Array, round: number) => Promise<readonly number[]>;
  /** The loss above which a draw's answer is turned; absent where no loss says so. */
  readonly turnsAbove?: number | undefined;
}

export async function* judgedAgain(
  run: AsyncGenerator<AttackIterate, AttackResult>,
  { seeks, settings }: Pick<AttackDescription, "seeks" | "settings">,
  { lossAgain, turnsAbove = Infinity }: Judge,
  context: Host,
): AsyncGenerator<AttackIterate, AttackResult> {
  let finalists: readonly Finalist[] = [];
  for (;;) {
    const turn = await run.next();
    if (!turn.done) {
      const { loss, norm, step, restart, current } = turn.value;
      finalists = [...finalists, { picture: current, loss, norm, step, restart }]
        .sort((a, b) => b.loss - a.loss)
        .slice(0, FINALISTS);
      yield turn.value;
      continue;
    }
    const result = turn.value;
    // The nearest flip is not the one of the largest loss, and a pattern for many is not chosen on this picture.
    const isOwnChoice = seeks === "smallest" || settings.includes("phantoms");
    if (result.cancelled || isOwnChoice || finalists.length < 2) return result;
    let best: (Finalist & { readonly turned: number }) | undefined;
    for (const finalist of finalists) {
      await context.yieldToHost();
      if (context.signal.aborted) return { ...result, cancelled: true };
      const losses: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        losses.push(...(await lossAgain(finalist.picture, round)));
      }
      const turned = losses.filter((loss) => loss > turnsAbove).length;
      const loss = mean(losses);
      const isBetter =
        !best || turned > best.turned || (turned === best.turned && loss > best.loss);
      if (isBetter) best = { ...finalist, loss, turned };
    }
    const { picture, turned: _turned, ...judged } = best!;
    const queries = result.queries + finalists.length * ROUNDS;
    return { ...result, ...judged, adversarial: picture, queries };
  }
}
