/**
 * What an instrument found, in one shape for all, so that the page, the headless lab and a study show any of them without
 * knowing it. Plain data: it crosses the worker border. Long arrays are typed.
 */
import type { StackItem } from "../spec.ts";

/** One number with all that is needed to read it rightly. */
export interface Quantity {
  /** Stable within its instrument: a study's column is "<instrument>.<id>". */
  readonly id: string;
  readonly label: string;
  /** NaN where it can't be had; `note` then says why. */
  readonly value: number;
  /** "" for a pure number. */
  readonly unit: string;
  readonly interval?: { readonly low: number; readonly high: number; readonly level: number };
  /** How many draws, wordings or cells it rests on. */
  readonly n?: number;
  readonly note?: string;
  /** A cell of one of the tables too: a column for studies, and not listed again where the table is shown. */
  readonly isInTable?: true;
}

export interface Axis {
  readonly label: string;
  /** "" for a pure number. */
  readonly unit: string;
  readonly log?: boolean;
}

export interface Series {
  readonly name: string;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** A band around the line, as long as it. */
  readonly low?: Float64Array;
  readonly high?: Float64Array;
  readonly mode?: "line" | "points" | "bars";
}

/** Lines over a common axis. */
export interface LinePlot {
  readonly kind: "lines";
  readonly id: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** A grid of numbers with named rows and columns. */
export interface HeatPlot {
  readonly kind: "heat";
  readonly id: string;
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row by row, [rows * columns]; NaN stays empty. */
  readonly values: Float64Array;
  readonly unit: string;
  /** Where the colour scale is neutral; absent for a scale from low to high. */
  readonly middle?: number;
}

/** A map over the picture: one weight per cell of the grid, row by row. */
export interface PictureMap {
  readonly id: string;
  readonly label: string;
  readonly grid: readonly [number, number];
  readonly data: Float32Array;
  /** What one unit means, for the legend. */
  readonly unit: string;
  /** The picture it is about; both where absent. */
  readonly picture?: "clean" | "disturbed";
}

/** A text that was written of a picture, piece by piece as it reads. */
export interface WordRun {
  readonly picture: "clean" | "disturbed";
  readonly title: string;
  readonly pieces: readonly {
    readonly text: string;
    /** Of this piece behind those before it. */
    readonly probability: number;
    /** Id of the map of where it looked; absent where there is none. */
    readonly map?: string;
  }[];
}

export interface ResultTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  /** Columns that hold per cents, by their place. */
  readonly percent?: readonly number[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** For each row, the picture it is about; null where that is the untouched one. Pixels stay out of manifests and links. */
  readonly pictures?: readonly (RowPicture | null)[];
  /** For each row, the change of the experiment that shows it live; null where there is none. */
  readonly opens?: readonly (ExperimentChange | null)[];
  /** For each row, where its last cell leads: the whole table it was taken from; null where there is none. */
  readonly leads?: readonly (Lead | null)[];
}

/** A small square picture beside a row. */
export interface RowPicture {
  readonly size: number;
  /** Row by row, [size * size], k for the value k/255. */
  readonly data: Uint8Array;
}

/** A table of a study: of one of its measures, or among what the whole study says. */
export interface Lead {
  readonly kind: "measure" | "reading";
  readonly id: string;
}

/** Pictures in their order, each with what was read off it: what a cine shows. Pixels stay out of manifests and links. */
export interface FrameSequence {
  /** Side of a picture. */
  readonly size: number;
  /** One after the other, [frames * size * size], k for the value k/255. */
  readonly pictures: Uint8Array;
  /** Of `maps`, which are [frames * rows * columns]; absent for a model that shows no attention. */
  readonly attention?: {
    readonly label: string;
    readonly grid: readonly [number, number];
    readonly maps: Float32Array;
  };
  readonly frames: readonly {
    readonly step: number;
    readonly restart: number;
    /** About the finding; null where the system gives no answer. */
    readonly answer: string | null;
    readonly margin: number | null;
    /** Of this picture's embedding and the clean one's. */
    readonly cosine: number;
    readonly loss: number;
  }[];
  /** Index of the first frame whose answer is not the clean one's; null where none is. */
  readonly flipFrame: number | null;
}

/** What of the open experiment a row changes (applyChange.ts): relative, since the stack may be another by the time it is opened. */
export interface ExperimentChange {
  readonly question?: string;
  /** Members of the stack that stay on; all others are switched off. Absent: the stack is left alone. */
  readonly on?: readonly string[];
  /** A member that is added after them. */
  readonly add?: StackItem;
}

export interface InstrumentResult {
  /** The finding in one or two plain sentences with its numbers. */
  readonly statement: string;
  readonly quantities: readonly Quantity[];
  readonly plots?: readonly (LinePlot | HeatPlot)[];
  readonly maps?: readonly PictureMap[];
  /** Texts whose pieces lead to maps of this result; those maps have no button of their own. */
  readonly words?: readonly WordRun[];
  readonly tables?: readonly ResultTable[];
  readonly frames?: FrameSequence;
  /** Why it can't be had on this model or case, as a sentence; then there is nothing else. */
  readonly obstacle?: string;
}

/** The result of an instrument that can't be had here. */
export function obstructed(obstacle: string): InstrumentResult {
  return { statement: obstacle, quantities: [], obstacle };
}
