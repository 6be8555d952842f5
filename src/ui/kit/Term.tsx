/** A word of the lab that explains itself once the glossary is here; until then, and for words it does not have, plain text. */
import { memo, useSyncExternalStore } from "react";
import type { ReactElement } from "react";
import { Hint } from "./Hint.tsx";

export interface TermProps {
  readonly label: string;
  /** What the control itself says of it. */
  readonly help?: string | undefined;
}

type Explain = (props: TermProps) => ReactElement;

let glossary: Explain | null = null;
const listeners = new Set<() => void>();

/** Gives every term on screen its explanation. */
export function openGlossary(explain: Explain): void {
  glossary = explain;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Drawn anew when its words change only: a tooltip is the dearest part of a row of numbers, and a drag changes these each frame. */
export const Term = memo(function Term({ label, help }: TermProps) {
  const explain = useSyncExternalStore(subscribe, () => glossary);
  return explain ? explain({ label, help }) : <PlainTerm label={label} help={help} />;
});

export function PlainTerm({ label, help }: TermProps) {
  if (help === undefined) return <>{label}</>;
  return (
    <Hint text={help}>
      <span>{label}</span>
    </Hint>
  );
}
