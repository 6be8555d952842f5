/** A dropped ONNX file: what the lab makes of it, to correct, to save and to use. */
import { Modal } from "@mantine/core";
import { useState } from "react";
import type { OwnModelProposal } from "../../engine/protocol.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { useModels, useStores } from "../app/stores.ts";
import { saveBlob } from "../app/saveBlob.ts";
import controls from "../controls/controls.module.css";
import type { ModelDraft } from "../../state/modelStore.ts";
import { ModelFields } from "./ModelFields.tsx";
import { useModelActions } from "./useModels.ts";
import styles from "./models.module.css";

export function ModelDialog() {
  const { models } = useStores();
  const draft = useModels((s) => s.draft);
  const close = () => models.getState().close();
  return (
    <Modal.Root opened={draft !== null} onClose={close} size="lg">
      <Modal.Overlay />
      <Modal.Content aria-label="Your model">
        <Modal.Body className={styles.dialog}>
          <h2>{draft?.files.name ?? "Your model"}</h2>
          <Modal.CloseButton aria-label="Close" className={styles.close} />
          {draft && <Draft key={draft.files.name} draft={draft} />}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Draft({ draft }: { readonly draft: ModelDraft }) {
  const { error, proposed, dropped } = draft;
  if (error) {
    return (
      <p role="alert" className={styles.refusal}>
        {error.message} {error.hint}
      </p>
    );
  }
  if (!proposed) return <p role="status">Reading the graph…</p>;
  return <Described proposed={proposed} initial={dropped ?? proposed.manifest} />;
}

function Described(props: {
  readonly proposed: OwnModelProposal;
  readonly initial: ModelManifest;
}) {
  const { proposal } = props.proposed;
  const [manifest, setManifest] = useState(props.initial);
  const { use } = useModelActions();
  const isOther = props.initial.files[0]?.sha256 !== props.proposed.manifest.files[0]?.sha256;
  const shown = proposal.attention.length;
  return (
    <>
      <p>It is read here and goes nowhere. Correct what the graph could not say.</p>
      <ModelFields manifest={manifest} outputs={proposal.outputs} onChange={setManifest} />
      <ul className={styles.findings}>
        {isOther && <li>The manifest that came with it is about another file.</li>}
        <li data-testid="model-attention">
          {shown === 0
            ? "No attention maps over the picture."
            : `Attention maps of ${shown} ${shown === 1 ? "layer" : "layers"}, ${proposal.attention[0]!.heads} heads.`}
          {proposal.grid && proposal.grid.prefix > 0
            ? ` ${proposal.grid.prefix} special ${proposal.grid.prefix === 1 ? "token stands" : "tokens stand"} before the patches.`
            : ""}
        </li>
        <li data-testid="model-gradient">
          {proposal.obstacles.length === 0
            ? "Every operator from the picture on has a gradient."
            : `No gradient through ${proposal.obstacles[0]!.node}: ${proposal.obstacles[0]!.reason}${proposal.obstacles.length > 1 ? ` And ${proposal.obstacles.length - 1} more.` : ""} The Square attack needs none.`}
        </li>
        {proposal.notices.map((notice) => (
          <li key={notice}>{notice}</li>
        ))}
      </ul>
      <div className={styles.actions}>
        <button
          type="button"
          className={`${controls.button} ${controls.outlined}`}
          onClick={() => void use(manifest)}
        >
          Use this model
        </button>
        <button type="button" className={controls.button} onClick={() => save(manifest)}>
          Save manifest
        </button>
      </div>
    </>
  );
}

function save(manifest: ModelManifest): void {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), `${manifest.name}.manifest.json`);
}
