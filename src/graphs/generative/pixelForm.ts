/** How a picture reaches a vision graph: whole, cut into tiles, or as flattened patches. What its processor says of that. */
import { LabError } from "../../errors/labError.ts";
import type { FamilyRules } from "./families.ts";

export type PixelForm =
  | { readonly kind: "whole"; readonly size: number }
  | {
      readonly kind: "tiles";
      readonly size: number;
      /** Side of a tile, and tiles along each side of the picture; 0 where it is not cut. */
      readonly tile: number;
      readonly across: number;
      /** Length that the longer side of a film is brought to first. */
      readonly longest: number;
    }
  | {
      readonly kind: "patches";
      readonly size: number;
      /** Side of a patch, patches merged along each side, and how often the picture stands in time. */
      readonly patch: number;
      readonly merge: number;
      readonly frames: number;
    };

/**
 * Largest side of the pictures given to a model that takes any, where nobody says another: as its makers' examples for the browser
 * have it. Its own bounds may go to thousands of tokens.
 */
export const LARGEST_SIDE = 448;

/**
 * @param size side that the processor states for pictures taken whole
 * @param side of the film, or the one wanted, for a model that takes any
 * @throws LabError "model-damaged" for a processor that does not say what its family needs
 */
export function pixelFormOf(
  pixels: FamilyRules["pixels"],
  processor: unknown,
  size: number | undefined,
  side: number = LARGEST_SIDE,
): PixelForm {
  if (pixels === "tiles") {
    const tile = need(processor, "max_image_size", "longest_edge");
    const longest = numberAt(processor, "size", "longest_edge") ?? tile;
    const across = Math.ceil(longest / tile);
    // A picture of one tile is not cut.
    if (fieldOf(processor, "do_image_splitting") === false || across === 1) {
      return { kind: "tiles", size: tile, tile, across: 0, longest };
    }
    return { kind: "tiles", size: across * tile, tile, across, longest };
  }
  if (pixels === "patches") {
    const patch = numberAt(processor, "patch_size") ?? 14;
    const merge = numberAt(processor, "merge_size") ?? 2;
    const frames = numberAt(processor, "temporal_patch_size") ?? 2;
    const bound = (name: string, edge: string): number | undefined =>
      numberAt(processor, name) ?? numberAt(processor, "size", edge);
    const least = bound("min_pixels", "shortest_edge") ?? 56 * 56;
    const most = bound("max_pixels", "longest_edge") ?? 28 * 28 * 1280;
    const near = smartSide(side, { factor: patch * merge, least, most });
    return { kind: "patches", size: near, patch, merge, frames };
  }
  if (size === undefined) {
    throw new LabError(
      "model-damaged",
      "preprocessor_config.json does not say the size of the picture.",
    );
  }
  return { kind: "whole", size };
}

/** Side that Qwen's "smart resize" gives a square of this side: a multiple of `factor`, its area within bounds. */
function smartSide(
  side: number,
  {
    factor,
    least,
    most,
  }: { readonly factor: number; readonly least: number; readonly most: number },
): number {
  const near = Math.round(side / factor) * factor;
  if (near * near > most) return Math.max(factor, Math.floor(Math.sqrt(most) / factor) * factor);
  return near * near < least ? Math.ceil(Math.sqrt(least) / factor) * factor : near;
}

function fieldOf(json: unknown, name: string): unknown {
  return typeof json === "object" && json !== null
    ? (json as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** A positive number of a processor; undefined where it states none. */
function numberAt(processor: unknown, ...names: readonly string[]): number | undefined {
  const value = names.reduce(fieldOf, processor);
  return typeof value === "number" && value > 0 ? value : undefined;
}

function need(processor: unknown, ...names: readonly string[]): number {
  const value = numberAt(processor, ...names);
  if (value !== undefined) return value;
  throw new LabError(
    "model-damaged",
    `preprocessor_config.json does not say how pictures are cut: it has no ${names.join(".")}.`,
  );
}
