/** A way to say which parts of a picture an answer comes from. Each becomes an instrument, and a map whose faithfulness can be tested. */
import type { ParamMeta } from "../../system/param.ts";
import type { System } from "../../system/system.ts";
import type { LabContext } from "../labContext.ts";
import type { Readout } from "../results.ts";

/** A picture and what the system said of it. */
export interface Subject {
  readonly system: System;
  /** [size * size]. */
  readonly image: Float32Array;
  readonly size: number;
  readonly reading: Readout;
  readonly question: string;
}

export interface ExplainScope {
  readonly params: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly context: Pick<LabContext, "signal" | "yieldToHost">;
}

export interface Explanation {
  readonly grid: readonly [number, number];
  /** [rows * columns]; positive where the picture speaks for what was said. */
  readonly values: Float32Array;
  /** For attributions that should add up: how far they miss the whole, as a share of it. */
  readonly incompleteness?: number;
}

/** One pass done. */
export interface ExplainStep {
  readonly done: number;
  readonly total: number;
}

export interface Explainer {
  readonly id: string;
  readonly label: string;
  /** What it does, as a clause that follows its name. */
  readonly how: string;
  readonly source: string;
  /** Of one cell's value. */
  readonly unit: string;
  readonly params: Readonly<Record<string, ParamMeta>>;
  /** Why this system or reading can't be explained this way, as a sentence. */
  obstacle?(subject: Pick<Subject, "system" | "reading">): string | undefined;
  /** Undefined where the signal stopped it. */
  explain(
    subject: Subject,
    scope: ExplainScope,
  ): AsyncGenerator<ExplainStep, Explanation | undefined>;
}
