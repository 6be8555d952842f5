/** A study and its rows as files and as a link: nothing in them is a pixel or a file name. */
import { useRef, useState } from "react";
import { LabError, toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { csvLine } from "../../study/csv.ts";
import type { Row } from "../../study/rowColumns.ts";
import { columnsOf } from "../../study/rows.ts";
import type { Study } from "../../study/schema.ts";
import { encodeStudyLink } from "../../study/studyLink.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { saveBlob } from "../kit/saveBlob.ts";
import { copyField } from "../share/copyText.ts";
import styles from "./studies.module.css";

export function StudyExports(props: { readonly study: Study; readonly rows: readonly Row[] }) {
  const { study, rows } = props;
  const { results } = useStores();
  const save = (type: string, ending: string, content: string | ArrayBuffer) =>
    saveBlob(new Blob([content], { type }), `${fileName(study)}.${ending}`);
  const columns = columnsOf(study);
  const csv = () =>
    [
      csvLine(columns.map(({ name }) => name)),
      ...rows.map((row) => csvLine(columns.map(({ name }) => row[name] ?? null))),
      "",
    ].join("\r\n");
  const saveParquet = async () => {
    try {
      const { parquetBytes } = await loadPart(() => import("../../study/parquetWriter.ts"));
      const about = { penumbra: JSON.stringify({ study: study.name }) };
      save("application/vnd.apache.parquet", "parquet", await parquetBytes(rows, columns, about));
    } catch (error) {
      results.getState().refuse(toErrorData(error));
    }
  };
  const isEmpty = rows.length === 0;
  return (
    <>
      <p className={styles.exports}>
        <Button onClick={() => save("text/csv", "csv", csv())} disabled={isEmpty}>
          Rows as CSV
        </Button>
        <Button
          onClick={() => save("application/json", "rows.json", JSON.stringify(rows))}
          disabled={isEmpty}
        >
          Rows as JSON
        </Button>
        <Button onClick={() => void saveParquet()} disabled={isEmpty}>
          Rows as Parquet
        </Button>
        <Button
          onClick={() => save("application/json", "study.json", JSON.stringify(study, null, 2))}
        >
          The study, for lab study run
        </Button>
      </p>
      <StudyLink study={study} />
    </>
  );
}

/** What was asked, as an address: whoever opens it finds the study, ready to start. */
function StudyLink({ study }: { readonly study: Study }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  let link: string;
  try {
    link = new URL(encodeStudyLink(study), document.baseURI).href;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return (
      <p className={styles.note}>
        {error.message} {error.hint}
      </p>
    );
  }
  const copy = async () => setCopied(field.current !== null && (await copyField(field.current)));
  const hasFilms = study.cases.some(({ kind }) => kind === "files");
  return (
    <p className={styles.exports}>
      <input
        ref={field}
        aria-label="Link to this study"
        readOnly
        value={link}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button onClick={() => void copy()}>{copied ? "Copied" : "Copy link"}</Button>
      <span className={styles.note}>
        {copied === false
          ? "This browser does not let the page copy: the link is selected, press Ctrl+C."
          : `The study alone, no rows and no pixel.${hasFilms ? " Whoever opens it needs the same films." : ""}`}
      </span>
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
