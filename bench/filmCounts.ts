/**
 * `npm run bench:films -- --adults DIR --children DIR`: on how many test films each bundled model says yes to each plain
 * question, among films that readers call normal and among films that have the finding. Writes src/model/filmCounts.json, which the
 * page shows beside the answer about a reader's own film. Run it again whenever weights change: a test compares their hash.
 *
 * DIR of adults holds an index.csv with `file`, `split`, `set`, `labels`, `rsna_class` and the place of the picture within its
 * padding (`fit_width`, `fit_height`, `pad_x`, `pad_y`); normal are those that readers of the RSNA called so, and a finding is there
 * where the report mined by ChestX-ray14 names it. DIR of children holds `file`, `split` and `class` (normal, else pneumonia).
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { OptionError, parseOptions, readOptions } from "../scripts/options.mjs";
import { ROOT } from "../scripts/toolchain.mjs";
import { openRadiograph } from "../src/cli/files.ts";
import { openBundledModel } from "../src/cli/nodeLab.ts";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { modelInputOf } from "../src/experiment/source.ts";
import type { Radiograph } from "../src/image/radiograph.ts";
import { decodeAnswer } from "../src/language/answer.ts";
import { plainQuestions } from "../src/language/questionBank.ts";
import { BUNDLED_MODELS } from "../src/model/catalog.ts";
import { countKey } from "../src/model/filmCounts.ts";
import type { FilmCounts, Tally } from "../src/model/filmCounts.ts";
import { writeFormatted } from "./writeFormatted.ts";

/** The words of ChestX-ray14 that mean a finding of the lab's; as models/penumbra_models/adults.py takes them. */
const MINED: Readonly<Record<string, readonly string[]>> = {
  cardiomegaly: ["Cardiomegaly"],
  effusion: ["Effusion"],
  pneumothorax: ["Pneumothorax"],
  consolidation: ["Consolidation"],
  nodule: ["Nodule", "Mass"],
  edema: ["Edema"],
  atelectasis: ["Atelectasis"],
  hernia: ["Hernia"],
  pneumonia: ["Pneumonia"],
};

type Row = Readonly<Record<string, string>>;

/** How every bundled model takes films. */
const FIT = "area-centre-crop";

/** A film with what is known of it. */
interface Film {
  readonly population: "adult" | "child";
  readonly isNormal: boolean;
  readonly findings: readonly string[];
  read(size: number): Promise<Float32Array>;
}

const { adults, children } = readOptions(
  "Usage: npm run bench:films -- --adults DIR --children DIR",
  (args) => {
    const given = parseOptions(args, {
      adults: { type: "string" },
      children: { type: "string" },
    });
    if (given.adults && given.children) return { adults: given.adults, children: given.children };
    throw new OptionError("Name both folders");
  },
);

/** Of the normal films of a population, and of those with something on them, spread evenly over the rows. */
const MOST = { adult: 100, child: 50 };

const films = [adultFilms(adults), childFilms(children)].flatMap((all) => [
  ...spread(all.filter(({ isNormal }) => isNormal)),
  ...spread(all.filter(({ isNormal }) => !isNormal)),
]);
console.log(`${films.length} films`);
const counts: Record<string, FilmCounts> = {};
for (const { id } of BUNDLED_MODELS) {
  counts[id] = await counted(id);
  console.log(id, JSON.stringify(counts[id]));
}
await writeFormatted(path.join(ROOT, "src/model/filmCounts.json"), JSON.stringify(counts));
process.exit(0);

