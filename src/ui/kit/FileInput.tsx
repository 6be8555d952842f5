/** A hidden file input behind a button or a list: the same file can be picked twice in a row. */
import type { RefObject } from "react";

export function FileInput(props: {
  readonly ref: RefObject<HTMLInputElement | null>;
  readonly label: string;
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Picks a whole folder. */
  readonly folder?: boolean;
  readonly onPick: (files: readonly File[]) => void;
}) {
  const { ref, label, accept, multiple = false, folder = false, onPick } = props;
  return (
    <input
      ref={ref}
      type="file"
      hidden
      multiple={multiple || folder}
      accept={accept}
      aria-label={label}
      {...(folder ? { webkitdirectory: "" } : {})}
      onChange={({ currentTarget }) => {
        const files = [...(currentTarget.files ?? [])];
        currentTarget.value = "";
        if (files.length > 0) onPick(files);
      }}
    />
  );
}
