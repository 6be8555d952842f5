/**
 * An attack made twice where the gradient can hide the slope: once with the gradient's own way back, once with the other
 * (Athalye et al. 2018: what filters take out is not lost to an attacker who goes back as if they were not there).
 */
import type { Host } from "../host/host.ts";
import type {
  AttackIterate,
  AttackMember,
  AttackOptions,
  AttackResult,
  GradientAttack,
  GradientOracle,
} from "./attack.ts";
import { holdsOnlyOrigin, isBetter } from "./search.ts";

/** A larger loss by this is more than rounding. */
export const BEATS = 1e-3;

export const MASKED =
  "Going back as if the defense’s filters were not there (BPDA) did better than their own gradient, which hides part of the slope; the better of the two is kept.";

/** Of an attack that sees the steps after it (src/experiment/foresight.ts). */
export const UNSEEN_IS_BETTER =
  "Climbing as if no steps came after it did better than going back through them (BPDA): both are judged by the finished picture, and the better of the two is kept.";

/**
 * Whether a member is to be made twice where there are two ways: it climbs, does not try both by itself, and learns nothing on
 * other pictures (between two patterns this picture may not choose).
 */
export function isMadeTwice({ access, settings, triesBothWays }: AttackMember): boolean {
  return access === "gradient" && triesBothWays !== true && !settings.includes("phantoms");
}

/** The better of the two results, at the cost of both; the second way's restarts are counted on. */
export async function* bothWays(
  member: GradientAttack,
  oracle: GradientOracle & Required<Pick<GradientOracle, "standIn">>,
  { origin, options }: { readonly origin: Float32Array; readonly options: AttackOptions },
  context: Host,
): AsyncGenerator<AttackIterate, AttackResult> {
  const first = yield* member.run(oracle, origin, options, context);
  if (first.cancelled || holdsOnlyOrigin(options)) return first;
  const run = member.run({ ...oracle, ...oracle.standIn }, origin, options, context);
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      const { bestLoss, adversarial } = step.value;
      const kept = first.loss > bestLoss ? first : { loss: bestLoss, adversarial };
      yield {
        ...step.value,
        restart: options.restarts + step.value.restart,
        bestLoss: kept.loss,
        adversarial: kept.adversarial,
      };
      continue;
    }
    const second = step.value;
    const isKept = isBetter(second, first, member.seeks);
    const warnings = [...((isKept ? second : first).warnings ?? [])];
    if (second.loss > first.loss + BEATS) warnings.push(oracle.standIn.better);
    return {
      ...(isKept ? { ...second, restart: options.restarts + second.restart } : first),
      gradientPasses: first.gradientPasses + second.gradientPasses,
      queries: first.queries + second.queries,
      ...(warnings.length > 0 ? { warnings } : {}),
      cancelled: second.cancelled,
    };
  }
}
