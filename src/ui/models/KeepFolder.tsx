/** Keeps a dropped folder in this browser, its size told on the button. */
import { useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { FolderDraft } from "../../state/modelStore.ts";
import { Button } from "../kit/Button.tsx";
import { bytes } from "../kit/formats.ts";
import { keepCopy } from "./modelShelf.ts";

export function KeepFolder({
  files,
  id,
  name,
}: {
  readonly files: FolderDraft["files"];
  readonly id: string;
  readonly name: string;
}) {
  const [state, setState] = useState<number | "kept" | { readonly refusal: string } | null>(null);
  const dropped = Object.entries(files.folder).map(([path, blob]) => ({
    path,
    file: blob instanceof File ? blob : new File([blob], path.split("/").at(-1)!),
  }));
  const all = dropped.reduce((sum, { file }) => sum + file.size, 0);
  const keep = () => {
    setState(0);
    keepCopy({ id, name }, dropped, setState).then(
      () => setState("kept"),
      (error: unknown) => {
        const { message, hint } = toErrorData(error);
        setState({ refusal: [message, hint].filter(Boolean).join(" ") });
      },
    );
  };
  if (state === "kept") return <span role="status">Kept: More, Models kept in this browser.</span>;
  return (
    <>
      <Button disabled={typeof state === "number"} onClick={keep}>
        {typeof state === "number"
          ? `Keeping ${bytes(state)} of ${bytes(all)}`
          : `Keep in this browser (${bytes(all)})`}
      </Button>
      {state !== null && typeof state === "object" && <span role="alert">{state.refusal}</span>}
    </>
  );
}
