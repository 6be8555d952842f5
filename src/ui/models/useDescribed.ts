/** Takes a described model into use, in place of the one on the bench. */
import { toErrorData } from "../../errors/labError.ts";
import { ownModelId } from "../../graphs/ownModelId.ts";
import { isOwnModel } from "../../model/catalog.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { refuseLocked } from "../../state/roomStore.ts";
import { useStores } from "../context/stores.ts";

export function useDescribed(): (described: ModelManifest) => Promise<void> {
  const { engine, experiment, link, models, results, room } = useStores();
  return async (described) => {
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
    const { id, defaultPrecision: precision } = manifest;
    experiment.getState().edit((spec) => ({ ...spec, model: { id, precision } }));
  };
}
