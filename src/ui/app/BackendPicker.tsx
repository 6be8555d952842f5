/** Where models run: measured, or as the reader wants it. Kept for this browser. */
import type { BackendWish } from "../../engine/protocol.ts";
import { keepBackendWish } from "../../state/backendWish.ts";
import { Select } from "../kit/Select.tsx";
import { useResults, useStores } from "../context/stores.ts";
import styles from "./app.module.css";

export function BackendPicker() {
  const { link } = useStores();
  const wish = useResults((s) => s.wish);
  const obstacle = useResults((s) => s.webGpuObstacle);
  return (
    <>
      <label className={styles.precision}>
        Backend
        <Select
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
        </Select>
      </label>
      {obstacle !== null && <p className={styles.reason}>WebGPU can’t be chosen: {obstacle}</p>}
    </>
  );
}
