// The whole way of a study on disk: run, stop, go on, shards, merge, report; through the verb's own arguments, and through
// the command line where a process is what is tested.
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { toErrorData } from "../errors/labError.ts";
import { phantomVerb } from "./phantomVerb.ts";
import { runVerb } from "./runVerb.ts";
import { studyVerb } from "./studyVerb.ts";

type Json = Record<string, unknown>;

const FOLDER = mkdtempSync(path.join(tmpdir(), "study-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));
// Each starts several processes that load a model: on a busy machine that is a minute, and nothing here is about time.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const LAB = ["--no-warnings", path.join(import.meta.dirname, "lab.ts")];
const at = (...names: string[]) => path.join(FOLDER, ...names);

/** A command line of `lab study` in this process: what it prints, what it says, and with what code it would end. */
async function study(...args: string[]) {
  let stderr = "";
  let printed: Json = {};
  const said = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const code = process.exitCode;
  try {
    await studyVerb(args, (value) => (printed = value as Json));
  } catch (error) {
    const { message, hint } = toErrorData(error);
    stderr += `${[message, hint].filter(Boolean).join(" ")}\n`;
  } finally {
    said.mockRestore();
    process.exitCode = code;
  }
  return { stderr, printed };
}

/** Each worker opens a model of its own: one is enough where it is not the pool that is tested. */
const ONE = ["--workers", "1"];

/** Twelve cheap runs: four phantoms under three doses. */
const STUDY = {
  format: "penumbra-study",
  version: 1,
  name: "Doses",
  base: {
    question: "Is there a pleural effusion?",
    stack: [{ id: "noise", type: "perturbation", perturbation: "quantumNoise" }],
  },
  cases: [{ kind: "phantoms", firstSeed: 40, count: 4, findings: "balanced" }],
  axes: [{ name: "dose", kind: "field", path: "stack[noise].params.severity", values: [0, 2, 5] }],
  measures: ["correct", "flip", "lost", "score", "corrected"],
};

function saved(name: string, study: unknown): string {
  writeFileSync(at(name), JSON.stringify(study));
  return at(name);
}

function rowsIn(folder: string): Json[] {
  const text = readFileSync(at(folder, "rows.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);
}

/** All but what differs between two runs. */
const numbers = (rows: readonly Json[]) =>
  rows.map((row) => ({ ...row, elapsedMs: null, latency: null }));

let file: string;
beforeAll(async () => {
  file = saved("study.json", STUDY);
  // On two workers: everything after it runs on one, and the rows are the same.
  expect(await study("run", file, "--out", at("whole"), "--workers", "2")).toMatchObject({
    printed: { rows: 12, of: 12, made: 12, failed: 0, stopped: null },
  });
});

test("rows are flat, in the plan's order, and the same as `lab run` of one of them", async () => {
  const rows = rowsIn("whole");
  expect(rows.map((row) => [row["case"], row["dose"]])).toEqual(
    [40, 41, 42, 43].flatMap((seed) => [0, 2, 5].map((dose) => [`phantom ${seed}`, dose])),
  );
  expect(rows.map(({ truth }) => truth)).toEqual(
    ["yes", "no", "yes", "no"].flatMap((truth) => [truth, truth, truth]),
  );
  expect(rows[0]).toMatchObject({ flip: false, l2: 0, ssim: 1, psnr: null, errorCode: null });
  const row = rows[5]!;
  let printed: Json = {};
  const spec = saved("row.json", JSON.parse(String(row["spec"])));
  await runVerb([spec], (value) => (printed = value as Json));
  const results = printed["results"] as Record<"clean" | "readout" | "metrics", Json>;
  // Bit for bit, though the row was made on one thread and this run on all of them.
  expect([row["marginClean"], row["margin"], row["featureCosine"], row["l2"]]).toEqual([
    (results.clean["answer"] as Json)["margin"],
    (results.readout["answer"] as Json)["margin"],
    results.metrics["featureCosine"],
    results.metrics["l2"],
  ]);
});

test("Parquet holds the same table with types", async () => {
  const buffer = await asyncBufferFromFile(at("whole", "rows.parquet"));
  expect(await parquetReadObjects({ file: buffer })).toEqual(rowsIn("whole"));
  const { schema } = await parquetMetadataAsync(buffer);
  const types = Object.fromEntries(schema.map(({ name, type }) => [name, type]));
  expect(types).toMatchObject({ dose: "DOUBLE", flip: "BOOLEAN", corrected: "BYTE_ARRAY" });
});

test("DuckDB reads the Parquet as the rows are, and counts in it", async () => {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  const table = `read_parquet('${at("whole", "rows.parquet")}')`;
  const all = await connection.runAndReadAll(`select * from ${table}`);
  expect(all.getRowObjectsJS()).toEqual(rowsIn("whole"));
  const counted = await connection.runAndReadAll(
    `select dose, count(*) filter (flip) as flips from ${table} group by dose order by dose`,
  );
  const flips = (dose: number) =>
    rowsIn("whole").filter((row) => row["dose"] === dose && row["flip"] === true).length;
  expect(counted.getRowObjectsJS()).toEqual(
    [0, 2, 5].map((dose) => ({ dose, flips: BigInt(flips(dose)) })),
  );
  connection.closeSync();
});

/** The same phantoms and then so many more that a run of them can't end before it is stopped. */
const ENDLESS = { ...STUDY, cases: [{ ...STUDY.cases[0]!, count: 2000 }] };

test("an interrupted run goes on where it stopped, even behind half a line", async () => {
  const endless = saved("endless.json", ENDLESS);
  const running = spawn(
    process.execPath,
    [...LAB, "study", "run", endless, "--out", at("halves"), "--workers", "1"],
    { stdio: "ignore" },
  );
  const exit = new Promise((resolve) => running.on("exit", resolve));
  const rows = at("halves", "rows.jsonl");
  while (running.exitCode === null && (!existsSync(rows) || statSync(rows).size === 0))
    await new Promise((resolve) => setTimeout(resolve, 20));
  running.kill("SIGINT");
  expect(await exit).toBe(130);
  const made = rowsIn("halves").length;
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(6000);
  appendFileSync(rows, '{"key":"0123');
  expect((await study("run", file, "--out", at("halves"))).stderr).toContain(
    `The folder halves holds ${made} rows already. --resume goes on with them`,
  );
  // The first twelve runs of the long study are the short one.
  const { printed } = await study("run", file, "--out", at("halves"), "--resume", ...ONE);
  expect(printed).toMatchObject({ rows: 12, made: Math.max(0, 12 - made), stopped: null });
  expect(numbers(rowsIn("halves"))).toEqual(numbers(rowsIn("whole")));
});

test("a new value of an axis computes only its own runs, and a value taken away loses none", async () => {
  const axes = (values: number[]) => [{ ...STUDY.axes[0], values }];
  const more = saved("more.json", { ...STUDY, axes: axes([0, 1, 5]) });
  const added = await study("run", more, "--out", at("halves"), "--resume", ...ONE);
  expect(added.printed).toMatchObject({ rows: 12, made: 4 });
  expect(rowsIn("halves").map((row) => row["dose"])).toEqual(
    Array.from({ length: 4 }, () => [0, 1, 5]).flat(),
  );
  const back = await study("run", file, "--out", at("halves"), "--resume");
  expect(back.printed).toMatchObject({ rows: 12, made: 0 });
  expect(numbers(rowsIn("halves"))).toEqual(numbers(rowsIn("whole")));
});

test("shards merge into the whole", async () => {
  for (const part of ["1/2", "2/2"]) {
    const out = at(`part-${part[0]}`);
    const { printed } = await study("run", file, "--out", out, "--shard", part, ...ONE);
    expect(printed).toMatchObject({ rows: 6, of: 12 });
  }
  const merged = await study("merge", at("part-2"), at("part-1"), "--out", at("merged"));
  expect(merged).toMatchObject({ stderr: "", printed: { rows: 12, differing: 0 } });
  expect(numbers(rowsIn("merged"))).toEqual(numbers(rowsIn("whole")));
});

test("the report is one file with its tables, its denominators and the way to repeat it", async () => {
  const { printed } = await study("report", at("whole"), "--markdown", at("report.md"));
  expect(printed).toMatchObject({ rows: 12, of: 12 });
  const html = readFileSync(at("whole", "report.html"), "utf8");
  expect(html).toContain("study run study.json");
  expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)=/);
  expect(html).toContain("Plotly.newPlot");
  expect(html).not.toContain(FOLDER);
  for (const title of ["Scorecard", "What a department would see", "Explanations of wrong"]) {
    expect(html).toContain(title);
  }
  // Nobody switched the faithfulness measurement on.
  expect(html).toContain("not measured");
  // A measured axis leads to its table.
  const leads = [...html.matchAll(/<a href="#([^"]+)"/g)].map(([, id]) => id!);
  expect(leads).toEqual(expect.arrayContaining(["measure-lost", "reading-flipRisk"]));
  for (const id of leads) expect(html).toContain(`id="${id}"`);
  const markdown = readFileSync(at("report.md"), "utf8");
  const right = rowsIn("whole").filter((row) => row["dose"] === 0 && row["correct"]).length;
  expect(markdown).toMatch(new RegExp(`\\| 0 \\| .*, ${right} of 4 \\|`));
  expect(markdown).toContain("AUC of the score for yes");
});

test("a folder of films with a table of labels; what is no film is named, and no path is kept", async () => {
  mkdirSync(at("films"));
  for (const [name, finding] of [
    ["a.png", "effusion:left:900"],
    ["b.png", "cardiomegaly"],
  ] as const) {
    const out = at("films", name);
    const drawn = ["--seed", "3", "--size", "256", "--finding", finding, "--out", out];
    await phantomVerb(drawn, () => undefined);
  }
  writeFileSync(at("films", "c.dcm"), "no film");
  writeFileSync(at("films", "d.png"), readFileSync(at("films", "a.png")).subarray(0, 900));
  writeFileSync(at("labels.csv"), "file,effusion\na.png,1\nb.png,0\n");
  const films = saved("films.json", {
    ...STUDY,
    cases: [{ kind: "folder", path: "films", labels: "labels.csv" }],
    axes: [],
  });
  const { printed, stderr } = await study("run", films, "--out", at("ofFilms"), ...ONE);
  expect(printed).toMatchObject({ rows: 3, failed: 1 });
  expect(stderr).toMatch(/Left out .*c\.dcm: /);
  expect(stderr).toMatch(/Its rows will fail: .*d\.png: This PNG image is cut off/);
  const rows = rowsIn("ofFilms");
  expect(rows.map((row) => row["truth"])).toEqual(["yes", "no", null]);
  expect(rows.map((row) => row["errorCode"])).toEqual([null, null, "file-truncated"]);
  expect(rows[2]!["error"]).toMatch(/^This PNG image is cut off/);
  for (const kept of ["study.json", "rows.jsonl"]) {
    expect(readFileSync(at("ofFilms", kept), "utf8")).not.toMatch(/films|\.png/);
  }
});

test("a question set is asked of the films it names; what can't be asked is said row by row", async () => {
  const question = "Is there a pleural effusion?";
  writeFileSync(
    at("asked.csv"),
    [
      "image,question,paraphrases,phenomenon,label",
      `a,${question},Is the film free of pleural effusion?,negation,yes`,
      `missing.png,${question},,,no`,
      "",
    ].join("\n"),
  );
  const imported = await study(
    "import",
    at("asked.csv"),
    "--films",
    at("films"),
    "--out",
    at("asked.json"),
  );
  expect(imported.printed).toMatchObject({ questions: 1, paraphrases: 1, unmapped: [{ row: 3 }] });
  expect(imported.stderr.trim()).toBe('Row 3: There is no film "missing.png" that can be read.');
  const out = ["--out", at("ofQuestions"), ...ONE];
  const { printed } = await study("run", at("asked.json"), ...out);
  expect(printed).toMatchObject({ rows: 2, failed: 0 });
  expect(rowsIn("ofQuestions").map((row) => [row["phenomenon"], row["truth"]])).toEqual([
    ["original", "yes"],
    ["negation", "no"],
  ]);
});

test("a model that is not there makes rows that say so, once", async () => {
  const odd = saved("odd.json", {
    ...STUDY,
    cases: [{ kind: "phantoms", firstSeed: 1, count: 1, findings: "sampled" }],
    axes: [{ name: "system", kind: "model", models: [{ id: "nobody" }, { id: "base" }] }],
  });
  const run = async (...more: string[]) =>
    (await study("run", odd, "--out", at("odd"), ...ONE, ...more)).printed;
  expect(await run()).toMatchObject({ rows: 2, made: 2, failed: 1 });
  expect(rowsIn("odd")[0]).toMatchObject({
    errorCode: "model-not-found",
    error: expect.stringContaining('There is no model "nobody".'),
    flip: null,
  });
  expect(await run("--resume")).toMatchObject({ made: 0 });
  expect(await run("--resume", "--retry-failed")).toMatchObject({ made: 1, failed: 1 });
  expect(rowsIn("odd")).toHaveLength(2);
});

test("--plan says the size and runs nothing", async () => {
  const { printed, stderr } = await study("run", file, "--plan", ...ONE);
  expect(printed).toMatchObject({ cases: 4, rows: 12, toDo: 12, encoderPasses: 4 * 9 });
  expect(stderr).toMatch(/12 runs of 4 cases; 12 to do here, about .* s on \d+ worker/);
});

test.each([
  [[], "study needs what to do: run, "],
  [["run"], "lab study run STUDY.json --out DIR"],
  [["run", "STUDY", "--out", "x", "--shard", "3/2"], '--shard is "3/2"'],
  [["run", "STUDY", "--out", "x", "--workers", "0"], '--workers is "0"'],
  [["run", "STUDY", "--out", "x", "--backend", "gpu"], "native or wasm"],
  [["report", "nowhere"], "There are no rows in nowhere."],
  [["merge"], "study merge needs folders"],
])("lab study %j says what is wrong in one sentence", async (args, sentence) => {
  const { stderr, printed } = await study(...args.map((arg) => (arg === "STUDY" ? file : arg)));
  expect(printed).toEqual({});
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("a study that is not there ends the process with 2 and one sentence", () => {
  const args = ["study", "run", "no.json", "--out", "x"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...LAB, ...args], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^There is no file no\.json\.[^\n]*\n$/);
});