async function counted(id: string): Promise<FilmCounts> {
  const manifest = path.join(ROOT, "public/models", id, "manifest.json");
  const { defaultPrecision: precision } = JSON.parse(readFileSync(manifest, "utf8"));
  const model = await openBundledModel(id, precision, nodeSessions());
  const questions = plainQuestions()
    .filter((question) => countKey(question) !== undefined)
    .map((question) => ({
      question,
      prompt: model.encodePrompt(question.text),
      space: model.manifest.answerSpaces[question.answerSpace]!,
    }));
  const tallies = {
    adult: { normal: {}, present: {} } as Tallies,
    child: { normal: {}, present: {} } as Tallies,
  };
  for (const film of films) {
    const { tokens } = await model.encode(await film.read(model.manifest.input.size));
    for (const { question, prompt, space } of questions) {
      const { logits } = await model.answer(tokens, prompt);
      const { answer } = decodeAnswer(logits, space.answers, space.tokenIds, 1);
      const key = countKey(question)!;
      const { normal, present } = tallies[film.population];
      if (film.isNormal) add(normal, key, answer === "yes");
      else if (key === "normal" || film.findings.includes(key)) add(present, key, answer === "yes");
    }
  }
  const hashOf = (role: string) =>
    model.manifest.files.find((file) => file.role === role && file.precision === precision)!.sha256;
  await model.release();
  return { visionSha256: hashOf("vision"), answerSha256: hashOf("answer"), ...tallies };
}

type Tallies = Record<"normal" | "present", Record<string, Tally>>;

function add(tallies: Record<string, Tally>, key: string, isYes: boolean): void {
  const { yes, n } = tallies[key] ?? { yes: 0, n: 0 };
  tallies[key] = { yes: yes + Number(isYes), n: n + 1 };
}

function spread(all: readonly Film[]): Film[] {
  const count = Math.min(all.length, all[0] ? MOST[all[0].population] : 0);
  return Array.from({ length: count }, (_, k) => all[Math.floor((k * all.length) / count)]!);
}

function adultFilms(folder: string): Film[] {
  return rowsOf(folder)
    .filter((row) => ["rsna_normal", "nih14"].includes(row["set"]!))
    .map((row) => {
      const said = row["labels"]!.split("|");
      return {
        population: "adult" as const,
        isNormal: row["set"] === "rsna_normal" || row["rsna_class"] === "Normal",
        findings: Object.keys(MINED).filter((key) =>
          MINED[key]!.some((word) => said.includes(word)),
        ),
        read: (size: number) => picture(path.join(folder, row["file"]!), size, row),
      };
    })
    .filter(({ isNormal, findings }) => isNormal || findings.length > 0);
}

function childFilms(folder: string): Film[] {
  return rowsOf(folder).map((row) => {
    const isNormal = row["class"] === "normal";
    return {
      population: "child",
      isNormal,
      findings: isNormal ? [] : ["pneumonia"],
      read: (size: number) => picture(path.join(folder, row["file"]!), size),
    };
  });
}

/** Test films alone. */
function rowsOf(folder: string): Row[] {
  const [head, ...lines] = readFileSync(path.join(folder, "index.csv"), "utf8").trim().split("\n");
  const columns = head!.split(",");
  return lines
    .map((line) => {
      const cells = line.split(",");
      return Object.fromEntries(columns.map((name, k) => [name, cells[k] ?? ""]));
    })
    .filter(({ split }) => split === "test");
}

/** As the page gives an opened film to the model; what pads a picture to a square is no part of the film. */
async function picture(file: string, size: number, place?: Row): Promise<Float32Array> {
  const whole = await openRadiograph(file);
  const film = place ? unpadded(whole, place) : whole;
  const source = { kind: "file", sha256: "" } as const;
  return modelInputOf(source, { kind: "automatic" }, { size, resize: FIT }, () => film).image;
}

function unpadded(film: Radiograph, row: Row): Radiograph {
  const [left, top, cols, rows] = ["pad_x", "pad_y", "fit_width", "fit_height"].map((name) =>
    Number(row[name]),
  ) as [number, number, number, number];
  const values = Int32Array.from(
    { length: rows * cols },
    (_, k) => film.values[(top + Math.floor(k / cols)) * film.cols + left + (k % cols)]!,
  );
  return { ...film, rows, cols, values };
}
