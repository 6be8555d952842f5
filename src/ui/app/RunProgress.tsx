/** What is being computed, how far it is, and the way to stop it. Shown for what takes longer than half a second. */
import { bytes } from "../kit/formats.ts";
import { Button } from "../kit/Button.tsx";
import { currentBackend } from "../../state/resultStore.ts";
import { Icon } from "../kit/icons.tsx";
import { useOutlasts } from "../kit/useOutlasts.ts";
import { useCases, useResults, useStores } from "../context/stores.ts";
import styles from "./app.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function RunProgress() {
  const { link } = useStores();
  const isReady = useResults((s) => currentBackend(s) !== null);
  const busy = useResults((s) => s.busy);
  const progress = useResults((s) => s.progress);
  const cancelled = useResults((s) => s.cancelled);
  const elapsed = useResults((s) => s.elapsedMs);
  const sampling = useSampling();
  const hasEnded = useResults((s) => s.requestId > 0 && !s.busy);
  const isSlow = useOutlasts(busy);
  const isPreview = useResults((s) => s.fidelity === "preview" && s.stages.readout !== undefined);
  const isReading = useOutlasts(useCases((s) => s.opening));
  if (isReading) {
    // What the engine does meanwhile is about the film before.
    return (
      <div className={styles.progress} role="status">
        <span>Reading the film…</span>
      </div>
    );
  }
  if (!isReady && !hasEnded) return <ModelProgress />;
  if (isPreview) {
    // A pointer is down: what is on screen is a first look, and says so.
    return (
      <div className={styles.progress}>
        <span>Preview. Let go for the whole computation.</span>
      </div>
    );
  }
  if (!isSlow) {
    return (
      <div className={styles.progress}>
        {cancelled ? (
          <>
            <span title="Stopped. What is dimmed belongs to an earlier setting.">
              Stopped. What is dimmed belongs to an earlier setting.
            </span>
            <Button onClick={() => link.rerun()}>Run again</Button>
          </>
        ) : (
          elapsed !== null && (
            <span>{`Everything on screen took ${decimal(elapsed / 1000, 1)} s.`}</span>
          )
        )}
      </div>
    );
  }
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const { label, done } = progress ? { label: progress.label, done: share } : sampling;
  return (
    <div className={styles.progress}>
      <span>{label}</span>
      <Track label={label} share={done} />
      <Button onClick={() => link.cancel()}>
        <Icon name="stop" size={13} /> Cancel
      </Button>
    </div>
  );
}

function ModelProgress() {
  const loading = useResults((s) => s.loading);
  const phase = useResults((s) => s.phase);
  const files = Object.values(loading);
  const done = files.reduce((sum, file) => sum + file.loadedBytes, 0);
  const total = files.reduce((sum, file) => sum + file.totalBytes, 0);
  return (
    <div className={styles.progress} role="status">
      <span>
        {total > 0 && done < total
          ? `Loading the model: ${bytes(done)} of ${bytes(total)}, once`
          : phase || "Starting the engine"}
      </span>
      <Track label="Loading the model" share={total > 0 ? done / total : 0} />
    </div>
  );
}

function Track({ label, share }: { readonly label: string; readonly share: number }) {
  return (
    <span
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * share)}
    >
      <span style={{ width: `${100 * share}%` }} />
    </span>
  );
}

/** The certificate's own stream is its progress. */
function useSampling(): { readonly label: string; readonly done: number } {
  const requestId = useResults((s) => s.requestId);
  const entry = useResults((s) => s.stages.certificate);
  if (!entry?.partial || entry.requestId !== requestId) return { label: "Computing", done: 0 };
  const { n, maxSamples } = entry.payload;
  return { label: `Guarantee: ${n} of ${maxSamples} copies`, done: n / maxSamples };
}
