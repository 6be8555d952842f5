/** One sentence on what failed and one on what to do; the open case stays as it was. */
import type { LabErrorData } from "../../errors/labError.ts";
import { NewerPage } from "../offline/NewerPage.tsx";
import { ReloadButton } from "../context/ErrorBoundary.tsx";
import { Icon } from "../kit/icons.tsx";
import { useResults, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
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
        <Button
          onClick={() => {
            dismiss();
            restart();
          }}
        >
          Restart the engine
        </Button>
      )}
      {error.code === "page-outdated" && <ReloadButton />}
      <Button aria-label="Dismiss the message" onClick={dismiss}>
        <Icon name="close" size={14} />
      </Button>
    </div>
  );
}
