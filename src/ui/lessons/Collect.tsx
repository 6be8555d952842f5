/** The codes that a class handed in, as one table. */
import { useMemo, useState } from "react";
import { collectCodes } from "../../lesson/answerCode.ts";
import type { NamedAnswers } from "../../lesson/answerCode.ts";
import { said } from "../../lesson/spoken.ts";
import type { Lesson } from "../../lesson/schema.ts";
import { Button } from "../kit/Button.tsx";
import { saveBlob } from "../kit/saveBlob.ts";
import { classCsv, classTable } from "./classTable.ts";
import { LANGUAGE } from "./lessonSession.ts";
import styles from "./lessons.module.css";

export function Collect({ lessons }: { readonly lessons: readonly Lesson[] }) {
  const [pasted, setPasted] = useState("");
  const { answers, refused } = useMemo(() => collectCodes(pasted), [pasted]);
  const whats = [...new Set(answers.map(keyOf))];
  return (
    <div className={styles.collect}>
      <textarea
        aria-label="Answer codes of the class"
        placeholder="Paste the codes here, one after the other."
        rows={4}
        spellCheck={false}
        value={pasted}
        onChange={(event) => setPasted(event.currentTarget.value)}
      />
      {refused.map(({ piece, why }) => (
        <p key={piece} className={styles.refused} role="alert">
          {`${piece}… ${why}`}
        </p>
      ))}
      {whats.map((what) => (
        <ClassTable
          key={what}
          answers={answers.filter((each) => keyOf(each) === what)}
          lesson={lessons.find(({ id }) => id === what)}
        />
      ))}
    </div>
  );
}

const keyOf = ({ answers }: NamedAnswers) =>
  answers.what === "lesson" ? answers.lesson : `quiz ${answers.seed}`;

function ClassTable(props: {
  readonly answers: readonly NamedAnswers[];
  readonly lesson: Lesson | undefined;
}) {
  const table = classTable(props.answers, props.lesson);
  const title = props.lesson ? said(props.lesson.title, LANGUAGE) : "Blind quiz";
  return (
    <div className={styles.class}>
      <h3>{`${title}: ${props.answers.length} handed in`}</h3>
      <div className={styles.wide}>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map(({ name, cells }, k) => (
              <tr key={`${name} ${k}`}>
                <th scope="row">{name}</th>
                {cells.map((cell, c) => (
                  <td key={table.columns[c]} data-good={cell.isGood ?? undefined}>
                    {cell.text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Class</th>
              {table.totals.map((total, c) => (
                <td key={table.columns[c]}>{total}</td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      <Button
        look="outlined"
        onClick={() =>
          saveBlob(new Blob([classCsv(table)], { type: "text/csv" }), "penumbra-class.csv")
        }
      >
        Save as CSV
      </Button>
    </div>
  );
}
