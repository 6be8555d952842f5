/** One sentence on what failed and one on what to do; the open case stays as it was. */
import { Icon } from "./icons.tsx";
import { useResults, useStores } from "./stores.ts";
import controls from "../controls/controls.module.css";
import styles from "./app.module.css";

/** Failures after which only a fresh engine helps. */
const ENGINE_CODES: readonly string[] = [
  "backend-lost",
  "backend-timeout",
  "backend-unavailable",
  "model-damaged",
];

export function ErrorToast() {
  const { results, engine } = useStores();
  const error = useResults((s) => s.error);
  if (!error) return null;
  const dismiss = () => results.getState().dismissError();
  return (
    <div className={styles.toast} role="alert">
      <div>
        <p>{error.message}</p>
        {error.hint && <p>{error.hint}</p>}
      </div>
      {ENGINE_CODES.includes(error.code) && (
        <button
          type="button"
          className={controls.button}
          onClick={() => {
            dismiss();
            engine.restart();
          }}
        >
          Restart the engine
        </button>
      )}
      <button
        type="button"
        className={controls.button}
        aria-label="Dismiss the message"
        onClick={dismiss}
      >
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
