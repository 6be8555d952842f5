/** `lab study import`: a question set of other people as a study, with what can't be asked said row by row. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { toErrorData } from "../../errors/labError.ts";
import { namesOf } from "../../study/imageNames.ts";
import { questionStudy, readQuestionSet } from "../../study/questionSet.ts";
import { othersLeftOut } from "../../image/radiograph.ts";
import { openRadiograph, readBytes } from "../files.ts";
import { UsageError, parseCommandLine } from "../usageError.ts";
import { say } from "./running.ts";
import { namesIn } from "./studyFile.ts";

export async function importCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: { films: { type: "string" }, out: { type: "string" } },
    allowPositionals: true,
  });
  const [source] = positionals;
  const { films, out } = values;
  if (source === undefined || positionals.length > 1 || films === undefined || out === undefined) {
    throw new UsageError(
      "study import needs a question set, a folder and a file: lab study import QUESTIONS.csv --films DIR --out STUDY.json.",
    );
  }
  const text = new TextDecoder().decode(await readBytes(source));
  const places = new Map<string, string>();
  const hashOf = await filmFinder(films, places);
  const set = await readQuestionSet(text, hashOf);
  for (const { row, message } of set.unmapped) say(`Row ${row}: ${message}`);
  const study = questionStudy(path.parse(source).name, set);
  const root = path.dirname(out);
  const cases = [
    {
      kind: "files" as const,
      files: set.files.map((file) => ({
        ...file,
        path: path.relative(root, places.get(file.sha256)!).split(path.sep).join("/"),
      })),
    },
  ];
  await writeFile(out, `${JSON.stringify({ ...study, cases }, null, 2)}\n`);
  print({
    study: out,
    questions: set.files.length,
    paraphrases: set.files.reduce((sum, { paraphrases = [] }) => sum + paraphrases.length, 0),
    films: places.size,
    unmapped: set.unmapped,
  });
}

/** Reads only the films that are named, each once. @param places gets where each lies, by hash */
async function filmFinder(
  folder: string,
  places: Map<string, string>,
): Promise<(image: string) => Promise<string | undefined>> {
  const byName = namesOf(await namesIn(folder), (name) => name);
  const known = new Map<string, Promise<string | undefined>>();
  const read = async (name: string): Promise<string | undefined> => {
    const file = path.join(folder, name);
    try {
      const { rawSha256, frame } = await openRadiograph(file);
      if (frame) say(`Left out of ${file}: ${othersLeftOut(frame)}`);
      if (!places.has(rawSha256)) places.set(rawSha256, file);
      return rawSha256;
    } catch (error) {
      say(`${file}: ${toErrorData(error).message}`);
      return undefined;
    }
  };
  return (image) => {
    const name = byName(image);
    if (name === undefined) return Promise.resolve(undefined);
    const hash = known.get(name) ?? read(name);
    known.set(name, hash);
    return hash;
  };
}
