/** A section about what a stage made: dimmed while the stage has not yet answered the newest request. */
import { isStale } from "../../state/resultStore.ts";
import type { StageName } from "../../experiment/results.ts";
import { Section } from "../kit/Section.tsx";
import type { SectionProps } from "../kit/Section.tsx";
import { useResults } from "./stores.ts";

export function ResultSection({ stage, ...section }: SectionProps & { readonly stage: StageName }) {
  // The second reading comes later than the first: what is said of both is as old as the older of them.
  const stale = useResults(
    (s) => isStale(s, stage) || (stage === "readout" && isStale(s, "clean")),
  );
  return <Section {...section} isStale={stale} />;
}
