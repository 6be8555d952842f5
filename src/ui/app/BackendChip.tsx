/** Where the model runs, and whether what runs there can be trusted. */
import { useState } from "react";
import { Popover } from "@mantine/core";
import type { BackendInfo } from "../../engine/protocol.ts";
import type { GradientCheck } from "../../model/visionLanguageModel.ts";
import { bytes, decimal } from "../kit/formats.ts";
import { BUNDLED_MODELS, BUNDLED_PRECISIONS } from "../../model/catalog.ts";
import type { Precision } from "../../model/manifest.ts";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import { currentBackend } from "../../state/resultStore.ts";
import { OfflineFiles } from "../offline/OfflineFiles.tsx";
import { BackendPicker } from "./BackendPicker.tsx";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import styles from "./app.module.css";
import { withMinus } from "../../numerics/decimalText.ts";

export function BackendChip() {
  const { view } = useStores();
  const [isOpen, setOpen] = useState(false);
  const info = useResults(currentBackend);
  const busy = useResults((s) => s.busy);
  const obstacle = useResults((s) => s.webGpuObstacle);
  const check = useResults((s) => s.stages.gradientCheck?.payload);
  const isWrong = info !== null && (info.parity?.ok === false || check?.ok === false);
  const hasFailed = useResults((s) => s.requestId > 0 && !s.busy && currentBackend(s) === null);
  const state = isWrong || hasFailed ? "bad" : info === null || busy ? "busy" : "ok";
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={340}
      withArrow
      shadow="md"
      withinPortal
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <button
          type="button"
          className={styles.chip}
          data-testid="backend-chip"
          aria-haspopup="dialog"
          onClick={() => setOpen(!isOpen)}
        >
          <span className={styles.dot} data-state={state} aria-hidden="true" />
          <span className={styles.chipText} data-open={info !== null}>
            {info ? summary(info) : hasFailed ? "No model" : <LoadingText />}
          </span>
        </button>
      </Popover.Target>
      <Popover.Dropdown bg="var(--raised)">
        {info ? <Details info={info} check={check} /> : <LoadingList />}
        <BackendPicker />
        {info && (
          <PrecisionPicker
            onCompare={() => {
              // The dialog would lie under it.
              setOpen(false);
              view.getState().set({ dialog: "agreement" });
            }}
          />
        )}
        {info && info.reason !== obstacle && <p className={styles.reason}>{info.reason}</p>}
        <OfflineFiles />
      </Popover.Dropdown>
    </Popover>
  );
}

function summary(info: BackendInfo): string {
  const name = info.backend === "webgpu" ? "WebGPU" : "WASM";
  const threads = info.backend === "wasm" ? ` x${info.threads}` : "";
  return `${name}${threads}  ${info.precision}  ${info.forwardMs < 1 ? "<1" : decimal(info.forwardMs, 0)} ms${info.parity?.ok === false ? "  parity failed" : ""}`;
}

function LoadingText() {
  const loading = useResults((s) => s.loading);
  const phase = useResults((s) => s.phase);
  const files = Object.values(loading);
  const done = files.reduce((sum, file) => sum + file.loadedBytes, 0);
  const total = files.reduce((sum, file) => sum + file.totalBytes, 0);
  return (
    <>
      {total > 0 && done < total ? `Model ${bytes(done)} of ${bytes(total)}` : phase || "Starting"}
    </>
  );
}

function LoadingList() {
  const loading = useResults((s) => s.loading);
  return (
    <dl className={styles.details}>
      {Object.values(loading).map((file) => (
        <div key={file.file} style={{ display: "contents" }}>
          <dt>{file.file}</dt>
          <dd>
            {bytes(file.loadedBytes)} of {bytes(file.totalBytes)}
            {file.fromCache && ", from this browser"}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Details(props: { readonly info: BackendInfo; readonly check: GradientCheck | undefined }) {
  const { info, check } = props;
  const { parity } = info;
  const rows: readonly (readonly [string, string])[] = [
    ["Model", `${info.modelId}, ${info.precision}, ${info.modelSha256.slice(0, 12)}`],
    [
      "Backend",
      info.backend === "webgpu" ? `WebGPU${info.adapter ? `, ${info.adapter}` : ""}` : "WASM",
    ],
    [
      "Threads",
      `${info.threads}${info.crossOriginIsolated ? "" : isSecureContext ? " (page is not cross-origin isolated)" : " (plain http gives a page one thread)"}`,
    ],
    ["One forward pass", `${decimal(info.forwardMs, 1)} ms`],
    [
      "Parity self-test",
      parity === null
        ? "no stored reference for this model"
        : `${parity.ok ? "agrees" : "DISAGREES"}: cosine ${decimal(parity.cosine, 5)}, answer ${parity.answerAgrees ? "same" : "different"}, logits within ${decimal(parity.maxLogitDifference, 3)}`,
    ],
    [
      "Gradient self-check",
      check
        ? `${check.ok ? "agrees" : "DISAGREES"}: ${check.coordinates} central differences, largest relative error ${withMinus(check.maxRelativeError.toExponential(1))}`
        : "runs after the first attack",
    ],
  ];
  return (
    <>
      <dl className={styles.details}>
        {rows.map(([term, value]) => (
          <div key={term} style={{ display: "contents" }}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Which of a bundled model's weights are run; a reader's own model has the ones it came with. */
function PrecisionPicker({ onCompare }: { readonly onCompare: () => void }) {
  const { edit } = useStores().experiment.getState();
  const { id, precision } = useExperiment((s) => s.spec.model);
  if (!BUNDLED_MODELS.some((model) => model.id === id)) return null;
  return (
    <>
      <label className={styles.precision}>
        Weights
        <Select
          value={precision}
          onChange={(event) => {
            const chosen = event.currentTarget.value as Precision;
            edit((spec) => ({ ...spec, model: { id, precision: chosen } }));
          }}
        >
          {BUNDLED_PRECISIONS.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </Select>
      </label>
      <Button look="inline" onClick={onCompare}>
        What each form of the weights changes
      </Button>
    </>
  );
}
