/** Which attention maps of a model a goal weighs, and how: their keys' places held against the mask. */
import { LabError } from "../errors/labError.ts";
import { cellShares } from "../model/attentionLoss.ts";
import type { WeighedMap } from "../model/attentionLoss.ts";
import type { AttentionObjective } from "../model/objective.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import type { AttentionTap } from "../onnx/taps.ts";

export interface WeighedTap extends WeighedMap {
  /** The map's name in its own graph. */
  readonly tap: string;
}

/** The encoder's maps over the picture: every query counts. */
export function encoderMaps(
  taps: readonly PlacedTap[],
  { mask }: Pick<AttentionObjective, "mask">,
): readonly WeighedTap[] {
  return shown(taps).map(({ tap, rows, columns, cells }) => {
    const shares = cellShares(mask, [rows, columns]);
    const keys = tap.shape.at(-1)!;
    return {
      tap: tap.name,
      shape: tap.shape,
      weights: tap.shape.length === 4 ? [tap.shape[0]!, 1, 1, keys] : [1, 1, keys],
      inside: Float32Array.from(cells, (cell) => (cell < 0 ? 0 : shares[cell]!)),
      counted: Float32Array.from(cells, (cell) => (cell < 0 ? 0 : 1)),
    };
  });
}

/**
 * The answering graph's maps: one query counts, the answering position.
 * @param queries positions that the graph is fed, padding included
 */
export function answerMaps(
  taps: readonly AttentionTap[],
  grid: readonly [number, number],
  { mask, promptIds }: Pick<AttentionObjective, "mask" | "promptIds">,
  queries: number,
): readonly WeighedTap[] {
  const shares = cellShares(mask, grid);
  return shown(taps).map((tap) => {
    const keys = tap.shape.at(-1)!;
    const [inside, counted] = [new Float32Array(queries * keys), new Float32Array(queries * keys)];
    const start = (promptIds.length - 1) * keys;
    for (let key = 0; key < keys; key++) {
      // Class and register tokens stand before those of the picture.
      const cell = key - keys + shares.length;
      if (cell < 0) continue;
      inside[start + key] = shares[cell]!;
      counted[start + key] = 1;
    }
    const shape = [...tap.shape.slice(0, -2), queries, keys];
    const weights = shape.length === 4 ? [1, 1, queries, keys] : [1, queries, keys];
    return { tap: tap.name, shape, weights, inside, counted };
  });
}

function shown<T>(taps: readonly T[]): readonly T[] {
  if (taps.length > 0) return taps;
  throw new LabError(
    "model-incompatible",
    "This model shows no attention over the picture, so there is none to move.",
    { hint: "Choose another goal, such as moving the features." },
  );
}
