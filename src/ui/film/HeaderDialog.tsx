/** The header of the open DICOM file, to read and to search; what tells whose film it is comes when the reader asks for it. */
import { useEffect, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { createDecodeClient } from "../../io/decodeClient.ts";
import type { HeaderRow } from "../../io/decodeClient.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { useCases, useExperiment } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./header.module.css";

export function HeaderDialog() {
  return (
    <WorkDialog door="header" label="DICOM header" closeLabel="Close the header" size="xl">
      {() => <Header />}
    </WorkDialog>
  );
}

function Header() {
  const source = useExperiment((s) => s.spec.case);
  const sha256 = source.kind === "file" ? source.sha256 : "";
  const film = useCases((s) => s.radiographs[sha256]);
  const file = useCases((s) => s.files[sha256]);
  if (source.kind === "phantom") {
    return <p className={styles.lead}>A phantom has no header: it is drawn from its settings.</p>;
  }
  if (film && film.source !== "dicom") {
    return (
      <p className={styles.lead}>
        This film is a {film.source.toUpperCase()} file: only DICOM files have such a header.
      </p>
    );
  }
  if (!file) {
    return (
      <p className={styles.lead}>
        The file itself is not at hand. Open it again, and its header can be read.
      </p>
    );
  }
  return <Rows key={sha256} file={file} />;
}

interface Read {
  readonly isRevealed: boolean;
  readonly rows: readonly HeaderRow[];
  readonly refusal?: string;
}

/** Kept nowhere but here: it goes with the dialog. */
function useHeader(file: File, isRevealed: boolean): Read | null {
  const [read, setRead] = useState<Read | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const client = createDecodeClient();
    const told = (next: Read) => {
      if (isCurrent) setRead(next);
    };
    file
      .arrayBuffer()
      .then((bytes) => client.header(bytes, isRevealed))
      .then((rows) => told({ isRevealed, rows }))
      .catch((error: unknown) =>
        told({ isRevealed, rows: [], refusal: toErrorData(error).message }),
      )
      .finally(() => client.dispose());
    return () => {
      isCurrent = false;
      client.dispose();
    };
  }, [file, isRevealed]);
  // What was shown is hidden at once, and not when the file has been read again.
  return read?.isRevealed === isRevealed ? read : null;
}

function Rows({ file }: { readonly file: File }) {
  const [isRevealed, setRevealed] = useState(false);
  const [sought, setSought] = useState("");
  const read = useHeader(file, isRevealed);
  const hidden = read?.rows.filter(({ value }) => value === null).length ?? 0;
  const found = read?.rows.filter((row) => fits(row, sought)) ?? [];
  return (
    <>
      <p className={styles.lead}>
        Names, dates, numbers of people and studies, institutions, free text, private and unknown
        elements are hidden until you press Show; they are never stored, exported or shared.
      </p>
      <div className={styles.tools}>
        <input
          type="search"
          aria-label="Find in the header"
          placeholder="Find in the header"
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        <Button
          look="outlined"
          aria-pressed={isRevealed}
          onClick={() => setRevealed((now) => !now)}
        >
          {isRevealed ? "Hide again" : "Show what is hidden"}
        </Button>
        <span role="status" className={styles.count}>
          {read?.refusal ??
            (read ? `${found.length} elements, ${hidden} of the header hidden` : "Being read")}
        </span>
      </div>
      <div
        className={styles.list}
        role="region"
        aria-label="Elements of the header"
        // It scrolls, by keys too.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Tag</th>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {found.map((row, index) => (
              <tr key={index}>
                <td style={{ paddingLeft: 14 * row.depth }}>{row.tag}</td>
                <td translate="no">{row.name}</td>
                <td translate="no">{row.vr}</td>
                <td
                  className={styles.value}
                  data-hidden={row.value === null}
                  translate={row.value === null ? "yes" : "no"}
                >
                  {row.value ?? "hidden"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function fits({ tag, name, vr, value }: HeaderRow, sought: string): boolean {
  const text = `${tag} ${name} ${vr} ${value ?? ""}`.toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
