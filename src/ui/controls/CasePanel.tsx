/** Which radiograph is on the bench: a phantom out of the gallery, or the reader's own file. */
import { useRef } from "react";
import { useCases, useExperiment, useResults } from "../context/stores.ts";
import { Icon } from "../kit/icons.tsx";
import { Section } from "../kit/Section.tsx";
import { FilmMap } from "./FilmMap.tsx";
import { Gallery } from "./Gallery.tsx";
import { ModelWindow } from "./ModelWindow.tsx";
import { PhantomEditor } from "./PhantomEditor.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import { Button } from "../kit/Button.tsx";
import styles from "./case.module.css";
import { useOpenFile } from "./useOpenFile.ts";

export function CasePanel() {
  const spec = useExperiment((s) => s.spec.case);
  return (
    <Section title="Case" line="Phantom or file." aside={<OpenButton />}>
      <Gallery />
      {spec.kind === "phantom" ? (
        <PhantomEditor phantom={spec.phantom} />
      ) : (
        <FileCase sha256={spec.sha256} />
      )}
      <Seen />
    </Section>
  );
}

function OpenButton() {
  const input = useRef<HTMLInputElement>(null);
  const open = useOpenFile();
  const opening = useCases((s) => s.opening);
  return (
    <>
      <Button
        look="outlined"
        title="DICOM, PNG or JPEG. The file stays in this tab."
        disabled={opening}
        onClick={() => input.current?.click()}
      >
        <Icon name="open" size={13} /> {opening ? "Opening" : "Open file"}
      </Button>
      <FileInput
        ref={input}
        label="Open a radiograph"
        onPick={([file]) => void (file && open(file))}
      />
    </>
  );
}

function FileCase({ sha256 }: { readonly sha256: string }) {
  const radiograph = useCases((s) => s.radiographs[sha256]);
  if (!radiograph) {
    return (
      <p className={styles.needs} role="status">
        This experiment is about a reader’s own radiograph (pixel hash {sha256.slice(0, 12)}…),
        which is never part of a link. Open the same file to replay it.
      </p>
    );
  }
  return (
    <>
      <p className={styles.saw}>
        <b>Your {radiograph.source === "dicom" ? "DICOM" : radiograph.source.toUpperCase()} file</b>
        , {radiograph.cols} x {radiograph.rows}
        {radiograph.pixelAspect !== 1 &&
          ` pixels, each ${radiograph.pixelAspect.toPrecision(2)} times as high as wide`}
        , {radiograph.bitsStored} bit. It never leaves this tab.
      </p>
      {radiograph.notices.map((notice) => (
        <p key={notice} className={styles.saw}>
          {notice}
        </p>
      ))}
      <FilmMap radiograph={radiograph} />
      <ModelWindow radiograph={radiograph} />
    </>
  );
}

function Seen() {
  const open = useExperiment((s) => s.spec.case);
  const entry = useResults((s) => s.stages.input);
  if (entry?.spec.case !== open) return null;
  const input = entry.payload;
  // Of a file, the lines above say its own already.
  const notices = open.kind === "file" ? [] : input.notices;
  return (
    <p className={styles.saw}>
      <b>The model saw:</b> {input.statement}
      {notices.length > 0 && `. ${notices.join(" ")}`}
    </p>
  );
}
