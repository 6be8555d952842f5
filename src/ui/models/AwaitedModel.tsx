/** An experiment about a reader's own model that is not open in this tab: says so, and takes the file. */
import { useRef } from "react";
import { isOwnModel } from "../../model/catalog.ts";
import app from "../app/app.module.css";
import controls from "../controls/controls.module.css";
import { useExperiment, useModels } from "../app/stores.ts";
import { MODEL_FILES, pickedFiles } from "./droppedFiles.ts";
import { usePickModel } from "./useModels.ts";

export function AwaitedModel() {
  const input = useRef<HTMLInputElement>(null);
  const id = useExperiment((s) => s.spec.model.id);
  const isOpen = useModels((s) => s.own[id] !== undefined);
  const pick = usePickModel();
  if (!isOwnModel(id) || isOpen) return null;
  return (
    <p className={app.banner} data-status="waiting" role="status" data-testid="awaited-model">
      This experiment runs on a reader’s own model ({id}), which is never part of a link. Open the
      same ONNX file to replay it, together with its saved manifest if its settings were corrected.
      <button
        type="button"
        className={`${controls.button} ${controls.outlined}`}
        onClick={() => input.current?.click()}
      >
        Open the model
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={MODEL_FILES}
        aria-label="Open the awaited model"
        onChange={(event) => {
          const files = pickedFiles(event.currentTarget.files);
          event.currentTarget.value = "";
          pick(files);
        }}
      />
    </p>
  );
}
