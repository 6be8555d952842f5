/**
 * DICOM files drawn at random over the forms that the attributes of the grey pipeline can have: transfer syntax, depth,
 * sign, photometric interpretation, rescale or modality table, windows or VOI table, where they stand and how they are
 * written, padding, frames.
 */
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { dicomFile, imageElements, TAG, UID, words } from "../dicomBytes.ts";
import type { DicomElements, DicomValue, SequenceValue } from "../dicomBytes.ts";
import { encodeJpegLossless } from "../jpegLosslessEncoder.ts";
import { encodeRle } from "../rleEncoder.ts";
import { encodeWith } from "../wasmEncoders.ts";
import { ODD_FILES_SEED, surface } from "./oddFile.ts";
import type { OddFile } from "./oddFile.ts";

const RANDOM_FILES = 96;

export async function randomDicomFiles(): Promise<OddFile[]> {
  const files: OddFile[] = [];
  for (let i = 0; i < RANDOM_FILES; i++) {
    const random = randomStream(ODD_FILES_SEED, "dicom", String(i));
    const name = `random-${String(i).padStart(2, "0")}.dcm`;
    files.push({ name, bytes: await randomDicomFile(random) });
  }
  return files;
}

interface Picture {
  readonly rows: number;
  readonly cols: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly uid: string;
  /** Of the first frame. */
  readonly samples: readonly number[];
}

interface Range {
  readonly low: number;
  readonly high: number;
}

async function randomDicomFile(random: RandomStream): Promise<Uint8Array> {
  const bits = pick(random, [8, 10, 12, 12, 14, 16]);
  const signed = random.chance(0.3);
  const stored = signed
    ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 }
    : { low: 0, high: 2 ** bits - 1 };
  const [rows, cols] = [8 + random.integer(9), 8 + random.integer(9)];
  const uid = pick(random, Object.values(SYNTAXES));
  const samples = surface(rows, cols, stored, random);
  const picture: Picture = { rows, cols, bits, signed, uid, samples };
  const { modality, range } = modalityElements(stored, signed, random);
  const voi = voiElements(range, random);
  const elements = imageElements(rows, cols, bits, {
    [TAG.pixelRepresentation]: signed ? 1 : 0,
    [TAG.photometric]: random.chance(0.3) ? "MONOCHROME1" : "MONOCHROME2",
    ...(random.chance(0.2) ? { [TAG.presentationShape]: "INVERSE" } : {}),
    ...placed(modality, TAG.pixelValueTransformation, random),
    ...placed(voi, TAG.frameVoiLut, random),
    ...(random.chance(0.2) ? { [TAG.padding]: paddingOf(stored, random) } : {}),
    ...(await pixelElements(picture, random)),
  });
  return dicomFile(merged(elements), uid);
}

const SYNTAXES = {
  implicit: UID.implicit,
  explicit: UID.explicit,
  deflated: UID.deflated,
  bigEndian: UID.bigEndian,
  rle: UID.rle,
  jpegLossless: UID.jpegLossless,
  jpegLs: UID.jpegLs,
  jpeg2000: UID.jpeg2000,
} as const;

