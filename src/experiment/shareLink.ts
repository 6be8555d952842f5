/**
 * The share link: the whole experiment in a URL fragment, so that it never reaches a server. Layout of
 * `#p1.<base64url>`: four bytes CRC-32 (big endian) of the payload text, then the payload, raw DEFLATE with a preset
 * dictionary. The payload is JSON: the spec with strokes packed (strokes.ts), what the sender's screen showed, and the
 * numbers the sender saw. A link holds no pixel, no file name and no tag.
 */
import { Inflate, deflateSync, strFromU8, strToU8 } from "fflate";
import { z } from "zod";
import { LabError } from "../errors/labError.ts";
import { packStroke, unpackStroke } from "./strokes.ts";
import type { PackedStroke } from "./strokes.ts";
import { replayNumbersSchema } from "./replay.ts";
import type { ReplayNumbers } from "./replay.ts";
import type { ExperimentSpec, StackItem } from "./spec.ts";
import { describeIssue } from "./specFields.ts";
import { validateSpec } from "./validateSpec.ts";

/** What the sender's screen showed; the view store decides which keys it knows and checks their values. */
export type SharedView = Readonly<Record<string, string | number | boolean>>;

export interface SharedExperiment {
  readonly spec: ExperimentSpec;
  readonly view: SharedView;
  /** Numbers the sender saw; absent when the run had not finished. */
  readonly expected?: ReplayNumbers;
}

export const LINK_VERSION = 1;

/** A fragment longer than this is not looked at. */
const MAX_LINK_CHARACTERS = 64_000;
/** A payload that expands beyond this is not a link of ours. */
const MAX_PAYLOAD_BYTES = 512 * 1024;
/** Compressed bytes handed to the inflater at a time: DEFLATE expands at most 1032 times, so a bomb stops early. */
const INFLATE_CHUNK = 512;

/** Preset dictionary of version 1: text that every payload repeats. Part of the format: never edit it. */
const DICTIONARY_1 = strToU8(
  '{"expected":{"answerClean":"no","answerDisturbed":"yes","marginClean":,"marginDisturbed":-,"featureCosine":0.,' +
    '"backend":"webgpu","backend":"wasm","precision":"int8","modelId":"","modelSha256":""},"kind":"file","sha256":"",' +
    '{"kind":"manual","center":,"width":},{"kind":"automatic"},{"kind":"full"},"norm":"l2","goal":{"kind":"say","answer":"' +
    '"goal":{"kind":"untargeted"},"relativeStep":0.25,"restarts":1,"steps":10,"strokes":[[],"params":{"strength":' +
    '{"type":"perturbation","id":"","perturbation":"gaussianNoise","enabled":true,"seed":1,' +
    '{"type":"attack","id":"","attack":"pgd","enabled":true,"seed":1,"norm":"linf","epsilon":' +
    '"window":{"kind":"file"},"model":{"id":"penumbra","precision":"fp32"},"question":"Is there a ?",' +
    '"findings":[{"kind":"pleuralEffusion","side":"left","amount":' +
    '"certificate":{"enabled":true,"sigma":0.1,"alpha":0.001,"maxSamples":1000,"seed":1}},"view":{"overlay":' +
    '{"spec":{"version":1,"case":{"kind":"phantom","phantom":{"seed":',
);

/**
 * Turns a payload of version n into one of version n + 1. An old link walks the table up to the current version, so
 * links stay readable for as long as their row is kept.
 */
export type MigrationTable = Readonly<Record<number, (payload: unknown) => unknown>>;
const MIGRATIONS: MigrationTable = {};

const viewSchema = z
  .record(
    z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/),
    z.union([z.string().max(80), z.number(), z.boolean()]),
  )
  .refine((view) => Object.keys(view).length <= 40, "has too many entries");

const payloadSchema = z.strictObject({
  spec: z.unknown(),
  view: viewSchema,
  expected: replayNumbersSchema.exactOptional(),
});

