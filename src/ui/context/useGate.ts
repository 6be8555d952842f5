/** The gate before an answer: a film of the reader's that is unlike all that the model knows, until the reader lets it pass. */
import type { Population } from "../../experiment/results.ts";
import { useCases, useExperiment, useResults } from "./stores.ts";

/** What holds it back; null where the gate is open. */
export function useGate(): Population | null {
  const film = useExperiment(({ spec }) => (spec.case.kind === "file" ? spec.case.sha256 : null));
  const isPassed = useCases((s) => film !== null && s.passed.includes(film));
  const place = useResults(({ stages: { clean } }) => {
    const asked = clean?.spec.case;
    return asked?.kind === "file" && asked.sha256 === film ? clean?.payload.population : undefined;
  });
  return place?.isFar && !isPassed ? place : null;
}
