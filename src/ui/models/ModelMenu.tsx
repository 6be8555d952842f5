/** Which model is asked: the bundled ones, a reader's own, or another ONNX file. */
import { useRef } from "react";
import { BUNDLED_MODELS } from "../../model/catalog.ts";
import { useExperiment, useModels } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import { useModelActions, useOpenModel } from "./useModels.ts";

const OPEN = "open";

export function ModelMenu() {
  const input = useRef<HTMLInputElement>(null);
  const current = useExperiment((s) => s.spec.model.id);
  const own = useModels((s) => s.own);
  const { choose } = useModelActions();
  const open = useOpenModel();
  const models = [
    ...BUNDLED_MODELS,
    ...Object.values(own).map(({ id, name }) => ({ id, label: name })),
  ];
  const isKnown = models.some(({ id }) => id === current);
  return (
    <>
      <select
        className={controls.select}
        aria-label="Model"
        value={current}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === OPEN) input.current?.click();
          else choose(value);
        }}
      >
        {!isKnown && <option value={current}>{`${current} (not open here)`}</option>}
        {models.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        <option value={OPEN}>Open an ONNX encoder…</option>
      </select>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".onnx,.json,.data,.bin"
        aria-label="Open an ONNX model"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) void open(files);
        }}
      />
    </>
  );
}