function pick<T>(random: RandomStream, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** Rescale or a table, and the values that come out. */
function modalityElements(
  stored: Range,
  signed: boolean,
  random: RandomStream,
): { modality: DicomElements; range: Range } {
  const kind = pick(random, ["none", "none", "whole", "negative", "fraction", "table"] as const);
  if (kind === "none") return { modality: {}, range: stored };
  if (kind === "table" && !signed) {
    const count = Math.min(1 + stored.high, 65_535);
    const entries = surface(1, count, { low: 0, high: 4095 }, random);
    const item = { [TAG.lutDescriptor]: [count, 0, 16], [TAG.lutData]: lutData(entries, random) };
    const modality = { [TAG.modalityLut]: sequence([item], random) };
    return { modality, range: { low: 0, high: 4095 } };
  }
  const slope = { whole: 1, negative: -1, fraction: 0.5, table: 2 }[kind];
  const intercept = kind === "negative" ? stored.high : random.integer(2048) - 1024;
  const ends = [stored.low * slope + intercept, stored.high * slope + intercept];
  const modality = {
    [TAG.slope]: decimal(slope, random),
    [TAG.intercept]: decimal(intercept, random),
  };
  return { modality, range: { low: Math.min(...ends), high: Math.max(...ends) } };
}

/** Decimal strings as writers pad and write them. */
function decimal(value: number, random: RandomStream): string {
  return pick(random, [
    String(value),
    ` ${value}`,
    `${value} `,
    value.toExponential(),
    value.toFixed(6),
  ]);
}

function voiElements(range: Range, random: RandomStream): DicomElements {
  const kind = pick(random, ["none", "window", "windows", "table", "table"] as const);
  if (kind === "none") return {};
  if (kind === "table") return { [TAG.voiLut]: sequence([tableItem(range, random)], random) };
  const width = (range.high - range.low) * random.between(0.3, 0.9);
  const center = (range.high + range.low) / 2;
  const several = kind === "windows";
  const number = (value: number): string => decimal(Math.round(value * 8) / 8, random);
  return {
    [TAG.windowCenter]: several ? `${number(center)}\\${number(center / 2)}` : number(center),
    [TAG.windowWidth]: several ? `${number(width)}\\${number(width / 2)}` : number(width),
    ...(random.chance(0.5)
      ? { [TAG.windowExplanation]: pick(random, ["A", "A\\B", "A\\B\\C"]) }
      : {}),
    [TAG.voiFunction]: pick(random, ["LINEAR", "LINEAR_EXACT", "SIGMOID", ""]),
  };
}

/** A table over the whole range, or over a part that starts higher. */
function tableItem({ low, high }: Range, random: RandomStream): DicomElements {
  const first = Math.ceil(low) + (random.chance(0.3) ? Math.floor((high - low) / 8) : 0);
  const count = Math.min(65_536, Math.floor(high) - first + 1);
  const bits = pick(random, [8, 10, 12, 16]);
  const entries = surface(1, count, { low: 0, high: 2 ** bits - 1 }, random);
  return {
    [TAG.lutDescriptor]: {
      vr: first < 0 ? "SS" : "US",
      bytes: words([count === 65_536 ? 0 : count, first, bits]),
      isWords: true,
    },
    [TAG.lutData]: lutData(entries, random),
  };
}

function lutData(entries: readonly number[], random: RandomStream): DicomValue {
  // US has a length of 16 bits.
  const isShort = entries.length < 32_767 && random.chance(0.5);
  return { vr: isShort ? "US" : "OW", bytes: words(entries), isWords: true };
}

function sequence(items: readonly DicomElements[], random: RandomStream): SequenceValue {
  const forms: Omit<SequenceValue, "items">[] = [
    {},
    { open: true },
    { open: true, delimiterLength: 8 },
    { unknown: "implicit" },
    { unknown: "implicit", open: true },
  ];
  return { items, ...pick(random, forms) };
}

/** In the data set, or in a functional group of the frame or of all frames. */
function placed(elements: DicomElements, macro: string, random: RandomStream): DicomElements {
  const place = pick(random, ["root", "root", TAG.sharedGroups, TAG.perFrameGroups]);
  const isTable = TAG.modalityLut in elements;
  if (place === "root" || isTable || Object.keys(elements).length === 0) return elements;
  return { [`${place}/${macro}`]: { items: [elements] } };
}

/** Macros of one functional group in one item. */
function merged(elements: DicomElements): DicomElements {
  const out: Record<string, DicomValue> = {};
  const groups = new Map<string, Record<string, DicomValue>>();
  for (const [key, value] of Object.entries(elements)) {
    const [tag, macro] = key.split("/") as [string, string?];
    if (macro === undefined) out[tag] = value;
    else groups.set(tag, { ...groups.get(tag), [macro]: value });
  }
  for (const [tag, item] of groups) out[tag] = { items: [item] };
  return out;
}

function paddingOf({ low, high }: Range, random: RandomStream): DicomValue {
  const value = random.chance(0.5) ? low : high;
  return { vr: low < 0 ? "SS" : "US", bytes: words([value]), isWords: true };
}

async function pixelElements(picture: Picture, random: RandomStream): Promise<DicomElements> {
  const { rows, cols, bits, signed, uid, samples } = picture;
  const second = samples.map((value) => (value === 0 ? 1 : 0));
  const frames = random.chance(0.25) ? [samples, second] : [samples];
  const count = frames.length > 1 ? { [TAG.frames]: String(frames.length) } : {};
  const mask = 2 ** bits - 1;
  const coded = frames.map((frame) => frame.map((value) => value & mask));
  const bytesPerSample = bits <= 8 ? 1 : 2;
  if (uid === UID.rle) {
    const fragments = coded.map((frame) => encodeRle([frame], bytesPerSample));
    return { ...count, [TAG.pixelData]: { fragments } };
  }
  if (uid === UID.jpegLossless) {
    const predictor = 1 + random.integer(7);
    const form = { restartLines: random.integer(3) };
    const fragments = coded.map((frame) =>
      encodeJpegLossless({ rows, cols, precision: bits, samples: frame }, predictor, form),
    );
    return { ...count, [TAG.pixelData]: { fragments } };
  }
  if (uid === UID.jpegLs || uid === UID.jpeg2000) {
    const format = uid === UID.jpegLs ? "jpeg-ls" : "jpeg-2000";
    const source = format === "jpeg-ls" ? coded : frames;
    const isSigned = format === "jpeg-2000" && signed;
    const fragments: Uint8Array[] = [];
    for (const frame of source) {
      fragments.push(
        await encodeWith(format, { rows, cols, bits, signed: isSigned, samples: frame }),
      );
    }
    return { ...count, [TAG.pixelData]: { fragments } };
  }
  // Bits above the stored ones hold rubbish in some files.
  const rubbish = bits === 12 && !signed && random.chance(0.5) ? 0xf000 : 0;
  const all = coded.flat().map((value, i) => value | (i % 3 === 0 ? rubbish : 0));
  if (bytesPerSample === 1)
    return { ...count, [TAG.pixelData]: { otherBytes: Uint8Array.from(all) } };
  return { ...count, [TAG.pixelData]: { vr: "OW", bytes: words(all), isWords: true } };
}
