/** Which of several ONNX files is the image encoder. */
import { Select } from "../kit/Select.tsx";
import type { ModelDraft } from "../../state/modelStore.ts";
import { Field } from "../kit/fields.tsx";
import { useChooseGraph } from "./useModels.ts";
import styles from "./models.module.css";

export function GraphPicker({ draft }: { readonly draft: ModelDraft }) {
  const { graphs, chosen } = draft;
  const choose = useChooseGraph();
  return (
    <>
      <p data-testid="model-choice">
        {chosen
          ? `${graphs.length} ONNX files came together. ${chosen.files.name} looks like the image encoder.`
          : `${graphs.length} ONNX files came together, and their names do not say which one is the image encoder. Choose it.`}
      </p>
      <div className={styles.fields}>
        <Field label="Graph">
          {(id) => (
            <Select
              id={id}
              value={chosen?.path ?? ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                const graph = graphs.find(({ path }) => path === value);
                if (graph) choose(graphs, graph);
              }}
            >
              {!chosen && <option value="">Choose a graph…</option>}
              {graphs.map(({ path }) => (
                <option key={path} value={path}>
                  {path}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </>
  );
}
