/** One strength or setting of a perturbation, defense or instrument: all that a slider, a link and a check need to know. */
export interface ParamMeta {
  readonly label: string;
  /** "" for pure numbers. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly help: string;
  /** Whole numbers only. */
  readonly integer?: true;
  /** The only values allowed; `min`, `max` and `step` then describe their range. */
  readonly choices?: readonly number[];
  /** What the choices are called, in their order: a menu is offered instead of a slider. */
  readonly choiceNames?: readonly string[];
  /** What a value stands for where the number alone says nothing, such as "8000 photons". */
  readonly inWords?: (value: number) => string;
  /** The same as plain data: `inWords` at `min` and at every step after it. */
  readonly stepWords?: readonly string[];
}

/** What a value stands for, where that can be said. */
export function wordsFor(meta: ParamMeta, value: number): string | undefined {
  if (meta.inWords) return meta.inWords(value);
  const step = (value - meta.min) / meta.step;
  const nearest = Math.round(step);
  // Between two steps a neighbour's words would be wrong.
  return Math.abs(step - nearest) < 1e-6 ? meta.stepWords?.[nearest] : undefined;
}

export type Params = Readonly<Record<string, number>>;

/** Settings with every missing number at its default. */
export function withDefaults(metas: Readonly<Record<string, ParamMeta>>, given: Params): Params {
  const values: Record<string, number> = {};
  for (const [name, meta] of Object.entries(metas)) values[name] = given[name] ?? meta.default;
  return values;
}
