/** What a reader does with models: have one described, use one, go back to a bundled one. */
import { useCallback } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { isOwnModel } from "../../model/catalog.ts";
import { ownModelId } from "../../graphs/ownModelId.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { refuseLocked } from "../../state/roomStore.ts";
import { useStores } from "../context/stores.ts";
import type { DraftGraph, FolderDraft } from "../../state/modelStore.ts";
import type { DroppedFile } from "./droppedFiles.ts";
import { readingError } from "./readingError.ts";

/** Takes files that hold a model; false when they hold none. */
export function useOpenModel(): (files: readonly DroppedFile[]) => Promise<boolean> {
  const { models, results } = useStores();
  const choose = useChooseGraph();
  const describe = useDescribeFolder();
  return useCallback(
    async (files) => {
      try {
        const { modelAmong } = await loadPart(() => import("./openModelFiles.ts"));
        const dropped = await modelAmong(files);
        if (!dropped) return false;
        if (dropped.folder) describe({ ...dropped.folder, graphs: dropped.graphs });
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
        .then(open)
        .catch((error: unknown) => results.getState().refuse(toErrorData(error)));
    },
    [open, results],
  );
}

/** Has a folder looked at, or looked at again after a correction. */
export function useDescribeFolder(): (
  folder: Pick<FolderDraft, "files" | "correction" | "graphs">,
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

export function useModelActions(): {
  /** Runs the described model in place of the open one. */
  use(manifest: ModelManifest): Promise<void>;
  choose(id: string): void;
} {
  const { engine, experiment, link, models, results, room } = useStores();
  const switchTo = (id: string, precision: ModelManifest["defaultPrecision"]) =>
    experiment.getState().edit((spec) => ({ ...spec, model: { id, precision } }));
  return {
    use: async (described) => {
      const { draft, folder } = models.getState();
      const files = folder?.files ?? draft?.chosen?.files;
      if (!files) return;
      const manifest = { ...described, id: await ownModelId(described) };
      if (experiment.getState().spec.model.id !== manifest.id) {
        try {
          refuseLocked(room.getState(), "model");
        } catch (error) {
          results.getState().refuse(toErrorData(error));
          return;
        }
      }
      engine.addModel(manifest, files);
      models.getState().use(manifest);
      results.getState().dismissRefusal();
      const wanted = experiment.getState().spec.model.id;
      if (wanted === manifest.id) {
        // The model a link was waiting for: its own settings stay.
        link.rerun();
        return;
      }
      if (isOwnModel(wanted) && !models.getState().own[wanted]) {
        results.getState().refuse({
          code: "file-mismatch",
          message: `This is another model, or one that is fed otherwise (${manifest.id}), than the experiment is about (${wanted}).`,
          hint: "Open the file it is about with the manifest that was saved for it, or choose this one in the model menu to leave the experiment.",
        });
        return;
      }
      switchTo(manifest.id, manifest.defaultPrecision);
    },
    choose: (id) => {
      const own = models.getState().own[id];
      switchTo(id, own?.defaultPrecision ?? defaultSpec().model.precision);
    },
  };
}
