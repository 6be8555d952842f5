/** A study and its rows as files: nothing in them is a pixel or a file name. */
import { csvLine } from "../../study/csv.ts";
import type { Row } from "../../study/rowColumns.ts";
import { columnsOf } from "../../study/rows.ts";
import type { Study } from "../../study/schema.ts";
import { Button } from "../kit/Button.tsx";
import { saveBlob } from "../kit/saveBlob.ts";
import styles from "./studies.module.css";

export function StudyExports(props: { readonly study: Study; readonly rows: readonly Row[] }) {
  const { study, rows } = props;
  const save = (type: string, ending: string, text: string) =>
    saveBlob(new Blob([text], { type }), `${fileName(study)}.${ending}`);
  const columns = columnsOf(study);
  const csv = () =>
    [
      csvLine(columns.map(({ name }) => name)),
      ...rows.map((row) => csvLine(columns.map(({ name }) => row[name] ?? null))),
      "",
    ].join("\r\n");
  return (
    <p className={styles.exports}>
      <Button onClick={() => save("text/csv", "csv", csv())} disabled={rows.length === 0}>
        Rows as CSV
      </Button>
      <Button
        onClick={() => save("application/json", "rows.json", JSON.stringify(rows))}
        disabled={rows.length === 0}
      >
        Rows as JSON
      </Button>
      <Button
        onClick={() => save("application/json", "study.json", JSON.stringify(study, null, 2))}
      >
        The study, for lab study run
      </Button>
    </p>
  );
}

function fileName({ name }: Study): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "study"
  );
}
