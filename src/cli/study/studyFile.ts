/** A study from disk: its JSON, and the films that its folders hold, by the hash of their stored pixels. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { LabError, toErrorData } from "../../errors/labError.ts";
import { parseStudy } from "../../study/schema.ts";
import { decodeStudyLink } from "../../study/studyLink.ts";
import type { Study, StudyFile } from "../../study/schema.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { othersLeftOut } from "../../image/radiograph.ts";
import { openRadiograph, readBytes } from "../files.ts";
import { boxesFrom, boxesOf } from "../../study/boxesCsv.ts";
import { labelsFrom } from "../../study/labelsCsv.ts";
import { withOwnModels } from "./ownModels.ts";
import type { OwnModels } from "./ownModels.ts";

/** A picture in a file on this disk. */
export interface FilmPlace {
  readonly file: string;
  /** From 1. */
  readonly frame: number;
}

export interface OpenedStudy {
  /** Without folders and without paths: what may be kept beside the rows and sent to others. */
  readonly study: Study;
  /** Where each film lies, by hash. */
  readonly files: ReadonlyMap<string, FilmPlace>;
  /** Readers' own models that it asks. */
  readonly models: OwnModels;
  /** Files of a folder that are no films, or have more pictures than are taken, each with the sentence that says so. */
  readonly skipped: readonly SkippedFile[];
  /** Films of a folder that can't be read: each of their rows fails with that sentence. */
  readonly failing: readonly SkippedFile[];
}

interface SkippedFile {
  readonly file: string;
  readonly message: string;
}

/** @param file or a link to a study. @throws LabError "not-found" | "spec-invalid" | "link-invalid" | a "file-*" code for a listed file and a "model-*" code for a model that can't be read */
export async function openStudy(file: string): Promise<OpenedStudy> {
  const link = /#s\d+\..*$/s.exec(file)?.[0];
  if (link !== undefined) return resolved(decodeStudyLink(link), process.cwd());
  return resolved(parseStudy(await jsonOf(file)), path.dirname(file));
}

export async function jsonOf(file: string): Promise<unknown> {
  const bytes = await readBytes(file);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LabError("spec-invalid", `${file} is not JSON.`, {
      hint: "examples/study-small.json is a whole study.",
      cause,
    });
  }
}

/** Paths are relative to the folder of the study. */
async function resolved(study: Study, root: string): Promise<OpenedStudy> {
  const files = new Map<string, FilmPlace>();
  const skipped: SkippedFile[] = [];
  const failing: SkippedFile[] = [];
  const cases: Study["cases"] = [];
  for (const set of study.cases) {
    if (set.kind === "files") {
      for (const { sha256, path: listed, frame } of set.files) {
        if (listed !== undefined)
          files.set(sha256, await checked(path.resolve(root, listed), sha256, frame));
      }
      cases.push({ ...set, files: set.files.map(withoutPlace) });
    } else if (set.kind === "folder") {
      const folder = path.resolve(root, set.path);
      const labels =
        set.labels === undefined ? new Map() : labelsFrom(await textOf(root, set.labels));
      const boxes = set.boxes === undefined ? undefined : boxesFrom(await textOf(root, set.boxes));
      const found: StudyFile[] = [];
      const broken: SkippedFile[] = [];
      for (const name of await namesIn(folder)) {
        const file = path.join(folder, name);
        try {
          const { rawSha256: sha256, frame } = await openRadiograph(file);
          const known = labels.get(name) ?? labels.get(path.basename(name));
          const marked = boxes && boxesOf(boxes, name);
          if (!files.has(sha256)) {
            found.push({ sha256, ...known, ...(marked && { boxes: [...marked] }) });
          }
          files.set(sha256, { file, frame: 1 });
          if (frame) skipped.push({ file, message: othersLeftOut(frame) });
        } catch (error) {
          const { message } = toErrorData(error);
          const sha256 = await brokenName(file, error);
          if (sha256 === undefined) skipped.push({ file, message });
          else {
            if (!files.has(sha256)) found.push({ sha256 });
            files.set(sha256, { file, frame: 1 });
            broken.push({ file, message });
          }
        }
      }
      if (found.length === broken.length) {
        throw new LabError(
          "spec-invalid",
          `The folder ${set.path} holds no film that can be read.`,
          {
            hint: [...broken, ...skipped][0]?.message ?? "It is empty.",
          },
        );
      }
      cases.push({ kind: "files", files: found });
      failing.push(...broken);
    } else {
      cases.push(set);
    }
  }
  const own = await withOwnModels(study, root);
  return { study: { ...own.study, cases }, files, models: own.models, skipped, failing };
}

/** The films in a folder that workers share, by the hash of their pixels, whatever they are called: every picture of every file. */
export async function filmsIn(folder: string): Promise<ReadonlyMap<string, FilmPlace>> {
  const films = new Map<string, FilmPlace>();
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name);
    let count = 1;
    for (let frame = 1; frame <= count; frame++) {
      try {
        const film = await openRadiograph(file, { frame: frame - 1 });
        count = film.frame?.count ?? count;
        films.set(film.rawSha256, { file, frame });
      } catch (error) {
        const sha256 = frame === 1 ? await brokenName(file, error) : undefined;
        if (sha256 !== undefined) films.set(sha256, { file, frame });
      }
    }
  }
  return films;
}

/** A film that can't be read is a case whose rows say why, named by its bytes; undefined for what was never a film. */
async function brokenName(file: string, error: unknown): Promise<string | undefined> {
  if (toErrorData(error).code === "file-unknown-format") return undefined;
  return sha256Hex(await readBytes(file));
}

function withoutPlace({ path: _path, frame: _frame, ...file }: StudyFile): StudyFile {
  return file;
}

async function checked(file: string, sha256: string, frame = 1): Promise<FilmPlace> {
  const { rawSha256, frame: at } = await openRadiograph(file, { sha256, frame: frame - 1 });
  if (rawSha256 === sha256) return { file, frame: (at?.index ?? 0) + 1 };
  throw new LabError(
    "file-mismatch",
    `The study names another picture: ${file} has pixel hash ${rawSha256.slice(0, 12)}, not ${sha256.slice(0, 12)}.`,
  );
}

async function textOf(root: string, file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path.resolve(root, file)));
}

/** Files below a folder in a fixed order, with forward slashes; hidden ones left out. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw new LabError("not-found", `There is no folder ${folder}.`, { cause });
  });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => !/\.(csv|json|txt|md)$/i.test(name))
    .sort();
}
