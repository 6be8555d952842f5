/** A dropped vision-language model in several graphs: the chain the lab found, to correct, to save and to use. */
import { useState } from "react";
import type { FolderCorrection, FolderProposal } from "../../engine/protocol.ts";
import type { FolderDraft } from "../../state/modelStore.ts";
import { Button } from "../kit/Button.tsx";
import { bytes as weight } from "../kit/formats.ts";
import { Field } from "../kit/fields.tsx";
import { FolderFields } from "./FolderFields.tsx";
import { KeepFolder } from "./KeepFolder.tsx";
import { ModelChain } from "./ModelChain.tsx";
import { saveManifest } from "./saveManifest.ts";
import { useDescribed } from "./useDescribed.ts";
import { useChooseGraph, useDescribeFolder } from "./useModels.ts";
import styles from "./models.module.css";

export function FolderDraftView({ draft }: { readonly draft: FolderDraft }) {
  const { error, proposed, correction } = draft;
  const describe = useDescribeFolder();
  const correct = (change: FolderCorrection) =>
    describe({ ...draft, correction: { ...correction, ...change } });
  if (error) {
    const isCorrected = Object.keys(correction).length > 0;
    return (
      <>
        <p role="alert" className={styles.refusal}>
          {error.message} {error.hint}
        </p>
        <p>The model on the bench stays as it is.</p>
        <div className={styles.actions}>
          {isCorrected && (
            <Button look="outlined" onClick={() => describe({ ...draft, correction: {} })}>
              Undo the corrections
            </Button>
          )}
          <EncoderAlone draft={draft} />
        </div>
      </>
    );
  }
  if (!proposed) return <p role="status">Reading the graphs…</p>;
  return <Proposed key={draft.id} draft={draft} proposed={proposed} onCorrect={correct} />;
}

function Proposed(props: {
  readonly draft: FolderDraft;
  readonly proposed: FolderProposal;
  readonly onCorrect: (change: FolderCorrection) => void;
}) {
  const { draft, proposed, onCorrect } = props;
  const { memory, notices, asks, hasStandIns, chain } = proposed;
  const [name, setName] = useState(proposed.manifest.name);
  const use = useDescribed();
  const manifest = { ...proposed.manifest, name };
  const isSteep = chain.every(({ obstacles }) => obstacles.length === 0);
  return (
    <>
      <p>
        {`A ${manifest.folder?.label ?? ""} model. It is read here and goes nowhere. Correct what the files could not say.`}{" "}
        {draft.card && (
          <a href={draft.card} target="_blank" rel="noreferrer">
            What it was trained and measured on
          </a>
        )}
      </p>
      <ModelChain chain={chain} />
      <div className={styles.fields}>
        <Field label="Name">
          {(id) => (
            <input id={id} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          )}
        </Field>
        <FolderFields proposed={proposed} onCorrect={onCorrect} />
      </div>
      <p className={styles.asks}>
        {manifest.folder?.family !== "llava"
          ? "It is shown these captions:"
          : "A question reaches it as:"}
        <code>{asks}</code>
      </p>
      <ul className={styles.findings}>
        <li data-testid="folder-memory">
          {`To answer it holds ${weight(memory.answer)} of weights. An attack or an explanation by gradients takes about ${weight(memory.gradient)} more${memory.text > 0 ? `, words of its own ${weight(memory.text)} more` : ""}${memory.cache.bytes > 0 ? ` and ${weight(memory.cache.bytes)} for keys and values of ${memory.cache.tokens} tokens` : ""}.`}
          {memory.answer + memory.gradient > memory.most &&
            ` A tab holds about ${weight(memory.most)}: without gradients it opens, and an attack by gradients is refused here. Choose a smaller form, or attack it with lab outside the browser.`}
        </li>
        {isSteep && (
          <li data-testid="folder-gradient">
            {hasStandIns
              ? "It rounds numbers to 8 bits on the way; the gradient passes these places straight through, so it is an approximation."
              : "Every operator from the picture to the answer has a gradient."}
          </li>
        )}
        {notices.map((notice) => (
          <li key={notice}>{notice}</li>
        ))}
      </ul>
      <div className={styles.actions}>
        <Button look="outlined" onClick={() => void use(manifest)}>
          Use this model
        </Button>
        <Button onClick={() => saveManifest(manifest)}>Save manifest</Button>
        {!draft.card && <KeepFolder files={draft.files} id={manifest.id} name={name} />}
        <EncoderAlone draft={draft} />
      </div>
    </>
  );
}

/** What the lab could do with such a folder before: its image encoder, which is asked no questions. */
function EncoderAlone({ draft: { graphs } }: { readonly draft: FolderDraft }) {
  const choose = useChooseGraph();
  const [likeliest] = graphs;
  if (!likeliest) return null;
  return <Button onClick={() => choose(graphs, likeliest)}>Open its image encoder alone</Button>;
}
