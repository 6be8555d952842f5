/** Every command of the bench by its name: those with a key, and what the menus hold. */
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import type { AttackId } from "../../attacks/catalog.ts";
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { INSTRUMENT_CATALOG } from "../../experiment/instruments/catalog.ts";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { BUNDLED_MODELS, BUNDLED_PRECISIONS, isOwnModel } from "../../model/catalog.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import type { PerturbationId } from "../../perturbations/catalog.ts";
import { isKeptBack } from "../../state/roomStore.ts";
import { LANGUAGES, TEXT_SIZES, THEMES } from "../../state/keyStore.ts";
import { addDefense } from "../../state/defenseEdits.ts";
import { addItem, editInstrument } from "../../state/specEdits.ts";
import type { DialogName, FilmInset, Layout } from "../../state/viewStore.ts";
import { KEYMAP, keyName, keysOf } from "../context/keymap.ts";
import type { Command } from "../context/keymap.ts";
import type { Stores } from "../context/stores.ts";
import { GALLERY, openGalleryCase, untitled } from "../controls/gallery.ts";
import { newAttack, newPerturbation } from "../controls/stackItems.ts";
import type { DisplayPreset } from "../picture/windowDrag.ts";
import { perform } from "./shortcuts.ts";

export interface PaletteAction {
  readonly id: string;
  readonly label: string;
  /** As they are printed. */
  readonly keys: readonly string[];
  run(): void;
}

const DIALOGS: Readonly<Record<Exclude<DialogName, "palette" | "replay">, string>> = {
  archive: "Open from an archive (DICOMweb)",
  sessions: "Sessions: keep, open, delete",
  compare: "Compare two systems on this case",
  agreement: "Agreement of backends and weights",
  kept: "Models kept in this browser, and a model hub",
  export: "Export: figure, numbers, script, citation",
  header: "DICOM header of the open film",
};

const LAYOUTS: Readonly<Record<Layout, string>> = {
  film: "Layout: the whole film",
  single: "Layout: one viewer",
  pair: "Layout: clean and disturbed",
  triple: "Layout: clean, disturbed and difference",
  quad: "Layout: four viewers, bare pictures above their maps",
};

/** What can be laid onto the whole film. */
const INSETS: readonly (readonly [string, FilmInset | null])[] = [
  ["On the film: swipe to the disturbed picture", { picture: "disturbed", how: "swipe" }],
  ["On the film: flicker with the disturbed picture", { picture: "disturbed", how: "flicker" }],
  ["On the film: swipe to what the model was given", { picture: "given", how: "swipe" }],
  ["On the film: flicker with what the model was given", { picture: "given", how: "flicker" }],
  ["On the film: the difference over it", { picture: "difference", how: "whole" }],
  ["On the film: nothing", null],
];

export function paletteActions(
  stores: Stores,
  presets: readonly DisplayPreset[],
): readonly PaletteAction[] {
  const { experiment, room, view } = stores;
  const { spec } = experiment.getState();
  const isUntitled = isKeptBack(room.getState(), "titles", spec);
  const edit = (change: (spec: ExperimentSpec) => ExperimentSpec) => () =>
    experiment.getState().edit(change);
  const show = (values: Parameters<ReturnType<typeof view.getState>["set"]>[0]) => () =>
    view.getState().set(values);
  const { layout } = view.getState();
  const commands = (Object.keys(KEYMAP) as Command[]).filter((command) => {
    const binding = KEYMAP[command];
    return command !== "palette" && (!("layout" in binding) || binding.layout === layout);
  });
  const named = (id: string, label: string, run: () => void): PaletteAction => ({
    id,
    label,
    keys: [],
    run,
  });
  const hasRoom = spec.stack.length < SPEC_LIMITS.stackItems;
  return [
    ...commands.map((command): PaletteAction => ({
      id: `key.${command}`,
      label: KEYMAP[command].does,
      keys: keysOf(command, stores.keys.getState().keys).map(keyName),
      run: () => perform(command, stores, presets),
    })),
    ...entries(DIALOGS).map(([dialog, label]) =>
      named(`dialog.${dialog}`, label, show({ dialog })),
    ),
    named("studies", "Studies", show({ studiesOpen: true })),
    named(
      "wrong",
      "Cases that the model gets wrong, by finding",
      show({ studiesOpen: true, wishedStudy: "findings" }),
    ),
    named("guide", "Guide: the first minute", show({ guideStep: 0 })),
    named("histogram", "Histogram of the whole film", () =>
      view.getState().set({ layout: "film", histogram: !view.getState().histogram }),
    ),
    named("rerun", "Run the experiment again", () => stores.link.rerun()),
    ...THEMES.map(([theme, label]) =>
      named(`theme.${theme}`, `Theme: ${label.toLowerCase()}`, () =>
        stores.keys.getState().setTheme(theme),
      ),
    ),
    ...TEXT_SIZES.map(([size, label]) =>
      named(`text.${size}`, label, () => stores.keys.getState().setTextSize(size)),
    ),
    ...LANGUAGES.map(([language, name]) =>
      named(`language.${language}`, `Language: ${name}`, () => {
        stores.keys.getState().setLanguage(language);
        stores.reload();
      }),
    ),
    ...entries(LAYOUTS).map(([id, label]) => named(`layout.${id}`, label, show({ layout: id }))),
    ...INSETS.map(([label, filmInset], k) =>
      named(`inset.${k}`, label, show({ layout: "film", filmInset })),
    ),
    ...GALLERY.map((shown, k) => {
      const name = isUntitled ? untitled(k) : shown.name;
      return named(
        `case.${k}`,
        `Open the case: ${name}`,
        edit((now) => openGalleryCase(now, shown, isUntitled)),
      );
    }),
    ...BUNDLED_MODELS.map(({ id, label }) =>
      named(
        `model.${id}`,
        `Ask the model: ${label}`,
        edit((now) => ({ ...now, model: { id, precision: defaultSpec().model.precision } })),
      ),
    ),
    // A reader's own model comes in one form.
    ...(isOwnModel(spec.model.id) ? [] : BUNDLED_PRECISIONS).map((precision) =>
      named(
        `precision.${precision}`,
        `Weights: ${precision}`,
        edit((now) => ({ ...now, model: { ...now.model, precision } })),
      ),
    ),
    ...(hasRoom
      ? [
          ...entries<PerturbationId, { readonly label: string }>(PERTURBATION_CATALOG).map(
            ([id, { label }]) =>
              named(
                `add.${id}`,
                `Add disturbance: ${label}`,
                edit((now) => addItem(newPerturbation(id, now.stack))(now)),
              ),
          ),
          ...entries<AttackId, { readonly label: string }>(ATTACK_CATALOG).map(([id, { label }]) =>
            named(
              `attack.${id}`,
              `Add attack: ${label}`,
              edit((now) => addItem(newAttack(id, now.stack))(now)),
            ),
          ),
        ]
      : []),
    ...Object.entries(DEFENSE_CATALOG).map(([id, { label }]) =>
      named(`defense.${id}`, `Add defense: ${label}`, edit(addDefense(id))),
    ),
    ...Object.entries(INSTRUMENT_CATALOG).map(([id, { label }]) =>
      named(`measure.${id}`, `Measure: ${label}`, edit(editInstrument(id, { enabled: true }))),
    ),
  ];
}

function entries<K extends string, V>(table: Readonly<Record<K, V>>): readonly (readonly [K, V])[] {
  return Object.entries(table) as [K, V][];
}
