/** A folder of the reader's films as cases of a study: decoded here, named by their pixels, and never sent anywhere. */
import { LabError, toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { othersLeftOut } from "../../image/radiograph.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { namesOf } from "../../study/imageNames.ts";
import { boxesFrom, boxesOf, marksBoxes } from "../../study/boxesCsv.ts";
import { labelsFrom } from "../../study/labelsCsv.ts";
import type { KnownOfFilm } from "../../study/labelsCsv.ts";
import { questionStudy, readQuestionSet } from "../../study/questionSet.ts";
import type { Study, StudyFile } from "../../study/schema.ts";

/** What the films of a study may take in this tab with all their copies, in bytes: those of a whole archive belong to `lab study run`. */
const MOST_BYTES = 2e9;

/** Pixels of a folder that a tab keeps at hand: four bytes each in the page, on the bench's engine, and in every lane of the study. */
export function mostPixels(lanes: number): number {
  return MOST_BYTES / (4 * (2 + lanes));
}

export interface FolderFilms {
  readonly radiographs: ReadonlyMap<string, Radiograph>;
  readonly files: readonly StudyFile[];
  /** Films among them that can't be read, by the hash of their bytes: their rows fail, and say so. */
  readonly broken: ReadonlyMap<string, LabErrorData>;
  /** The same in words, each with its name. */
  readonly failing: readonly string[];
  /** A study of the questions in the folder's table, where there is one. */
  readonly study?: Study;
  /** What was left out, each with why. */
  readonly problems: readonly string[];
}

/**
 * @param decode takes the bytes of one file
 * @param most pixels that are kept
 * @throws LabError "file-unsupported" | "spec-invalid" for a folder without films
 */
export async function readFolder(
  picked: readonly File[],
  decode: (bytes: ArrayBuffer) => Promise<Radiograph>,
  most = Infinity,
): Promise<FolderFilms> {
  const visible = picked
    .filter(({ name }) => !name.startsWith("."))
    .toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
  const problems: string[] = [];
  const radiographs = new Map<string, Radiograph>();
  const broken = new Map<string, LabErrorData>();
  const failing: string[] = [];
  const films: { readonly file: File; readonly sha256: string }[] = [];
  let pixels = 0;
  for (const file of visible.filter(({ name }) => !/\.(csv|jsonl?|txt|md)$/i.test(name))) {
    if (pixels > most) {
      problems.push(
        `${file.name}: this tab holds no more films; \`lab study run\` takes any number.`,
      );
      continue;
    }
    try {
      const radiograph = await decode(await file.arrayBuffer());
      const sha256 = radiograph.rawSha256;
      if (radiograph.frame) problems.push(`${file.name}: ${othersLeftOut(radiograph.frame)}`);
      films.push({ file, sha256 });
      if (radiographs.has(sha256)) continue;
      radiographs.set(sha256, radiograph);
      pixels += radiograph.rows * radiograph.cols;
    } catch (error) {
      const data = toErrorData(error);
      const told = `${file.name}: ${data.message}`;
      // What was never a film is no case.
      if (data.code === "file-unknown-format") {
        problems.push(told);
        continue;
      }
      const sha256 = await sha256Hex(new Uint8Array(await file.arrayBuffer()));
      broken.set(sha256, data);
      films.push({ file, sha256 });
      failing.push(told);
    }
  }
  if (radiographs.size === 0) {
    throw new LabError("not-found", "This folder holds no film that can be read.", {
      hint: [...failing, ...problems][0] ?? "It is empty.",
    });
  }
  const find = namesOf(films, ({ file }) => pathOf(file));
  const tables = visible.filter(({ name }) => /\.(csv|jsonl?)$/i.test(name));
  const labels = new Map<string, KnownOfFilm>();
  const known = (sha256: string, more: KnownOfFilm) =>
    void labels.set(sha256, { ...labels.get(sha256), ...more });
  let study: Study | undefined;
  const read = async (table: File): Promise<void> => {
    const text = await table.text();
    if (asksQuestions(text)) {
      const set = await readQuestionSet(text, async (image) => find(image)?.sha256);
      problems.push(
        ...set.unmapped.map(({ row, message }) => `${table.name}, row ${row}: ${message}`),
      );
      if (study) problems.push(`${table.name}: the questions of another table are asked already.`);
      else study = questionStudy(table.name.replace(/\.\w+$/, ""), set);
    } else if (/\.csv$/i.test(table.name) && marksBoxes(text)) {
      for (const [name, boxes] of boxesFrom(text)) {
        // Names without an ending are films too.
        const one = new Map([[name, boxes]]);
        const film = find(name) ?? films.find(({ file }) => boxesOf(one, pathOf(file)));
        if (film) known(film.sha256, { boxes: [...boxes] });
        else problems.push(`${table.name}: there is no film ${name}.`);
      }
    } else if (/\.csv$/i.test(table.name)) {
      for (const [name, told] of labelsFrom(text)) {
        const film = find(name);
        if (film) known(film.sha256, told);
        else problems.push(`${table.name}: there is no film ${name}.`);
      }
    } else {
      problems.push(`${table.name}: it holds no questions.`);
    }
  };
  for (const table of tables) {
    try {
      await read(table);
    } catch (error) {
      // The films are there whatever is wrong with a table beside them.
      problems.push(`${table.name}: ${toErrorData(error).message}`);
    }
  }
  const files = [...new Set(films.map(({ sha256 }) => sha256))].map((sha256) => ({
    sha256,
    ...labels.get(sha256),
  }));
  return { radiographs, files, broken, failing, problems, ...(study ? { study } : {}) };
}

/** Below the folder that was picked. */
function pathOf({ name, webkitRelativePath }: File): string {
  return webkitRelativePath.split("/").slice(1).join("/") || name;
}

/** A table with a column for questions and one for images; labels have a column "file" and findings. */
function asksQuestions(text: string): boolean {
  const head = /^\s*[[{]/.test(text) ? text.slice(0, 20_000) : text.slice(0, text.indexOf("\n"));
  return /question/i.test(head) && /image|dicom_id|paraphrase/i.test(head);
}
