/** A dropped ONNX file: what the lab makes of it, to correct, to save and to use. */
import { useState } from "react";
import type { OwnModelProposal } from "../../engine/protocol.ts";
import { useModels, useStores } from "../context/stores.ts";
import { Dialog } from "../kit/Dialog.tsx";
import { Button } from "../kit/Button.tsx";
import type { DraftGraph, ModelDraft } from "../../state/modelStore.ts";
import { FolderDraftView } from "./FolderDraftView.tsx";
import { GraphPicker } from "./GraphPicker.tsx";
import { ModelFields } from "./ModelFields.tsx";
import { saveManifest } from "./saveManifest.ts";
import { useDescribed } from "./useDescribed.ts";
import styles from "./models.module.css";

export function ModelDialog() {
  const { models } = useStores();
  const draft = useModels((s) => s.draft);
  const folder = useModels((s) => s.folder);
  const close = () => models.getState().close();
  const name = folder?.proposed?.manifest.name ?? draft?.chosen?.files.name;
  return (
    <Dialog
      opened={draft !== null || folder !== null}
      onClose={close}
      size="lg"
      label="Your model"
      title={name ?? "Your model"}
      closeLabel="Close"
      className={styles.dialog}
    >
      {folder && <FolderDraftView draft={folder} />}
      {draft && draft.graphs.length > 1 && <GraphPicker draft={draft} />}
      {draft?.chosen && <Draft key={draft.id} draft={draft} graph={draft.chosen} />}
    </Dialog>
  );
}

function Draft({ draft, graph }: { readonly draft: ModelDraft; readonly graph: DraftGraph }) {
  const { error, proposed } = draft;
  if (error) {
    return (
      <p role="alert" className={styles.refusal}>
        {error.message} {error.hint}
      </p>
    );
  }
  if (!proposed) return <p role="status">Reading the graph…</p>;
  return <Described proposed={proposed} graph={graph} />;
}

function Described(props: { readonly proposed: OwnModelProposal; readonly graph: DraftGraph }) {
  const { proposed, graph } = props;
  const { proposal } = proposed;
  const initial = graph.manifest ?? proposed.manifest;
  const [manifest, setManifest] = useState(initial);
  const use = useDescribed();
  const attention = attentionSentence(proposal);
  const notices = [...proposal.notices, ...graph.notices].filter((told) => told !== attention);
  const isOther = initial.files[0]?.sha256 !== proposed.manifest.files[0]?.sha256;
  return (
    <>
      <p>It is read here and goes nowhere. Correct what the graph could not say.</p>
      <ModelFields manifest={manifest} outputs={proposal.outputs} onChange={setManifest} />
      <ul className={styles.findings}>
        {isOther && <li>The manifest that came with it is about another file.</li>}
        <li data-testid="model-attention">{attention}</li>
        <li data-testid="model-gradient">
          {proposal.obstacles.length === 0
            ? "Every operator from the picture on has a gradient."
            : `No gradient through ${proposal.obstacles[0]!.node}: ${proposal.obstacles[0]!.reason}${proposal.obstacles.length > 1 ? ` And ${proposal.obstacles.length - 1} more.` : ""} Square attacks need none.`}
        </li>
        {notices.map((notice) => (
          <li key={notice}>{notice}</li>
        ))}
      </ul>
      <div className={styles.actions}>
        <Button look="outlined" onClick={() => void use(manifest)}>
          Use this model
        </Button>
        <Button onClick={() => saveManifest(manifest)}>Save manifest</Button>
      </div>
    </>
  );
}

function attentionSentence({ attention, grid }: OwnModelProposal["proposal"]): string {
  const layers = attention.length;
  if (layers === 0) return "No attention in this model, so none is drawn over the picture.";
  const prefix = grid?.prefix ?? 0;
  const special =
    prefix === 0
      ? ""
      : ` ${prefix} special ${prefix === 1 ? "token stands" : "tokens stand"} before the patches.`;
  return `Attention maps of ${layers} ${layers === 1 ? "layer" : "layers"}, ${attention[0]!.heads} heads.${special}`;
}
