/** A film comes to hand: kept by the page, known to the engine, and what is let go for it is forgotten by both. */
import type { Radiograph } from "../image/radiograph.ts";
import type { CaseStore } from "./caseStore.ts";
import type { EnginePort } from "./connectEngine.ts";

export function takeFilm(
  {
    cases,
    engine,
  }: {
    readonly cases: CaseStore;
    readonly engine: Pick<EnginePort, "addRadiograph" | "forgetRadiograph">;
  },
  sha256: string,
  film: Radiograph,
): void {
  for (const gone of cases.getState().add(sha256, film)) engine.forgetRadiograph(gone);
  engine.addRadiograph(film);
}
