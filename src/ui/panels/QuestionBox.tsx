/** The question: chosen from the bank or typed freely, and what the lab understood of it. */
import "../kit/combobox.css";
import { Autocomplete } from "@mantine/core";
import type { AutocompleteProps, ComboboxParsedItem } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import { isOwnModel } from "../../model/catalog.ts";
import { useExperiment, useResults, useStores, useView } from "../context/stores.ts";
import { Icon } from "../kit/icons.tsx";
import { Button } from "../kit/Button.tsx";
import { questionMenu, readQuestion } from "./questionMenu.ts";
import type { Offer } from "./questionMenu.ts";
import styles from "./panels.module.css";

export function QuestionBox() {
  const { experiment } = useStores();
  const asked = useExperiment((s) => s.spec.question);
  // Null, not absent, once an encoder without a text side has looked.
  const isOwn = useExperiment((s) => isOwnModel(s.spec.model.id));
  const isMute = useResults((s) => s.stages.clean?.payload.answer === null);
  const menu = useMemo(() => questionMenu(), []);
  const [draft, setDraft] = useState(asked);
  const [isOpen, setOpen] = useState(false);
  const [lastAsked, setLastAsked] = useState(asked);
  // Undo, redo and links change the question from outside.
  if (asked !== lastAsked) {
    setLastAsked(asked);
    setDraft(asked);
  }
  const box = useRef<HTMLInputElement>(null);
  const calls = useView((s) => s.questionCalls);
  const answered = useRef(calls);
  useEffect(() => {
    if (calls === answered.current) return;
    answered.current = calls;
    box.current?.focus();
  }, [calls]);
  const reading = useMemo(() => readQuestion(draft, isOwn), [draft, isOwn]);
  const pending = draft.trim() !== asked;
  const ask = (text: string) => {
    const question = text.trim();
    if (!readQuestion(question).ok) return;
    setDraft(question);
    experiment
      .getState()
      .edit((spec) => (spec.question === question ? spec : { ...spec, question }));
  };
  return (
    <form
      className={styles.question}
      onSubmit={(event) => {
        event.preventDefault();
        ask(draft);
        setOpen(false);
      }}
    >
      <Autocomplete
        ref={box}
        aria-label="Question"
        data-question=""
        disabled={isMute}
        value={draft}
        data={menu}
        // The list itself scrolls: a pane between box and list would be a stop without a key.
        withScrollArea={false}
        comboboxProps={{ portalProps: { target: "#layer" } }}
        maxLength={SPEC_LIMITS.questionCharacters}
        onChange={setDraft}
        onOptionSubmit={ask}
        dropdownOpened={isOpen}
        onDropdownOpen={() => setOpen(true)}
        onDropdownClose={() => setOpen(false)}
        onBlur={() => ask(draft)}
        onFocus={(event) => event.currentTarget.select()}
        onKeyDown={(event) => {
          // The first one closes the list.
          if (event.key === "Escape" && !isOpen) setDraft(asked);
        }}
        rightSection={<Icon name="down" />}
        rightSectionPointerEvents="none"
        filter={(input) => (input.search === asked ? input.options : everyWord(input))}
        styles={{
          options: { maxHeight: 360, overflowY: "auto" },
          input: { background: "var(--raised)", border: 0, fontSize: 14, height: 36 },
        }}
      />
      <div role="status" className={styles.reading} data-testid="question-reading">
        {isMute ? (
          <p className={styles.understood}>
            This model answers no questions. The question stays for one that does.
          </p>
        ) : reading.ok ? (
          <>
            <p className={styles.understood}>
              {reading.statement}
              {pending && " Press Enter to ask."}
            </p>
            <p className={styles.understood}>{reading.detail}</p>
          </>
        ) : (
          <>
            <p className={styles.refused}>
              {reading.message} {reading.hint}
            </p>
            <Offers offers={reading.offers} onAsk={ask} />
          </>
        )}
        {pending && <p className={styles.understood}>The results still answer "{asked}"</p>}
      </div>
    </form>
  );
}

/** What can be asked in place of what cannot. */
function Offers(props: { readonly offers: readonly Offer[]; onAsk(question: string): void }) {
  return (
    <p className={styles.offers}>
      {props.offers.map(({ label, question }) => (
        <Button
          key={question}
          look="outlined"
          title={question}
          // The box would ask what is typed in it as it loses the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => props.onAsk(question)}
        >
          {label}
        </Button>
      ))}
    </p>
  );
}

/** Options in which every typed word occurs; groups that keep nothing go. */
const everyWord: NonNullable<AutocompleteProps["filter"]> = ({ options, search }) => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return options.flatMap<ComboboxParsedItem>((option) => {
    if (!("group" in option)) return matches(String(option.label)) ? [option] : [];
    const items = option.items.filter((item) => matches(String(item.label)));
    return items.length > 0 ? [{ ...option, items }] : [];
  });
};
