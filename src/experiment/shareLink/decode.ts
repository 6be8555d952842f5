/** Reads an experiment out of a share link, which is text from outside: every part of it is checked. */
import { z } from "zod";
import { fromBase64Url } from "../../host/base64url.ts";
import { replayNumbersSchema } from "../replaySchema.ts";
import { describeIssue } from "../specFields.ts";
import { unpackStroke } from "../strokes.ts";
import type { PackedStroke } from "../strokes.ts";
import { validateSpec } from "../validateSpec.ts";
import { LINK_VERSION, MAX_LINK_CHARACTERS } from "./format.ts";
import type { SharedExperiment } from "./format.ts";
import { invalidLink, parseJson, unpack } from "./payload.ts";

/**
 * Turns a payload of version n into one of version n + 1. An old link walks the table up to the current version, so
 * links stay readable for as long as their row is kept.
 */
export type MigrationTable = Readonly<Record<number, (payload: unknown) => unknown>>;
/** Version 2 may say more of what is expected. */
const MIGRATIONS: MigrationTable = { 1: (payload) => payload };

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
