/** What a pointer tool of the viewers is: how it looks, what a drag with it does, and the keys that do the same. */
import type { Stroke } from "../../../experiment/spec.ts";
import type { StrokePainter } from "../../brush/useStrokePainter.ts";
import type { Stores } from "../../context/stores.ts";
import type { Extent } from "../../kit/useExtent.ts";
import type { Gesture } from "../../kit/pointers.ts";
import type { Point } from "../../kit/pointers.ts";
import type { ToolFace } from "./toolFaces.ts";

/** The viewer a tool works on. Points are CSS pixels from its top left, or fractions of the picture. */
export interface Surface {
  readonly stores: Stores;
  readonly painter: StrokePainter;
  extent(): Extent;
  onImage(at: Point): Point;
  /** Draws a stroke before the engine has seen it. */
  showStroke(stroke: Stroke | null): void;
  /** Where the keyboard holds the tip of the tool, in fractions; null until it is moved. */
  readonly tip: { get(): Point | null; set(at: Point): void };
}

/** @typeParam S what the tool works on. */
export interface Tool<S = Surface> extends ToolFace {
  /** Over a viewer; "none" where the tool draws its own tip. */
  readonly cursor: "default" | "none" | "grab" | "crosshair" | "move";
  /** @param pressure of a pen, 0 to 1 */
  onDown(at: Point, surface: S, pressure?: number): Gesture;
  /** Keys of a focused viewer while the tool is taken up. @returns whether the key was one of them. */
  onKey?(key: string, surface: S): boolean;
}

export const NOTHING = (): void => {};
