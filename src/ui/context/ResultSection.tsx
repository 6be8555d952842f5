/** A section about what a stage made: dimmed while the stage has not yet answered the newest request. */
import { isStale } from "../../state/resultStore.ts";
import type { StageName } from "../../experiment/results.ts";
import { Section } from "../kit/Section.tsx";
import type { SectionProps } from "../kit/Section.tsx";
import { useResults } from "./stores.ts";

export function ResultSection({ stage, ...section }: SectionProps & { readonly stage: StageName }) {
  const stale = useResults((s) => isStale(s, stage));
  return <Section {...section} isStale={stale} />;
}
