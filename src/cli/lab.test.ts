import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { decode as decodePng } from "fast-png";
import { afterAll, expect, test } from "vitest";
import { TAG, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "lab-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const inFolder = (name: string): string => path.join(FOLDER, name);

function lab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(
    process.execPath,
    ["--no-warnings", path.join(import.meta.dirname, "lab.ts"), ...args],
    { encoding: "utf8" },
  );
}

function savedFile(name: string, bytes: Uint8Array): string {
  const file = inFolder(name);
  writeFileSync(file, bytes);
  return file;
}

// 2 x 3 pixels of 12 bits; the hash is sha256 of the six int32, computed with Python's hashlib.
const PIXELS = [0, 1, 2, 1000, 2000, 4095];
const RAW_SHA256 = "1e5a08b0cb918644c373f3a9927c5e2843e739901ce70eefa48655c09e50e073";

const smallDicom = (): Uint8Array =>
  dicomFile({ ...imageElements(2, 3, 12), [TAG.pixelData]: words(PIXELS) });

test("decode prints size and hashes of each file, and nothing of the patient", () => {
  const { status, stdout, stderr } = lab("decode", savedFile("a.dcm", smallDicom()));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const line = JSON.parse(stdout) as Record<string, unknown>;
  expect(line).toMatchObject({ rows: 2, cols: 3, rawSha256: RAW_SHA256 });
  expect(line["displaySha256"]).toMatch(/^[0-9a-f]{64}$/);
  expect(line["notices"]).toBeInstanceOf(Array);
  expect(stdout).not.toMatch(/CANARY/);
});

test("decode refuses a bad file on both channels and goes on to the next", () => {
  const { status, stdout, stderr } = lab(
    "decode",
    savedFile("empty.dcm", new Uint8Array(0)),
    inFolder("missing.dcm"),
    savedFile("b.dcm", smallDicom()),
  );
  expect(status).toBe(2);
  const lines = stdout
    .trim()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { error?: { code: string; message: string }; rows?: number },
    );
  expect(lines.map((line) => line.error?.code)).toEqual(["file-empty", "not-found", undefined]);
  expect(lines[2]!.rows).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(2);
});

test("phantom writes the picture and the mask of its findings, the same every time", () => {
  const draw = (name: string, ...rest: string[]) =>
    lab("phantom", "--seed", "7", "--size", "96", "--out", inFolder(name), ...rest);
  const first = draw("p.png", "--finding", "effusion:left:700", "--mask", inFolder("m.png"));
  expect(first.stderr).toBe("");
  const summary = JSON.parse(first.stdout) as { findings: unknown[]; report: string[] };
  expect(summary.findings).toMatchObject([{ kind: "effusion", side: "left", amount: 700 }]);
  const picture = decodePng(readFileSync(inFolder("p.png")));
  const mask = decodePng(readFileSync(inFolder("m.png")));
  expect([picture.width, picture.height, picture.channels, picture.depth]).toEqual([96, 96, 1, 8]);
  // A left effusion lies in the right half of the picture, low down.
  const share = (keep: (x: number, y: number) => boolean) =>
    Array.from(mask.data).reduce(
      (sum, v, i) => sum + (keep(i % 96, Math.floor(i / 96)) ? v : 0),
      0,
    );
  expect(share((x) => x >= 48)).toBeGreaterThan(10 * share((x) => x < 48));
  expect(share((_, y) => y >= 48)).toBeGreaterThan(2 * share((_, y) => y < 48));

  draw("again.png", "--finding", "effusion:left:700");
  expect(readFileSync(inFolder("again.png"))).toEqual(readFileSync(inFolder("p.png")));
  draw("healthy.png");
  expect(readFileSync(inFolder("healthy.png"))).not.toEqual(readFileSync(inFolder("p.png")));
});

test.each([
  [["phantom", "--seed", "1"], 1, "phantom needs --seed N and --out F.png."],
  [["phantom", "--seed", "x", "--out", "a"], 1, '--seed is "x"'],
  [["phantom", "--seed", "1", "--out", "a", "--finding", "gout"], 1, 'there is no "gout"'],
  [["phantom", "--seed", "1", "--out", "a", "--finding", "effusion:up"], 1, "KIND:side:amount"],
  [["phantom", "--seed", "1", "--out", "a", "--finding", "effusion:left:1"], 2, "from 100 to 1500"],
  [["phantom", "--seed", "1", "--out", "/no/such/folder/a.png"], 2, "can't be written"],
  [["decode"], 1, "decode needs a file"],
  [["decode", "--fast"], 1, "--fast"],
  [["diagnose"], 1, 'There is no verb "diagnose"'],
])("lab %j ends with %i and one sentence", (args, expected, sentence) => {
  const { status, stdout, stderr } = lab(...args);
  expect(status).toBe(expected);
  expect(stdout).toBe("");
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("help names every verb and every finding", () => {
  const { status, stdout } = lab("--help");
  expect(status).toBe(0);
  for (const word of [
    "run SPEC.json",
    "decode FILE",
    "phantom --seed",
    "ask FILE",
    ...FINDING_KINDS,
  ]) {
    expect(stdout).toContain(word);
  }
});

test("help of one verb is about that verb, and the version is said", () => {
  const { stdout, status } = lab("decode", "--help");
  expect(status).toBe(0);
  expect(stdout).toContain("lab -- decode FILE");
  expect(stdout).not.toContain("lab -- phantom");
  expect(JSON.parse(lab("--version").stdout)).toMatchObject({
    lab: expect.stringMatching(/^\d+\.\d+/) as unknown,
  });
});

test("an option that is given twice is refused, not half ignored", () => {
  const { status, stderr } = lab("phantom", "--seed", "1", "--seed", "2", "--out", "x.png");
  expect(status).toBe(1);
  expect(stderr).toContain("--seed is given twice");
});

test("a reader who has seen enough of a list, as head has, gets no stack", () => {
  const file = path.join(import.meta.dirname, "lab.ts");
  const { status, stderr } = spawnSync(
    "bash",
    ["-o", "pipefail", "-c", `"$0" --no-warnings "$1" list | head -c 20`, process.execPath, file],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
