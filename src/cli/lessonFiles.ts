/** The lessons of the page, as files. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { LESSON_IDS } from "../lesson/catalog.ts";
import { parseLesson } from "../lesson/schema.ts";
import type { Lesson } from "../lesson/schema.ts";

const FOLDER = path.join(import.meta.dirname, "../../public/lessons");

export async function bundledLesson(id: string): Promise<Lesson> {
  return parseLesson(JSON.parse(await readFile(path.join(FOLDER, `${id}.json`), "utf8")));
}

/** What `lab list lessons` prints: each lesson by the address that opens it. */
export async function lessonEntries() {
  const lessons = await Promise.all(LESSON_IDS.map(bundledLesson));
  return lessons.map(({ id, title, summary, minutes, steps }) => ({
    id,
    title: title["en"],
    summary: summary["en"],
    minutes,
    languages: Object.keys(title),
    link: `#lesson=${id}`,
    steps: steps.map((step) => step.title["en"]),
  }));
}
