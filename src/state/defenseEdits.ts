/** Pure edits of an experiment's defenses. */
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { PARAMS } from "../experiment/params.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { withDefaults } from "../system/param.ts";
import { freshId } from "./specEdits.ts";

type Edit = (spec: ExperimentSpec) => ExperimentSpec;

function withDefenses(change: (items: readonly DefenseItem[]) => readonly DefenseItem[]): Edit {
  return (spec) => {
    const defenses = change(spec.defenses);
    return defenses === spec.defenses ? spec : { ...spec, defenses };
  };
}

/** One more, nearest to the model, with its settings at their defaults. */
export function addDefense(defense: string): Edit {
  return withDefenses((items) => [
    ...items,
    {
      id: freshId(defense, items),
      defense,
      enabled: true,
      seed: PARAMS["defense.seed"].default,
      params: withDefaults(DEFENSE_CATALOG[defense]?.params ?? {}, {}),
    },
  ]);
}

/** Changes the one called `id`; an unknown id changes nothing. */
export function editDefense(id: string, change: (item: DefenseItem) => DefenseItem): Edit {
  return withDefenses((items) =>
    items.some((item) => item.id === id)
      ? items.map((item) => (item.id === id ? change(item) : item))
      : items,
  );
}

export function removeDefense(id: string): Edit {
  return withDefenses((items) => items.filter((item) => item.id !== id));
}

/** Moves one by `by` places (-1 is nearer to the picture); past an end it stays where it is. */
export function moveDefense(id: string, by: number): Edit {
  return withDefenses((items) => {
    const from = items.findIndex((item) => item.id === id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= items.length) return items;
    const next = [...items];
    const [item] = next.splice(from, 1);
    next.splice(to, 0, item!);
    return next;
  });
}
