/** What a pointer tool of the viewers is: how it looks, what a drag with it does, and the keys that do the same. */
import type { Stroke } from "../../../experiment/spec.ts";
import type { StrokePainter } from "../../brush/useStrokePainter.ts";
import type { Stores } from "../../context/stores.ts";
import type { Command } from "../../context/keymap.ts";
import type { IconName } from "../../kit/icons.tsx";
import type { Extent } from "../../kit/useExtent.ts";
import type { Point } from "../../picture/viewGeometry.ts";

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

/** One press of the pointer, from down to up. */
export interface Gesture {
  onMove(to: Point): void;
  onUp(): void;
  /** The press turned into something else (a second finger): what was begun ends here. */
  onCancel(): void;
}

export interface Tool {
  /** As its button says it. */
  readonly name: string;
  readonly icon: IconName;
  /** The command of the keymap that takes it up. */
  readonly command?: Command;
  /** Over a viewer; "none" where the tool draws its own tip. */
  readonly cursor: "default" | "none" | "grab" | "crosshair";
  onDown(at: Point, surface: Surface): Gesture;
  /** Keys of a focused viewer while the tool is taken up. @returns whether the key was one of them. */
  onKey?(key: string, surface: Surface): boolean;
}

export const NOTHING = (): void => {};
