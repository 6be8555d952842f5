/** The studies that come with the lab, fetched when they are asked for, and where the table stands that each gave. */
import { partMissing } from "../../host/loadPart.ts";
import { parseStudy } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";

export interface LabStudyName {
  readonly id: string;
  readonly name: string;
}

/** @throws LabError "page-outdated" where the file is not there */
export async function labStudyNames(): Promise<readonly LabStudyName[]> {
  return (await fetched("index.json")) as readonly LabStudyName[];
}

/** @throws LabError "page-outdated" where the file is not there */
export async function labStudy(id: string): Promise<Study> {
  return parseStudy(await fetched(`${id}.json`));
}

/** The table of the lab's own run of it, as Markdown. */
export function labReport(id: string): string {
  return `studies/${id}.md`;
}

async function fetched(name: string): Promise<unknown> {
  const response = await fetch(new URL(`studies/${name}`, document.baseURI)).catch(() => undefined);
  if (!response?.ok) throw partMissing();
  return response.json();
}
