/** An experiment about a reader's own model that is not open in this tab: says so, and takes the file. */
import { useRef } from "react";
import { isOwnModel } from "../../model/catalog.ts";
import { Banner } from "../kit/Banner.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import { Button } from "../kit/Button.tsx";
import { useExperiment, useModels } from "../context/stores.ts";
import { MODEL_FILES, pickedFiles } from "./droppedFiles.ts";
import { usePickModel } from "./useModels.ts";

export function AwaitedModel() {
  const input = useRef<HTMLInputElement>(null);
  const id = useExperiment((s) => s.spec.model.id);
  const isOpen = useModels((s) => s.own[id] !== undefined);
  const pick = usePickModel();
  if (!isOwnModel(id) || isOpen) return null;
  return (
    <Banner status="waiting" testId="awaited-model">
      This experiment runs on a reader’s own model ({id}), which is never part of a link. Open the
      same ONNX file, or drop the same folder, to replay it, together with its saved manifest if its
      settings were corrected.
      <Button look="outlined" onClick={() => input.current?.click()}>
        Open the model
      </Button>
      <FileInput
        ref={input}
        label="Open the awaited model"
        accept={MODEL_FILES}
        multiple
        onPick={(files) => pick(pickedFiles(files))}
      />
    </Banner>
  );
}
