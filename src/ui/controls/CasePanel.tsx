/** Which radiograph is on the bench: a phantom out of the gallery, or the reader's own file. */
import { Suspense, lazy, useDeferredValue, useRef } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useHidden } from "../context/useHidden.ts";
import { useCases, useExperiment, useResults, useWorklist } from "../context/stores.ts";
import { Icon } from "../kit/icons.tsx";
import { Section } from "../kit/Section.tsx";
import { Gallery } from "./Gallery.tsx";
import { PhantomEditor } from "./PhantomEditor.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import { Button } from "../kit/Button.tsx";
import { KeptPlace } from "../kit/KeptPlace.tsx";
import styles from "./case.module.css";
import { useOpenFilms } from "./useOpenFilms.ts";

const FileCase = lazy(() =>
  loadPart(() => import("./FileCase.tsx")).then(({ FileCase: part }) => ({ default: part })),
);
const BlindCase = lazy(() =>
  loadPart(() => import("./BlindCase.tsx")).then(({ BlindCase: part }) => ({ default: part })),
);
const Worklist = lazy(() =>
  loadPart(() => import("./Worklist.tsx")).then(({ Worklist: list }) => ({ default: list })),
);

/** Of small print, and the room above. */
const TWO_LINES = 40;

export function CasePanel() {
  const open = useExperiment((s) => s.spec.case);
  // Controls of another kind of case replace these once they are fetched, so that nothing jumps up and down again.
  const deferred = useDeferredValue(open);
  const spec = deferred.kind === open.kind ? open : deferred;
  const hasList = useWorklist((s) => s.entries.length > 0);
  const isBlind = useHidden("sliders");
  return (
    <Section title="Case" line="Phantom or file." aside={<OpenButton />}>
      {hasList ? (
        <Suspense fallback={null}>
          <Worklist />
        </Suspense>
      ) : (
        <Gallery />
      )}
      <ErrorBoundary>
        <Suspense fallback={null}>
          {spec.kind === "file" ? (
            <FileCase sha256={spec.sha256} />
          ) : isBlind ? (
            <BlindCase />
          ) : (
            <PhantomEditor phantom={spec.phantom} />
          )}
        </Suspense>
      </ErrorBoundary>
      <KeptPlace first={TWO_LINES} subject={spec.kind}>
        <Seen />
      </KeptPlace>
    </Section>
  );
}

function OpenButton() {
  const input = useRef<HTMLInputElement>(null);
  const open = useOpenFilms();
  const opening = useCases((s) => s.opening);
  return (
    <>
      <Button
        look="outlined"
        title="DICOM, PNG, JPEG or TIFF, one or several, with a CSV of boxes if there is one (file,finding,x,y,w,h). They stay in this tab."
        disabled={opening}
        onClick={() => input.current?.click()}
      >
        <Icon name="open" size={13} /> {opening ? "Opening" : "Open file"}
      </Button>
      <FileInput
        ref={input}
        label="Open a radiograph"
        multiple
        onPick={(files) => void open(files)}
      />
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