/**
 * @returns the fragment, "#" included. Strokes off the lattice of strokes.ts are moved onto it.
 * @throws LabError "link-invalid" when the experiment is too large for a link.
 */
export function encodeShareLink(shared: SharedExperiment): string {
  const payload = {
    spec: { ...shared.spec, stack: shared.spec.stack.map(packItem) },
    view: shared.view,
    ...(shared.expected ? { expected: shared.expected } : {}),
  };
  const text = strToU8(JSON.stringify(payload));
  const body = deflateSync(text, { level: 9, mem: 8, dictionary: DICTIONARY_1 });
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  bytes.set(body, 4);
  const fragment = `#p${LINK_VERSION}.${toBase64Url(bytes)}`;
  if (text.length > MAX_PAYLOAD_BYTES || fragment.length > MAX_LINK_CHARACTERS) {
    throw new LabError(
      "link-invalid",
      `This experiment needs a link of ${fragment.length} characters; ${MAX_LINK_CHARACTERS} is the most a link may have.`,
      { hint: "Erase some brush strokes, or save the run manifest instead." },
    );
  }
  return fragment;
}

/**
 * Reads a link as it arrives: chat and mail programs hang punctuation, spaces or query parameters on it, break it into
 * lines and escape it. The checksum decides which characters belong to the link, so what hangs on it is dropped safely.
 * @param fragment with or without "#", or a whole address that ends in one.
 * @throws LabError "link-invalid" for what is no whole link of a known version, "spec-invalid" for a whole link whose
 *   experiment is out of bounds.
 */
export function decodeShareLink(
  fragment: string,
  migrations: MigrationTable = MIGRATIONS,
  current: number = LINK_VERSION,
): SharedExperiment {
  if (fragment.length > MAX_LINK_CHARACTERS) {
    throw invalidLink(
      `This link has ${fragment.length} characters; a Penumbra link has at most ${MAX_LINK_CHARACTERS}.`,
    );
  }
  const { version, readings } = readingsOf(fragment);
  if (version > current) {
    throw invalidLink(
      `This link was made by a newer Penumbra (link version ${version}; this one reads up to ${current}).`,
      "Open it in the newer version.",
    );
  }
  const text = firstWhole(readings);
  const payload = payloadSchema.safeParse(migrate(parseJson(text), version, current, migrations));
  if (!payload.success) {
    throw invalidLink(`This link is damaged: ${describeIssue(payload.error, "it")}.`);
  }
  const { spec, view, expected } = payload.data;
  return {
    spec: validateSpec(unpackSpec(spec)),
    view,
    ...(expected ? { expected } : {}),
  };
}

/** Whether a text may be a link, so that a door for files and links can tell them apart. */
export function looksLikeLink(text: string): boolean {
  return LINK_START.test(unescaped(text).trim());
}

