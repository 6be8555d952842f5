/** Films of a reader's folders that can't be read, as long as the page is open: a study's rows about one say why. */
import { fromErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";

const broken = new Map<string, LabErrorData>();

export function keepBroken(films: ReadonlyMap<string, LabErrorData>): void {
  for (const [sha256, error] of films) broken.set(sha256, error);
}

export function isBroken(sha256: string): boolean {
  return broken.has(sha256);
}

/** @throws LabError what was wrong with the film that the experiment is about, where it could not be read */
export function checkReadable({ case: about }: Pick<ExperimentSpec, "case">): void {
  const error = about.kind === "file" ? broken.get(about.sha256) : undefined;
  if (error) throw fromErrorData(error);
}
