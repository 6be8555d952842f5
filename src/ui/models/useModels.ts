/** What a reader does with models: have one described, use one, go back to a bundled one. */
import { useCallback } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { useStores } from "../context/stores.ts";
import type { DraftGraph, FolderDraft } from "../../state/modelStore.ts";
import type { DroppedFile } from "./droppedFiles.ts";
import { readingError } from "./readingError.ts";

/** Takes files that hold a model; false when they hold none. */
/** @param card where what was measured of a model that came with the page is told. */
export function useOpenModel(): (files: readonly DroppedFile[], card?: string) => Promise<boolean> {
  const { models, results } = useStores();
  const choose = useChooseGraph();
  const describe = useDescribeFolder();
  return useCallback(
    async (files, card) => {
      try {
        const { modelAmong } = await loadPart(() => import("./openModelFiles.ts"));
        const dropped = await modelAmong(files);
        if (!dropped) return false;
        if (dropped.folder)
          describe({ ...dropped.folder, graphs: dropped.graphs, ...(card ? { card } : {}) });
        else if (dropped.chosen) choose(dropped.graphs, dropped.chosen);
        else models.getState().open(dropped.graphs, undefined);
        results.getState().dismissRefusal();
      } catch (error) {
        results.getState().refuse(readingError(error));
      }
      return true;
    },
    [choose, describe, models, results],
  );
}

/** Fetches a bundled vision-language model and has it looked at, as a dropped one is. */
export function useBundledFolder(): (id: string) => void {
  const { results } = useStores();
  const open = useOpenModel();
  return useCallback(
    (id) => {
      loadPart(() => import("./bundledFolder.ts"))
        .then(({ bundledFolder }) => bundledFolder(id))
        .then((files) => open(files, `models/${id}/card.md`))
        .catch((error: unknown) => results.getState().refuse(toErrorData(error)));
    },
    [open, results],
  );
}

/** Has a folder looked at, or looked at again after a correction. */
export function useDescribeFolder(): (
  folder: Pick<FolderDraft, "files" | "correction" | "graphs" | "card">,
) => void {
  const { engine, models } = useStores();
  return useCallback(
    (folder) => {
      const draft = models.getState().openFolder(folder);
      const { describedFolder } = models.getState();
      engine.proposeFolder(folder.files, folder.correction).then(
        (proposed) => describedFolder(draft, { proposed }),
        (error: unknown) => describedFolder(draft, { error: toErrorData(error) }),
      );
    },
    [engine, models],
  );
}

/** Opens files that were picked to be a model, and says so when they are none. */
export function usePickModel(): (files: readonly DroppedFile[]) => void {
  const { results } = useStores();
  const open = useOpenModel();
  return useCallback(
    (files) => {
      if (files.length === 0) return;
      void open(files).then((isModel) => {
        if (isModel) return;
        results.getState().refuse({
          code: "model-incompatible",
          message: "None of these files is an ONNX model.",
          hint: "Choose the .onnx file, and what lies beside it: its weights, its manifest, preprocessor_config.json.",
        });
      });
    },
    [open, results],
  );
}

/** Has one graph of a folder looked at. */
export function useChooseGraph(): (graphs: readonly DraftGraph[], chosen: DraftGraph) => void {
  const { engine, models } = useStores();
  return useCallback(
    (graphs, chosen) => {
      const draft = models.getState().open(graphs, chosen);
      const { described } = models.getState();
      engine.proposeModel(chosen.files).then(
        (proposed) => described(draft, { proposed }),
        (error: unknown) => described(draft, { error: toErrorData(error) }),
      );
    },
    [engine, models],
  );
}

/** Asks another of the models that are there. */
export function useChooseModel(): (id: string) => void {
  const { experiment, models } = useStores();
  return (id) => {
    const own = models.getState().own[id];
    const precision = own?.defaultPrecision ?? defaultSpec().model.precision;
    experiment.getState().edit((spec) => ({ ...spec, model: { id, precision } }));
  };
}
