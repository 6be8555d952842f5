/** When two readings of one model count as the same, and the sentence that says it. */
import { decimal } from "../numerics/decimalText.ts";

/** Below this cosine a stage counts as moved; sums in another order stay above 0.9999. */
const SAME = 0.999;

/** A stage that moved, with its cosine; NaN, which broken kernels make, counts as moved. */
export function movedStage({
  stage,
  cosine: value,
}: {
  readonly stage: string;
  readonly cosine: number;
}): readonly string[] {
  if (value >= SAME) return [];
  if (Number.isNaN(value)) return [`${stage} (not a number)`];
  return [`${stage} (cosine ${decimal(value, 4)})`];
}

interface NamedAgreement {
  readonly differs: readonly string[];
  readonly form: string;
  readonly backend: string;
}

/**
 * One plain sentence for each that differs, or one for all.
 * @param unasked how many could not be asked: of those nothing is said
 */
export function verdictOf(others: readonly NamedAgreement[], unasked = 0): string {
  const moved = others.filter(({ differs }) => differs.length > 0);
  if (others.length === 0) {
    return unasked > 0
      ? "No second form or backend could be asked: nothing to compare."
      : "There is one form on one backend: nothing to compare.";
  }
  if (moved.length === 0) {
    return unasked > 0
      ? "All forms and backends that could be asked hold and say the same; the others are named below."
      : "All forms and backends hold and say the same.";
  }
  return moved
    .map(({ backend, form, differs }) => `${form} on ${backend}: ${differs.join(", ")}.`)
    .join(" ");
}
