/**
 * Draws docs/phantoms.png, twelve phantoms with captions: node models/dataset/contactSheet.ts docs/phantoms.png
 *
 * The file is an 8-bit grey PNG (ISO/IEC 15948): one IDAT, rows filtered by their left neighbour.
 */
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { renderPhantom } from "../../src/phantom/phantom.ts";
import type { Phantom, PhantomSpec } from "../../src/phantom/phantom.ts";

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

function write(sheet: Uint8Array, width: number, text: string, left: number, top: number): void {
  [...text.toUpperCase()].forEach((letter, k) => {
    [...(GLYPHS[letter] ?? "0000000")].forEach((digit, row) => {
      const dots = Number.parseInt(digit, 32);
      for (let col = 0; col < 5; col++) {
        if ((dots >> (4 - col)) & 1) sheet[(top + row) * width + left + 6 * k + col] = 225;
      }
    });
  });
}

function png(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bit depth 8, colour type 0: grey.
  header[8] = 8;
  const rows = Buffer.alloc(height * (width + 1));
  for (let i = 0; i < height; i++) {
    rows[i * (width + 1)] = 1;
    for (let j = 0; j < width; j++) {
      const left = j > 0 ? pixels[i * width + j - 1]! : 0;
      rows[i * (width + 1) + 1 + j] = (pixels[i * width + j]! - left) & 255;
    }
  }
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("usage: contactSheet.ts FILE.png");
const width = COLUMNS * (TILE + GAP) + GAP;
const height = Math.ceil(CASES.length / COLUMNS) * (TILE + CAPTION + GAP) + GAP;
const sheet = new Uint8Array(width * height).fill(14);
CASES.forEach((spec, k) => {
  const phantom = renderPhantom(spec, TILE);
  const left = GAP + (k % COLUMNS) * (TILE + GAP);
  const top = GAP + Math.floor(k / COLUMNS) * (TILE + CAPTION + GAP);
  for (let i = 0; i < TILE; i++) {
    for (let j = 0; j < TILE; j++) {
      sheet[(top + i) * width + left + j] = Math.round(255 * phantom.image[i * TILE + j]!);
    }
  }
  captionOf(phantom).forEach((line, n) => {
    write(sheet, width, line, left + 2, top + TILE + 4 + 11 * n);
  });
});
writeFileSync(target, png(sheet, width, height));
