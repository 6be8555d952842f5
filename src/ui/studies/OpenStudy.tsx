/** A reader's own study, from a file. */
import { useRef } from "react";
import { parseStudy } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { Button } from "../kit/Button.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import type { Opened } from "./LabStudies.tsx";
import { sentence } from "./StudySize.tsx";

export function OpenStudy(props: { readonly onOpen: (opened: Opened) => void }) {
  const { onOpen } = props;
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button onClick={() => picker.current?.click()}>Open a study…</Button>
      <FileInput
        ref={picker}
        label="Open a study (JSON)"
        accept=".json"
        onPick={([file]) =>
          void file?.text().then(
            (text) => onOpen(studyIn(text)),
            () => onOpen({ refusal: "This file can't be read." }),
          )
        }
      />
    </>
  );
}

function studyIn(text: string): { study: Study } | { refusal: string } {
  try {
    return { study: parseStudy(JSON.parse(text)) };
  } catch (error) {
    return {
      refusal:
        error instanceof SyntaxError ? "This file is no study: it is not JSON." : sentence(error),
    };
  }
}
