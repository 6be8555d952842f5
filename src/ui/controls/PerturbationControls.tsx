/** Sliders of one perturbation: its strength, and the rest behind "More". */
import { Suspense, lazy } from "react";
import type { PerturbationItem } from "../../experiment/spec.ts";
import { loadPart } from "../../host/loadPart.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import { addItem, editItem, setParam } from "../../state/specEdits.ts";
import { keyName, keysOf } from "../context/keymap.ts";
import { useKeys, useStores } from "../context/stores.ts";
import { strokeAttack } from "./stackItems.ts";
import { SeedField } from "./SeedField.tsx";
import { ParamSlider } from "./ParamSlider.tsx";
import { Button } from "../kit/Button.tsx";
import { Row } from "../kit/Row.tsx";
import styles from "./stack.module.css";

const SeverityPicker = lazy(() =>
  loadPart(() => import("./SeverityPicker.tsx")).then(({ SeverityPicker: picker }) => ({
    default: picker,
  })),
);

export function PerturbationControls(props: {
  readonly item: PerturbationItem;
  readonly name: string;
}) {
  const { item, name } = props;
  const { experiment, view } = useStores();
  const brush = useKeys((s) => keysOf("brush", s.keys)[0]!);
  const { params, strength, help } = PERTURBATION_CATALOG[item.perturbation];
  const hasPaint = (item.strokes?.length ?? 0) > 0;
  const others = Object.keys(params).filter((param) => param !== strength);
  const set = (param: string, value: number) =>
    experiment.getState().edit(setParam(item.id, param, value));
  const slider = (param: string) => {
    const meta = params[param];
    if (!meta) return null;
    return (
      <ParamSlider
        key={param}
        context={name}
        meta={meta}
        value={item.params[param] ?? meta.default}
        accent="disturbed"
        onChange={(value) => set(param, value)}
      />
    );
  };
  return (
    <>
      {slider(strength)}
      {/* Its place is kept, so that nothing under a pointer moves when it comes. */}
      <Suspense fallback={<Row label="Severity">{null}</Row>}>
        <SeverityPicker
          perturbation={item.perturbation}
          name={name}
          value={item.params[strength] ?? params[strength]?.default ?? 0}
          onChange={(value) => set(strength, value)}
        />
      </Suspense>
      {item.perturbation === "paintedPatch" && (
        <p className={styles.seed}>
          {strokeCount(item.strokes?.length ?? 0)}
          <Button look="inline" onClick={() => view.getState().set({ tool: "brush" })}>
            Paint on the picture ({keyName(brush)})
          </Button>
          {hasPaint && (
            <Button
              look="inline"
              title="Adds an attack that repaints what lies under the paint, and nothing else, with any grey it likes"
              onClick={() => {
                const { spec, edit } = experiment.getState();
                edit(addItem(strokeAttack(spec.stack)));
              }}
            >
              Optimise my strokes
            </Button>
          )}
        </p>
      )}
      <details className={styles.more}>
        <summary>More</summary>
        {others.map(slider)}
        {item.perturbation !== "paintedPatch" && (
          <SeedField
            of="perturbation"
            seed={item.seed}
            name={name}
            onChange={(seed) =>
              experiment.getState().edit(editItem(item.id, (old) => ({ ...old, seed })))
            }
          />
        )}
        <p className={styles.about}>{help}</p>
      </details>
    </>
  );
}

function strokeCount(count: number): string {
  return count === 1 ? `${count} stroke` : `${count} strokes`;
}
