/** A learner's answers as a code for the instructor: a name of their choosing, what they answered, and nothing else. */
import { useRef, useState } from "react";
import { answerCode } from "../../lesson/answerCode.ts";
import type { Answers } from "../../lesson/answerCode.ts";
import { Button } from "../kit/Button.tsx";
import { copyField } from "../share/copyText.ts";
import styles from "./lesson.module.css";

export function AnswerCode({ answers }: { readonly answers: Answers }) {
  const [name, setName] = useState("");
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const code = name.trim() === "" ? "" : answerCode({ name: name.trim(), answers });
  return (
    <details className={styles.code}>
      <summary>Hand in to an instructor</summary>
      <p className={styles.text}>
        A code with your answers and the name you type here. It is sent nowhere: give it to whoever
        asked for it.
      </p>
      <div className={styles.link}>
        <input
          aria-label="Your name in the code"
          placeholder="A name or number"
          maxLength={40}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setCopied(false);
          }}
        />
      </div>
      <div className={styles.link}>
        <input
          ref={field}
          readOnly
          aria-label="Answer code"
          value={code}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          look="outlined"
          disabled={code === ""}
          onClick={() => void copyField(field.current!).then(setCopied)}
        >
          {copied ? "Copied" : "Copy code"}
        </Button>
      </div>
    </details>
  );
}
