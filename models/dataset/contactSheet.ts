/**
 * Draws docs/phantoms.png, twelve phantoms with captions: node models/dataset/contactSheet.ts docs/phantoms.png
 *
 * With --real FOLDER (pictures and an index.csv with a column `file`) twelve radiographs stand beside them, for judging what still
 * tells the two apart; such a sheet holds other people's pictures and stays out of the repository.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { encode } from "fast-png";
import { OptionError, readOptions } from "../../scripts/options.mjs";
import { openRadiograph } from "../../src/cli/files.ts";
import { toModelInput } from "../../src/image/modelInput.ts";
import { defaultVoi } from "../../src/image/voi.ts";
import { renderPhantom } from "../../src/phantom/phantom.ts";
import type { Phantom } from "../../src/phantom/phantom.ts";
import type { PhantomSpec } from "../../src/phantom/spec.ts";

const TILE = 296;
const CAPTION = 37;
const GAP = 8;
const COLUMNS = 4;

const CASES: readonly PhantomSpec[] = [
  { seed: 11, findings: [] },
  { seed: 7, findings: [{ kind: "effusion", side: "left", amount: 500 }] },
  { seed: 21, findings: [{ kind: "pneumothorax", side: "right", amount: 32 }] },
  { seed: 34, findings: [{ kind: "cardiomegaly", amount: 0.62 }] },
  { seed: 45, findings: [{ kind: "consolidation", side: "right", amount: 0.8 }] },
  { seed: 52, findings: [{ kind: "nodule", side: "right", amount: 28 }] },
  {
    seed: 63,
    findings: [{ kind: "edema", amount: 0.75 }],
    patient: { view: "AP", portable: true },
  },
  { seed: 17, findings: [{ kind: "atelectasis", side: "left", amount: 26 }] },
  { seed: 23, findings: [{ kind: "fracture", side: "left", amount: 9 }] },
  { seed: 29, findings: [{ kind: "hernia", amount: 70 }] },
  { seed: 78, findings: [{ kind: "pacemaker", side: "left", amount: 2 }] },
  {
    seed: 88,
    findings: [
      { kind: "tube", amount: 45 },
      { kind: "line", side: "right", amount: 30 },
      { kind: "effusion", side: "right", amount: 900 },
    ],
    patient: { view: "AP", portable: true },
  },
];

/** Capitals and figures of 5 x 7 dots: seven rows as base-32 digits, high bit left. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: "ehhvhhh",
  B: "uhhuhhu",
  C: "ehggghe",
  D: "uhhhhhu",
  E: "vgguggv",
  F: "vgguggg",
  G: "ehgnhhe",
  H: "hhhvhhh",
  I: "e44444e",
  J: "72222ic",
  K: "hikokih",
  L: "ggggggv",
  M: "hrllhhh",
  N: "hhpljhh",
  O: "ehhhhhe",
  P: "uhhuggg",
  R: "uhhukih",
  S: "fgge11u",
  T: "v444444",
  U: "hhhhhhe",
  V: "hhhhha4",
  W: "hhhllla",
  X: "hha4ahh",
  Y: "hha4444",
  0: "ehjlphe",
  1: "4c4444e",
  2: "eh1248v",
  3: "v2421he",
  4: "26aiv22",
  5: "vgu11he",
  6: "68guhhe",
  7: "v124888",
  8: "ehhehhe",
  9: "ehhf12c",
  ".": "00000cc",
  ",": "0000448",
};

/** The findings, two to a line, then the patient. */
function captionOf({ findings, patient }: Phantom): readonly string[] {
  const found = findings.map(({ kind, side, amount, unit }) => {
    const measure = ["severity", "fraction"].includes(unit) ? `${amount}` : `${amount} ${unit}`;
    return `${side ?? ""} ${kind} ${measure}`.trim();
  });
  const who = `${patient.sex}, ${patient.age} years, ${patient.portable ? "portable " : ""}${patient.view}`;
  const lines = [found.slice(0, 2).join(", ") || "no finding", found.slice(2).join(", "), who];
  return lines.filter((line) => line !== "");
}

function write(
  sheet: Uint8Array,
  width: number,
  text: string,
  [left, top]: readonly [number, number],
): void {
  [...text.toUpperCase()].forEach((letter, k) => {
    [...(GLYPHS[letter] ?? "0000000")].forEach((digit, row) => {
      const dots = Number.parseInt(digit, 32);
      for (let col = 0; col < 5; col++) {
        if ((dots >> (4 - col)) & 1) sheet[(top + row) * width + left + 6 * k + col] = 225;
      }
    });
  });
}

/** Up to `count` pictures of a folder with an index.csv (column `file`), evenly spread, as the lab would give them to a model. */
async function readReal(folder: string, count: number): Promise<Float32Array[]> {
  const [head = "", ...lines] = readFileSync(path.join(folder, "index.csv"), "utf8")
    .trim()
    .split(/\r?\n/);
  const column = head.split(",").indexOf("file");
  if (column < 0) throw new Error(`${folder}/index.csv has no column "file".`);
  const chosen = Array.from({ length: Math.min(count, lines.length) }, (_, k) =>
    Math.floor(((k + 0.5) * lines.length) / count),
  );
  return Promise.all(
    chosen.map(async (k) => {
      const radiograph = await openRadiograph(path.join(folder, lines[k]!.split(",")[column]!));
      return toModelInput(radiograph, { voi: defaultVoi(radiograph), size: TILE }).data;
    }),
  );
}

function draw(image: Float32Array, left: number, top: number): void {
  for (let i = 0; i < TILE; i++) {
    for (let j = 0; j < TILE; j++) {
      sheet[(top + i) * width + left + j] = Math.round(255 * image[i * TILE + j]!);
    }
  }
}

const { target, realFolder } = readOptions(
  "Usage: contactSheet.ts FILE.png [--real FOLDER]",
  (args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { real: { type: "string" } },
      allowPositionals: true,
    });
    const [file] = positionals;
    if (file === undefined) throw new OptionError("Name the picture to write");
    return { target: file, realFolder: values.real };
  },
);
const real = realFolder === undefined ? [] : await readReal(realFolder, CASES.length);
const width = COLUMNS * (real.length > 0 ? 2 : 1) * (TILE + GAP) + GAP;
const height = Math.ceil(CASES.length / COLUMNS) * (TILE + CAPTION + GAP) + GAP;
const sheet = new Uint8Array(width * height).fill(14);
CASES.forEach((spec, k) => {
  const phantom = renderPhantom(spec, TILE);
  const left = GAP + (k % COLUMNS) * (TILE + GAP);
  const top = GAP + Math.floor(k / COLUMNS) * (TILE + CAPTION + GAP);
  draw(phantom.image, left, top);
  captionOf(phantom).forEach((line, n) => {
    write(sheet, width, line, [left + 2, top + TILE + 4 + 11 * n]);
  });
  if (real[k]) draw(real[k], left + COLUMNS * (TILE + GAP), top);
});
writeFileSync(target, encode({ width, height, data: sheet, channels: 1, depth: 8 }));
