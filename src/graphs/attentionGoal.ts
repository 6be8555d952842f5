/** Which attention maps of a model a goal weighs, and how: their keys' places held against the mask. */
import { LabError } from "../errors/labError.ts";
import { cellShares } from "../model/attentionLoss.ts";
import type { WeighedMap } from "../model/attentionLoss.ts";
import type { AttentionObjective } from "../model/objective.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import type { PictureTap } from "./readyModel.ts";

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
  taps: readonly PictureTap[],
  grid: readonly [number, number],
  { mask, promptIds }: Pick<AttentionObjective, "mask" | "promptIds">,
  queries: number,
): readonly WeighedTap[] {
  if (taps.some(({ texts }) => texts)) {
    throw new LabError(
      "model-incompatible",
      "This model's answer has no one place that looks at the picture: it compares two captions, and each of their tokens looks.",
      { hint: "Move the encoder's own attention, or the likelihood of a text." },
    );
  }
  const shares = cellShares(mask, grid);
  const asking = promptIds.length - 1;
  return shown(taps).map(({ within, ...tap }) => {
    // A map over one sequence is weighed whole: what its softmax reads can only be had of all of it.
    const whole = within?.tap ?? tap;
    const keys = whole.shape.at(-1)!;
    const pictured = tap.shape.at(-1)!;
    const rows = within ? whole.shape.at(-2)! : queries;
    const [inside, counted] = [new Float32Array(rows * keys), new Float32Array(rows * keys)];
    const start = (within?.rows[asking] ?? asking) * keys;
    for (let key = 0; key < pictured; key++) {
      // Class and register tokens stand before those of the picture.
      const cell = key - pictured + shares.length;
      if (cell < 0) continue;
      const at = start + (within?.columns[key] ?? key);
      inside[at] = shares[cell]!;
      counted[at] = 1;
    }
    const shape = [...whole.shape.slice(0, -2), rows, keys];
    const weights = shape.length === 4 ? [1, 1, rows, keys] : [1, rows, keys];
    return { tap: whole.name, shape, weights, inside, counted };
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
