/** What a folder cannot say for certain: the form of its weights, which graph is which, and what counts as an answer. */
import { useState } from "react";
import type { FolderCorrection, FolderProposal } from "../../engine/protocol.ts";
import { Select } from "../kit/Select.tsx";
import { Field } from "../kit/fields.tsx";
import { spokenText, spokenWords } from "./spokenText.ts";

/** Answers whose words are corrected here; the lab's questions are these first of all. */
const ANSWERS = ["yes", "no"];

export function FolderFields(props: {
  readonly proposed: FolderProposal;
  readonly onCorrect: (change: FolderCorrection) => void;
}) {
  const { proposed, onCorrect } = props;
  const { folder } = proposed.manifest;
  if (!folder) return null;
  const { graphs, spoken, family } = folder;
  return (
    <>
      {proposed.forms.length > 1 && (
        <Field label="Form of the weights">
          {(id) => (
            <Select
              id={id}
              value={folder.form}
              onChange={(event) =>
                onCorrect({ form: event.currentTarget.value, graphs: undefined })
              }
            >
              {proposed.forms.map((form) => (
                <option key={form}>{form}</option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {proposed.chain.map(({ part, label, path }) => (
        <Field key={part} label={label}>
          {(id) => (
            <Select
              id={id}
              value={path}
              onChange={(event) =>
                onCorrect({ graphs: { ...graphs, [part]: event.currentTarget.value } })
              }
            >
              {proposed.paths.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          )}
        </Field>
      ))}
      {ANSWERS.filter((answer) => spoken[answer]).map((answer) => (
        <Words
          key={answer}
          label={
            family !== "llava" ? `Caption for “${answer}”` : `Counted as “${answer}” (␣ is a space)`
          }
          words={family !== "llava" ? [spoken[answer]![0]!] : spoken[answer]!}
          onChange={(words) => onCorrect({ spoken: { ...spoken, [answer]: words } })}
          isOne={family !== "llava"}
        />
      ))}
    </>
  );
}

/** Taken over when the reader leaves the field or presses Enter: every change has the graphs built again. */
function Words(props: {
  readonly label: string;
  readonly words: readonly string[];
  readonly isOne: boolean;
  readonly onChange: (words: readonly string[]) => void;
}) {
  const { label, words, isOne, onChange } = props;
  const [typed, setTyped] = useState(isOne ? words[0]! : spokenText(words));
  const take = () => {
    const next = isOne ? [typed.trim()] : spokenWords(typed);
    if (next.some((word) => word !== "") && next.join("\n") !== words.join("\n")) onChange(next);
  };
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === "Enter") take();
          }}
        />
      )}
    </Field>
  );
}
