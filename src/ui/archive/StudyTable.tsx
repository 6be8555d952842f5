/** The studies that an archive found. */
import type { ArchiveStudy } from "../../io/dicomWeb.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./archive.module.css";

export function StudyTable(props: {
  readonly studies: readonly ArchiveStudy[];
  readonly isBusy: boolean;
  onOpen(study: ArchiveStudy): void;
}) {
  return (
    <div
      className={styles.list}
      role="region"
      aria-label="Studies found"
      // It scrolls, by keys too.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Date</th>
            <th scope="col">Patient</th>
            <th scope="col">Study</th>
            <th scope="col">Pictures</th>
            <th aria-label="Open" />
          </tr>
        </thead>
        <tbody>
          {props.studies.map((study) => (
            <tr key={study.uid}>
              <td>{study.date || "unknown"}</td>
              <td>
                {study.patient || "no name"}
                {study.patientId && <small>{study.patientId}</small>}
              </td>
              <td>
                {study.description || "no description"}
                <small>{study.modalities.join(", ")}</small>
              </td>
              <td>{study.pictures ?? "?"}</td>
              <td>
                <Button
                  look="outlined"
                  disabled={props.isBusy}
                  aria-label={`Open the films of ${study.patient || "no name"}, ${study.date || "unknown date"}`}
                  onClick={() => props.onOpen(study)}
                >
                  Open
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