/** At the start of a fragment (brackets and quotes may stand before it) or behind the "#" of an address. */
const LINK_START = /(?:^[<("'*_[\s]*#?|#)p(\d{1,6})\./;
/** What programs put into a long line to break it: white space, soft hyphens, zero-width characters. */
const LINE_BREAKS = /[\s\u00ad\u200b-\u200f\u2060\ufeff]+/g;

/** Which payloads a text may hold, likeliest first. @throws LabError "link-invalid" where there is no link in it. */
function readingsOf(text: string): { readonly version: number; readonly readings: string[] } {
  const plain = unescaped(text).trim();
  const start = LINK_START.exec(plain);
  if (!start) throw invalidLink("This is not a Penumbra link.");
  const rest = plain.slice(start.index + start[0].length);
  const prefix = (of: string): string => /^[\w-]*/.exec(of)![0];
  const whole = prefix(rest);
  if (whole === "" && rest !== "") throw invalidLink("This is not a Penumbra link.");
  const readings = [whole, prefix(rest.replace(LINE_BREAKS, ""))];
  // "_link_" and "link-" in running text: two letters of the alphabet that are also punctuation.
  for (let end = whole.length; /[-_]/.test(whole[end - 1] ?? "") && whole.length - end < 4; end--)
    readings.push(whole.slice(0, end - 1));
  return { version: Number(start[1]), readings: [...new Set(readings)] };
}

/** The content of the first reading whose checksum holds. @throws what is wrong with the likeliest one. */
function firstWhole(readings: readonly string[]): Uint8Array {
  let first: unknown;
  for (const reading of readings) {
    try {
      return unpack(fromBase64Url(reading));
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

/** Percent escapes as the characters they stand for; a text with broken escapes stays as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function migrate(
  payload: unknown,
  from: number,
  current: number,
  migrations: MigrationTable,
): unknown {
  let migrated = payload;
  for (let version = from; version < current; version++) {
    const step = migrations[version];
    if (!step) throw invalidLink(`Links of version ${from} can no longer be read.`);
    migrated = step(migrated);
  }
  return migrated;
}

function packItem(item: StackItem): unknown {
  if (item.type !== "perturbation" || !item.strokes) return item;
  return { ...item, strokes: item.strokes.map(packStroke) };
}

/** Packed strokes as strokes, wherever they are well formed; the validator refuses the rest by name. */
function unpackSpec(spec: unknown): unknown {
  if (!isRecord(spec) || !Array.isArray(spec["stack"])) return spec;
  return {
    ...spec,
    stack: spec["stack"].map((item: unknown) =>
      isRecord(item) && Array.isArray(item["strokes"])
        ? {
            ...item,
            strokes: item["strokes"].map((s) => (isPackedStroke(s) ? unpackStroke(s) : s)),
          }
        : item,
    ),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPackedStroke(value: unknown): value is PackedStroke {
  return Array.isArray(value) && value.length % 2 === 1 && value.every((n) => Number.isInteger(n));
}

/** Checksum and inflation, with the size watched while it grows. */
function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 5) throw invalidLink("This link is cut off.");
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const body = bytes.subarray(4);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate({ dictionary: DICTIONARY_1 }, (chunk) => {
    length += chunk.length;
    if (length > MAX_PAYLOAD_BYTES) {
      throw invalidLink(
        `This link expands to more than ${MAX_PAYLOAD_BYTES / 1024} kB, which no Penumbra link does.`,
      );
    }
    chunks.push(chunk);
  });
  try {
    for (let at = 0; at < body.length; at += INFLATE_CHUNK) {
      inflate.push(body.slice(at, at + INFLATE_CHUNK), at + INFLATE_CHUNK >= body.length);
    }
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw invalidLink("This link is cut off or damaged.", undefined, cause);
  }
  const text = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    text.set(chunk, at);
    at += chunk.length;
  }
  if (crc32(text) !== checksum) {
    throw invalidLink("This link is damaged: its checksum does not match its content.");
  }
  return text;
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(strFromU8(text));
  } catch (cause) {
    throw invalidLink("This link is damaged: its content is not JSON.", undefined, cause);
  }
}

function invalidLink(
  message: string,
  hint = "Ask for the link again, or copy it whole.",
  cause?: unknown,
): LabError {
  return new LabError("link-invalid", message, { hint, ...(cause === undefined ? {} : { cause }) });
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 section 5, without padding. */
function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(3, bytes.length - i) + 1;
    for (let k = 0; k < characters; k++) text += ALPHABET[(group >> (18 - 6 * k)) & 63];
  }
  return text;
}

/** @param text only characters of the alphabet; left-over bits of a cut text are dropped. */
function fromBase64Url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    buffer = ((buffer << 6) | ALPHABET.indexOf(character)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (buffer >> bits) & 0xff;
  }
  return bytes;
}

/** CRC-32 as in gzip (ISO 3309, reflected polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
