/** Pure edits of the experiment spec: each takes a spec and returns the next one, or the same object when nothing changes. */
import type {
  ExperimentSpec,
  FilmBoxes,
  InstrumentItem,
  StackItem,
  Stroke,
  WindowSpec,
} from "../experiment/spec.ts";
import type { FilmSquare } from "../image/filmSquare.ts";
import type { Radiograph } from "../image/radiograph.ts";

type Edit = (spec: ExperimentSpec) => ExperimentSpec;

export function withStack(change: (stack: readonly StackItem[]) => readonly StackItem[]): Edit {
  return (spec) => {
    const stack = change(spec.stack);
    return stack === spec.stack ? spec : { ...spec, stack };
  };
}

/** Replaces the item called `id`; an unknown id changes nothing. */
export function editItem(id: string, change: (item: StackItem) => StackItem): Edit {
  return withStack((stack) => {
    let changed = false;
    const next = stack.map((item) => {
      if (item.id !== id) return item;
      const edited = change(item);
      changed ||= edited !== item;
      return edited;
    });
    return changed ? next : stack;
  });
}

export function addItem(item: StackItem): Edit {
  return withStack((stack) => [...stack, item]);
}

export function removeItem(id: string): Edit {
  return withStack((stack) => stack.filter((item) => item.id !== id));
}

/** Moves an item by `by` places (-1 is earlier); past an end it stays where it is. */
export function moveItem(id: string, by: number): Edit {
  return withStack((stack) => {
    const from = stack.findIndex((item) => item.id === id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= stack.length) return stack;
    const next = [...stack];
    const [item] = next.splice(from, 1);
    next.splice(to, 0, item!);
    return next;
  });
}

export function setParam(id: string, name: string, value: number): Edit {
  return editItem(id, (item) =>
    item.type === "perturbation" && item.params[name] !== value
      ? { ...item, params: { ...item.params, [name]: value } }
      : item,
  );
}

export function toggleItem(id: string): Edit {
  return editItem(id, (item) => ({ ...item, enabled: !item.enabled }));
}

/**
 * A reader's own film on the bench, untouched: what the stack did to the picture before stays in it, switched off, so that the first
 * thing said about a patient's film is about the film.
 */
export function openFilm(
  sha256: string,
  { frame, vois }: Pick<Radiograph, "frame" | "vois">,
  boxes?: FilmBoxes,
): Edit {
  return (spec) => ({
    ...spec,
    case: {
      kind: "file",
      sha256,
      ...(frame ? { frame: frame.index + 1 } : {}),
      // A way to be given any film; a placed square belongs to the film it was placed on.
      ...("square" in spec.case && spec.case.square?.kind === "whole"
        ? { square: spec.case.square }
        : {}),
      ...(boxes && { boxes }),
    },
    window: openingWindow({ vois }),
    stack: spec.stack.map((item) => (item.enabled ? { ...item, enabled: false } : item)),
  });
}

/** Which part of the film on the bench the model is given; undefined is how it takes films. */
export function setSquare(square: FilmSquare | undefined): Edit {
  return (spec) => {
    if (spec.case.kind !== "file") return spec;
    const { square: before, ...film } = spec.case;
    if (JSON.stringify(before) === JSON.stringify(square)) return spec;
    return { ...spec, case: square ? { ...film, square } : film };
  };
}

/** Where findings are on the film that is open. */
export function markFilm(boxes: FilmBoxes): Edit {
  return (spec) => (spec.case.kind === "file" ? { ...spec, case: { ...spec.case, boxes } } : spec);
}

/** The window that the model is given of a film when it is opened: its own, or the automatic one where it has none. */
export function openingWindow({ vois }: Pick<Radiograph, "vois">): WindowSpec {
  return { kind: vois.length > 0 ? "file" : "automatic" };
}

/** Switches items on; unknown ids change nothing. */
export function switchOn(ids: readonly string[]): Edit {
  return withStack((stack) =>
    stack.some(({ id, enabled }) => !enabled && ids.includes(id))
      ? stack.map((item) => (ids.includes(item.id) ? { ...item, enabled: true } : item))
      : stack,
  );
}

/** The next seed in a fixed walk, so that a re-roll is itself reproducible and can be undone. */
export function reroll(id: string): Edit {
  return editItem(id, (item) => ({ ...item, seed: nextSeed(item.seed) }));
}

/** Full-period linear congruential walk over 20-bit seeds (short enough to read out and type). */
export function nextSeed(seed: number): number {
  return (seed * 1_664_525 + 1_013_904_223) % 1_048_576;
}

/** An id such as "noise-2" that none of the items has. */
export function freshId(stem: string, items: readonly { readonly id: string }[]): string {
  for (let n = 1; ; n++) {
    const id = `${stem}-${n}`;
    if (!items.some((item) => item.id === id)) return id;
  }
}

/** Puts `stroke` at the place `index` of a painted patch (replacing a growing stroke) or adds it. */
export function putStroke(id: string, index: number, stroke: Stroke): Edit {
  return editItem(id, (item) => {
    if (item.type !== "perturbation") return item;
    const strokes = [...(item.strokes ?? [])];
    strokes[Math.min(index, strokes.length)] = stroke;
    return { ...item, strokes, enabled: true };
  });
}

/** Changes an instrument of the experiment; one that it does not name yet is added, with seed 1 and no setting of its own. */
export function editInstrument(
  instrument: string,
  values: Partial<Omit<InstrumentItem, "instrument">>,
): Edit {
  return (spec) => {
    const { instruments } = spec;
    const known = instruments.find((item) => item.instrument === instrument);
    if (!known) {
      const added = { instrument, enabled: true, seed: 1, params: {}, ...values };
      return { ...spec, instruments: [...instruments, added] };
    }
    const edited = { ...known, ...values };
    return { ...spec, instruments: instruments.map((item) => (item === known ? edited : item)) };
  };
}
