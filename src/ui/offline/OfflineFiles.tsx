/** What works without a network in this browser, what does not yet, and a button that keeps all of it. */
import {
  ADAPTER_PACKAGE,
  BANDS_PACKAGE,
  BUNDLED_FOLDERS,
  BUNDLED_MODELS,
  ENCODER_ADAPTER_PACKAGE,
  LINK_PACKAGE,
} from "../../model/catalog.ts";
import { usePage } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { bytes } from "../kit/formats.ts";
import styles from "./offline.module.css";
import { useOfflineParts } from "./useOfflineParts.ts";
import type { OfflineParts } from "./useOfflineParts.ts";

export function OfflineFiles() {
  const keeping = usePage((s) => s.keeping);
  const parts = useOfflineParts(keeping === "kept" || keeping === "keeping");
  return (
    <section className={styles.offline} aria-label="Without a network">
      <h3>Without a network</h3>
      {keeping === "insecure" && (
        <p>
          Over plain http a browser keeps nothing, so this page needs its server. Over https or on
          localhost it also works without a network.
        </p>
      )}
      {keeping === "refused" && (
        <p>This browser keeps nothing for this page, so the page needs its server.</p>
      )}
      {keeping === "keeping" && <p>This page is being kept for work without a network…</p>}
      {keeping === "kept" && <Kept parts={parts} />}
    </section>
  );
}

function Kept({ parts }: { readonly parts: OfflineParts }) {
  const { kept, missing, missingBytes, progress, failure, keepAll } = parts;
  if (kept.length + missing.length === 0) return null;
  const hasRuntime = kept.includes("runtime") || kept.includes("webgpu");
  const works = hasRuntime ? partNames(kept) : [];
  return (
    <>
      <p data-testid="kept">
        {works.length > 0
          ? `Kept in this browser, so usable without a network: this page, ${works.join(", ")}.`
          : "The page is kept; the runtime and the model in use are kept once they have loaded."}
      </p>
      {missing.length === 0 ? (
        <p>Everything that comes with the lab is kept.</p>
      ) : (
        <>
          <p>Needs the network so far: {partNames(missing).join(", ")}.</p>
          <Button look="outlined" disabled={progress !== null} onClick={keepAll}>
            {progress === null
              ? `Keep everything (${bytes(missingBytes)})`
              : `Kept ${bytes(progress)}`}
          </Button>
        </>
      )}
      {failure && <p role="alert">{failure} What was kept before stays.</p>}
    </>
  );
}

const OTHER_PARTS: Readonly<Record<string, string>> = {
  runtime: "the runtime for WASM",
  webgpu: "the runtime for WebGPU",
  decoders: "decoders of compressed DICOM files",
  cards: "the models' cards",
  [LINK_PACKAGE]: "the purifier and the mapper",
  [ADAPTER_PACKAGE]: "the adapters",
  [ENCODER_ADAPTER_PACKAGE]: "the encoder adapters",
  [BANDS_PACKAGE]: "the learned frequency weights",
};

/** "Base model (int8, fp16)" for the parts of one model, and the names of the others. */
function partNames(ids: readonly string[]): readonly string[] {
  const models = BUNDLED_MODELS.flatMap(({ id, label }) => {
    const precisions = ids
      .map((part) => part.split(" "))
      .filter(([model, precision]) => model === id && precision !== undefined)
      .map(([, precision]) => precision);
    return precisions.length > 0 ? [`${label} (${precisions.join(", ")})`] : [];
  });
  const folders = BUNDLED_FOLDERS.filter(({ id }) => ids.includes(id)).map(
    // Its size stands in the label of the menu.
    ({ label }) => label.replace(/ \(.*/, ""),
  );
  return [
    ...models,
    ...folders,
    ...ids.map((id) => OTHER_PARTS[id]).filter((name) => name !== undefined),
  ];
}
