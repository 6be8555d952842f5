/** An experiment about a reader's own model that is not open in this tab: says so, and takes the file. */
import { useRef } from "react";
import { isOwnModel } from "../../model/catalog.ts";
import app from "../app/app.module.css";
import controls from "../controls/controls.module.css";
import { useExperiment, useModels } from "../app/stores.ts";
import { useOpenModel } from "./useModels.ts";

export function AwaitedModel() {
  const input = useRef<HTMLInputElement>(null);
  const id = useExperiment((s) => s.spec.model.id);
  const isOpen = useModels((s) => s.own[id] !== undefined);
  const open = useOpenModel();
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
        accept=".onnx,.json,.data,.bin"
        aria-label="Open the awaited model"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) void open(files);
        }}
      />
    </p>
  );
}
