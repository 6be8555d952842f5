/** What lessons look at: the experiment, the results that belong to it, and what of the view a lesson may ask for. */
import type { StageName, StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";

export interface LessonState {
  readonly spec: ExperimentSpec;
  /** Stages that answer this very experiment, by name; instruments under "instruments" by their id. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Overlay, outlines and layout, as a share link writes them. */
  readonly view: Readonly<Record<string, string | number | boolean>>;
  /** The entry that a condition over a list is about. */
  readonly item?: unknown;
}

const INSTRUMENT = "instrument:";

const STEP = /^(?:\.?([A-Za-z][A-Za-z0-9]*)|\[([\w.-]{1,60})\])/;

/** "results.metrics.l2" or "spec.stack[attack].epsilon" as its steps, or undefined for what is no path of the state. */
export function parseStatePath(path: string): readonly string[] | undefined {
  const steps: string[] = [];
  for (let rest = path; rest !== "";) {
    const step = STEP.exec(rest);
    const name = step?.[1] ?? step?.[2];
    if (!step || name === undefined) return undefined;
    steps.push(name);
    rest = rest.slice(step[0].length);
  }
  return ["spec", "results", "view", "item"].includes(steps[0] ?? "") ? steps : undefined;
}

/** Results by the names a lesson uses for them. */
export function namedResults(stages: Partial<StageResults>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(stages) as [StageName, unknown][];
  const instruments = entries.filter(([name]) => name.startsWith(INSTRUMENT));
  return {
    ...Object.fromEntries(entries.filter(([name]) => !name.startsWith(INSTRUMENT))),
    instruments: Object.fromEntries(
      instruments.map(([name, result]) => [name.slice(INSTRUMENT.length), result]),
    ),
  };
}

/** The value at a path, entries of lists by position or by id; undefined where there is none. "length" counts a list. */
export function valueAt(state: LessonState, path: string): unknown {
  let node: unknown = state;
  for (const step of parseStatePath(path) ?? []) {
    if (node === null || typeof node !== "object") return undefined;
    node = isList(node) ? entryOf(node, step) : own(node, step);
  }
  return node;
}

function isList(node: object): node is ArrayLike<unknown> {
  return Array.isArray(node) || ArrayBuffer.isView(node);
}

function entryOf(list: ArrayLike<unknown>, step: string): unknown {
  if (step === "length") return list.length;
  if (/^\d+$/.test(step)) return list[Number(step)];
  return Array.from(list).find(
    (entry) => entry !== null && typeof entry === "object" && own(entry, "id") === step,
  );
}

function own(node: object, name: string): unknown {
  return Object.hasOwn(node, name) ? (node as Record<string, unknown>)[name] : undefined;
}
