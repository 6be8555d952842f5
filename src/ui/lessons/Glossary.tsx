/** Explains the terms on screen: by hovering over them, and by the keyboard when it stands on their control. */
import { Tooltip } from "@mantine/core";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { parseGlossary } from "../../lesson/glossary.ts";
import type { GlossaryEntry } from "../../lesson/glossary.ts";
import { said } from "../../lesson/spoken.ts";
import { PlainTerm, openGlossary } from "../kit/Term.tsx";
import type { TermProps } from "../kit/Term.tsx";
import { LANGUAGE } from "./lessonSession.ts";
import styles from "./glossary.module.css";

let entries: ReadonlyMap<string, GlossaryEntry> = new Map();

/** Fetches the words and gives them to all terms; without them the terms stay as they are. */
export function Glossary() {
  useEffect(() => {
    const load = async () => {
      const response = await fetch(new URL("glossary.json", document.baseURI));
      entries = parseGlossary(await response.json());
      openGlossary((props) => <ExplainedTerm {...props} />);
    };
    // A glossary that can't be fetched is missed by nobody who works.
    load().catch(() => {});
  }, []);
  return null;
}

/** Terms inside an explanation are not explained again. */
const Nested = createContext(false);

function ExplainedTerm({ label, help }: TermProps) {
  const entry = entries.get(label);
  const isNested = useContext(Nested);
  if (isNested || (!entry && help === undefined)) return <PlainTerm label={label} help={help} />;
  return <Explained label={label} help={help} entry={entry} />;
}

function Explained(props: TermProps & { readonly entry: GlossaryEntry | undefined }) {
  const { label, help, entry } = props;
  const word = useRef<HTMLSpanElement>(null);
  const [isOwnStop, setOwnStop] = useState(false);
  const isFocused = useFocusOfControl(word, setOwnStop);
  const [isHovered, setHovered] = useState(false);
  const text = (
    <Nested value>
      <b className={styles.name}>{label}</b>
      {entry && <span className={styles.text}>{said(entry.text, LANGUAGE)}</span>}
      {entry && <span className={styles.formula}>{entry.formula}</span>}
      {help !== undefined && <span className={entry ? styles.here : styles.text}>{help}</span>}
    </Nested>
  );
  return (
    <Tooltip
      label={text}
      multiline
      maw={320}
      withArrow
      opened={isFocused || isHovered}
      classNames={{ tooltip: styles.card! }}
    >
      <span
        ref={word}
        className={styles.term}
        // A word on its own is a stop of the keyboard; one beside a control shows with the control.
        tabIndex={isOwnStop ? 0 : undefined}
        role={isOwnStop ? "note" : undefined}
        onPointerEnter={() => setHovered(true)}
        onPointerLeave={() => setHovered(false)}
      >
        {label}
      </span>
    </Tooltip>
  );
}

/** Whether the keyboard stands on the control that the word belongs to, or on the word where it belongs to none. */
function useFocusOfControl(
  word: React.RefObject<HTMLSpanElement | null>,
  setOwnStop: (isOwn: boolean) => void,
): boolean {
  const [isFocused, setFocused] = useState(false);
  useEffect(() => {
    const scope = word.current?.closest<HTMLElement>("[data-term-scope]");
    setOwnStop(!scope);
    const place = scope ?? word.current;
    if (!place) return;
    const begin = ({ target }: FocusEvent) =>
      setFocused(target instanceof Element && target.matches(":focus-visible"));
    const end = () => setFocused(false);
    const escape = ({ key }: KeyboardEvent) => key === "Escape" && setFocused(false);
    place.addEventListener("focusin", begin);
    place.addEventListener("focusout", end);
    place.addEventListener("keydown", escape);
    return () => {
      place.removeEventListener("focusin", begin);
      place.removeEventListener("focusout", end);
      place.removeEventListener("keydown", escape);
    };
  }, [word, setOwnStop]);
  return isFocused;
}
