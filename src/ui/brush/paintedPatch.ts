/** Where strokes go: the stack's painted patch, put in front of the first attack when there is none. */
import type { ExperimentSpec, PerturbationItem, StackItem } from "../../experiment/spec.ts";
import { freshId } from "../../state/specEdits.ts";

export function paintedPatch(stack: readonly StackItem[]): PerturbationItem | undefined {
  return stack.find(
    (item): item is PerturbationItem =>
      item.type === "perturbation" && item.perturbation === "paintedPatch",
  );
}

/** The spec with a painted patch, its id and how many strokes it has. */
export function ensurePatch(spec: ExperimentSpec): {
  readonly spec: ExperimentSpec;
  readonly id: string;
  readonly strokes: number;
} {
  const existing = paintedPatch(spec.stack);
  if (existing) return { spec, id: existing.id, strokes: existing.strokes?.length ?? 0 };
  const id = freshId("patch", spec.stack);
  const item: PerturbationItem = {
    id,
    type: "perturbation",
    perturbation: "paintedPatch",
    enabled: true,
    seed: 1,
    params: {},
    strokes: [],
  };
  const firstAttack = spec.stack.findIndex((other) => other.type === "attack");
  const at = firstAttack < 0 ? spec.stack.length : firstAttack;
  return { spec: { ...spec, stack: spec.stack.toSpliced(at, 0, item) }, id, strokes: 0 };
}
