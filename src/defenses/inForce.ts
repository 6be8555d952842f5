/** Whether a defense changes anything. */
import type { Defense, DefenseItem } from "./defense.ts";

/** @param described of the item's kind. @returns whether it is on, and not at strength 0. */
export function isInForce(
  { enabled, params }: DefenseItem,
  described: Pick<Defense, "strength" | "params"> | undefined,
): boolean {
  if (!enabled || !described) return false;
  const { strength, params: metas } = described;
  return (params[strength] ?? metas[strength]?.default) !== 0;
}
