/** Which model is asked: the bundled ones, a reader's own, or another ONNX file. */
import { useRef } from "react";
import { BUNDLED_FOLDERS, BUNDLED_MODELS } from "../../model/catalog.ts";
import { useExperiment, useModels, useStores } from "../context/stores.ts";
import { FileInput } from "../kit/FileInput.tsx";
import { Select } from "../kit/Select.tsx";
import { MODEL_FILES, pickedFiles } from "./droppedFiles.ts";
import { useBundledFolder, useChooseModel, usePickModel } from "./useModels.ts";

const OPEN = "open";
const OPEN_FOLDER = "open-folder";
const KEPT = "kept";

export function ModelMenu() {
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const { view } = useStores();
  const current = useExperiment((s) => s.spec.model.id);
  const own = useModels((s) => s.own);
  const choose = useChooseModel();
  const pick = usePickModel();
  const openBundled = useBundledFolder();
  const models = [
    ...BUNDLED_MODELS,
    ...Object.values(own).map(({ id, name }) => ({ id, label: name })),
  ];
  const isKnown = models.some(({ id }) => id === current);
  const onPick = (files: readonly File[]) => pick(pickedFiles(files));
  return (
    <>
      <Select
        aria-label="Model"
        value={current}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === OPEN) input.current?.click();
          else if (value === OPEN_FOLDER) folder.current?.click();
          else if (value === KEPT) view.getState().set({ dialog: "kept" });
          else if (BUNDLED_FOLDERS.some(({ id }) => id === value)) openBundled(value);
          else choose(value);
        }}
      >
        {!isKnown && <option value={current}>{`${current} (not open here)`}</option>}
        {models.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        <optgroup label="Vision-language models">
          {BUNDLED_FOLDERS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </optgroup>
        <option value={OPEN}>Open an ONNX model…</option>
        <option value={OPEN_FOLDER}>Open a model folder…</option>
        <option value={KEPT}>Kept models, or one from a hub…</option>
      </Select>
      <FileInput
        ref={input}
        label="Open an ONNX model"
        accept={MODEL_FILES}
        multiple
        onPick={onPick}
      />
      <FileInput ref={folder} label="Open a model folder" folder onPick={onPick} />
    </>
  );
}
