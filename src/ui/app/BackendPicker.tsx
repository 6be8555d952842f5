/** Where models run: measured, or as the reader wants it. Kept for this browser. */
import type { BackendWish } from "../../engine/protocol.ts";
import { keepBackendWish } from "../../state/backendWish.ts";
import controls from "../controls/controls.module.css";
import { useResults, useStores } from "./stores.ts";
import styles from "./app.module.css";

export function BackendPicker() {
  const { link } = useStores();
  const wish = useResults((s) => s.wish);
  const obstacle = useResults((s) => s.webGpuObstacle);
  return (
    <>
      <label className={styles.precision}>
        Backend
        <select
          className={controls.select}
          value={wish}
          onChange={(event) => {
            const chosen = event.currentTarget.value as BackendWish;
            keepBackendWish(chosen);
            link.restart(chosen);
          }}
        >
          <option value="auto">Automatic</option>
          <option value="webgpu" disabled={obstacle !== null}>
            WebGPU
          </option>
          <option value="wasm">WASM</option>
        </select>
      </label>
      {obstacle !== null && <p className={styles.reason}>WebGPU can’t be chosen: {obstacle}</p>}
    </>
  );
}
