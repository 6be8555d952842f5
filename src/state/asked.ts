/** What an answer about an untouched film is the answer to: everything but the film that decides it. */
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import { isInForce } from "../defenses/inForce.ts";
import type { ExperimentSpec, WindowSpec } from "../experiment/spec.ts";
import { canonicalJson } from "../host/canonicalJson.ts";
import type { FilmSquare } from "../image/filmSquare.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { BUNDLED_MODELS } from "../model/catalog.ts";
import { withDefaults, wordsFor } from "../system/param.ts";
import type { ParamMeta } from "../system/param.ts";
import { openingWindow } from "./specEdits.ts";

/** The model's name stands for how its pictures are cut and scaled, too: one that is fed otherwise has another id. */
export type Asked = Pick<ExperimentSpec, "model" | "window" | "defenses" | "question"> &
  Partial<Pick<ExperimentSpec, "case">>;

/**
 * A key: answers under the same one may stand in one list.
 * @param film that is on the bench; undefined for a phantom.
 */
export function askedOf(
  { model, window, defenses, question, case: of }: Asked,
  film: Film,
): string {
  return canonicalJson([
    model.id,
    model.precision,
    isOpening(window, film) ? "as opened" : window,
    inForce(defenses).map(({ defense, seed, settings }) => [
      defense,
      Object.fromEntries(settings.map(({ name, value }) => [name, value])),
      DEFENSE_CATALOG[defense]?.isRandom ? seed : null,
    ]),
    question,
    ...(squareOfCase(of) ? [squareOfCase(of)] : []),
  ]);
}

type Film = Pick<Radiograph, "vois"> | undefined;

/** Films come with different windows: each as it was opened is one way to ask all of them. */
function isOpening(window: WindowSpec, film: Film): boolean {
  if (!film) return true;
  return window.kind === openingWindow(film).kind && !("index" in window && window.index);
}

/** "Base model, int8, behind Median filter (window 3 pixels)". @param ownName of a reader's model. */
export function askedInWords(
  { model, window, defenses, case: of }: Asked,
  film: Film,
  ownName?: string,
): string {
  const label = BUNDLED_MODELS.find(({ id }) => id === model.id)?.label ?? ownName ?? model.id;
  const behind = inForce(defenses).map(({ defense, settings }) => {
    const said = settings.map(({ meta, value }) => settingInWords(meta, value)).join(", ");
    return `${DEFENSE_CATALOG[defense]!.label}${said && ` (${said})`}`;
  });
  const square = squareOfCase(of);
  return [
    label,
    model.precision,
    ...(isOpening(window, film) ? [] : [`given ${windowInWords(window)}`]),
    ...(square ? [square.kind === "whole" ? "given whole films" : "given a placed square"] : []),
    ...(behind.length > 0 ? [`behind ${behind.join(", then ")}`] : []),
  ].join(", ");
}

function squareOfCase(of: Asked["case"]): FilmSquare | undefined {
  return of?.kind === "file" ? of.square : undefined;
}

interface Setting {
  readonly name: string;
  readonly meta: ParamMeta;
  readonly value: number;
}

/** The defenses that do something, with every setting. */
function inForce(
  items: readonly DefenseItem[],
): readonly (DefenseItem & { readonly settings: readonly Setting[] })[] {
  return items
    .filter((item) => isInForce(item, DEFENSE_CATALOG[item.defense]))
    .map((item) => {
      const { params } = DEFENSE_CATALOG[item.defense]!;
      const values = withDefaults(params, item.params);
      const settings = Object.entries(params).map(([name, meta]) => ({
        name,
        meta,
        value: values[name]!,
      }));
      return { ...item, settings };
    });
}

function settingInWords(meta: ParamMeta, value: number): string {
  const choice = meta.choiceNames?.[meta.choices?.indexOf(value) ?? -1];
  const said = choice ?? wordsFor(meta, value) ?? `${value} ${meta.unit}`.trim();
  return `${meta.label.toLowerCase()} ${said}`;
}

function windowInWords(window: WindowSpec): string {
  switch (window.kind) {
    case "file":
      return window.index ? `the film’s window ${window.index + 1}` : "the film’s own window";
    case "automatic":
      return "the automatic window";
    case "full":
      return "the full range";
    case "manual":
      return `a window of ${window.width} around ${window.center}`;
  }
}
