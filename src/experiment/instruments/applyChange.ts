/** Opens what a row of a result is about, on the experiment as it is now: its own stack is kept, switched off where it must be. */
import type { ExperimentSpec } from "../spec.ts";
import type { ExperimentChange } from "./instrumentResult.ts";

export function applyChange(
  spec: ExperimentSpec,
  { question, on, add }: ExperimentChange,
): ExperimentSpec {
  const kept = on
    ? spec.stack.map((item) =>
        item.enabled && !on.includes(item.id) ? { ...item, enabled: false } : item,
      )
    : spec.stack;
  let n = 1;
  while (kept.some(({ id }) => id === `found-${n}`)) n++;
  return {
    ...spec,
    ...(question === undefined ? {} : { question }),
    stack: add ? [...kept, { ...add, id: `found-${n}` }] : kept,
  };
}
