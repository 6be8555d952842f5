/** One sentence on what failed and one on what to do; the open case stays as it was. */
import type { LabErrorData } from "../../errors/labError.ts";
import { NewerPage } from "../offline/NewerPage.tsx";
import { ReloadButton } from "./ErrorBoundary.tsx";
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
  const { results, link } = useStores();
  const refusal = useResults((s) => s.refusal);
  const error = useResults((s) => s.error);
  const { dismissRefusal, dismissError } = results.getState();
  return (
    <div className={styles.toasts}>
      <NewerPage />
      {refusal && <Message error={refusal} dismiss={dismissRefusal} />}
      {error && <Message error={error} dismiss={dismissError} restart={() => link.restart()} />}
    </div>
  );
}

interface MessageProps {
  readonly error: LabErrorData;
  readonly dismiss: () => void;
  readonly restart?: () => void;
}

function Message({ error, dismiss, restart }: MessageProps) {
  return (
    <div className={styles.toast} role="alert">
      <div>
        <p>{error.message}</p>
        {error.hint && <p>{error.hint}</p>}
      </div>
      {restart && ENGINE_CODES.includes(error.code) && (
        <button
          type="button"
          className={controls.button}
          onClick={() => {
            dismiss();
            restart();
          }}
        >
          Restart the engine
        </button>
      )}
      {error.code === "page-outdated" && <ReloadButton />}
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
