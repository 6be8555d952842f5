/** Whatever happens to a good file's bytes, the outcome is a picture or one of our sentences: never a crash, never PHI. */
import { encode } from "fast-png";
import { array, asyncProperty, assert, constantFrom, integer, oneof, record } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { LabError } from "../errors/labError.ts";
import { dicomFile, imageElements, TAG, UID, words } from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { encodeRle } from "../testing/rleEncoder.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

/** Fixed: a codec that a new byte pattern drives into an endless loop cannot be interrupted from within its thread. */
const SEED = 20261121;
const ROWS = 64;
const COLS = 64;
const SAMPLES = Array.from(
  { length: ROWS * COLS },
  (_, i) => ((i % COLS) * 37 + (i >> 6) * 11) % 4096,
);
const BYTES = SAMPLES.map((value) => value >> 4);

const goodFiles = new Map<string, Uint8Array>();

beforeAll(async () => {
  const twelve = { rows: ROWS, cols: COLS, bits: 12, samples: SAMPLES };
  const eight = { rows: ROWS, cols: COLS, bits: 8, samples: BYTES };
  const window = { [TAG.windowCenter]: "2000", [TAG.windowWidth]: "4000" };
  const wrapped = (uid: string, fragment: Uint8Array, bits = 12): Uint8Array =>
    dicomFile(imageElements(ROWS, COLS, bits, { [TAG.pixelData]: { fragments: [fragment] } }), uid);
  const native = (uid: string): Uint8Array =>
    dicomFile(
      imageElements(ROWS, COLS, 12, {
        ...window,
        [TAG.voiLut]: {
          items: [{ [TAG.lutDescriptor]: [4, 0, 8], [TAG.lutData]: words([0, 9, 99, 255]) }],
        },
        [TAG.pixelData]: words(SAMPLES, uid !== UID.bigEndian),
      }),
      uid,
    );
  for (const uid of [UID.implicit, UID.explicit, UID.deflated, UID.bigEndian]) {
    goodFiles.set(uid, native(uid));
  }
  goodFiles.set("rle", wrapped(UID.rle, encodeRle([SAMPLES], 2)));
  const lossless = encodeJpegLossless({ ...twelve, precision: 12 });
  goodFiles.set("jpeg lossless", wrapped(UID.jpegLosslessSv1, lossless));
  goodFiles.set("jpeg-ls", wrapped(UID.jpegLs, await encodeWith("jpeg-ls", twelve)));
  goodFiles.set("jpeg 2000", wrapped(UID.jpeg2000, await encodeWith("jpeg-2000", twelve)));
  goodFiles.set("htj2k", wrapped(UID.htj2k, await encodeWith("htj2k", twelve)));
  const jpeg = await encodeWith("jpeg", eight);
  goodFiles.set("jpeg in dicom", wrapped(UID.jpegBaseline, jpeg, 8));
  goodFiles.set("jpeg", jpeg);
  const data = Uint16Array.from(SAMPLES);
  goodFiles.set("png", encode({ width: COLS, height: ROWS, data, channels: 1, depth: 16 }));
});

const NAMES = [
  UID.implicit,
  UID.explicit,
  UID.deflated,
  UID.bigEndian,
  "rle",
  "jpeg lossless",
  "jpeg-ls",
  "jpeg 2000",
  "htj2k",
  "jpeg in dicom",
  "jpeg",
  "png",
];

async function outcome(file: Uint8Array): Promise<"opened" | LabError> {
  try {
    const radiograph = await loadRadiograph(file, nodeCodecs);
    expect(radiograph.values.length).toBe(radiograph.rows * radiograph.cols);
    expect(radiograph.rawSha256).toMatch(/^[0-9a-f]{64}$/);
    return "opened";
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    expect(error.code).toMatch(/^file-/);
    expect(error.message).toMatch(/^[A-Z0-9].*\.$/s);
    expect(`${error.message} ${error.hint ?? ""}`).not.toMatch(/CANARY/i);
    return error;
  }
}

describe("hostile files", () => {
  it.each(NAMES)("opens the good file: %s", async (name) => {
    expect(await outcome(goodFiles.get(name)!)).toBe("opened");
  });

  it.each(NAMES)("refuses %s cut anywhere before its pixels end", async (name) => {
    const file = goodFiles.get(name)!;
    await assert(
      asyncProperty(integer({ min: 0, max: file.length - 200 }), async (length) => {
        expect(await outcome(file.slice(0, length))).toBeInstanceOf(LabError);
      }),
      { numRuns: 25, seed: SEED },
    );
  });

  it.each(NAMES)("survives changed bytes in %s", async (name) => {
    const file = goodFiles.get(name)!;
    // Half of the changes fall in the first kilobyte, where the structure is.
    const position = oneof(
      integer({ min: 0, max: Math.min(1023, file.length - 1) }),
      integer({ min: 0, max: file.length - 1 }),
    );
    const value = oneof(integer({ min: 0, max: 255 }), constantFrom(0, 0xff, 0x7f, 0x80));
    await assert(
      asyncProperty(
        array(record({ position, value }), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          const changed = file.slice();
          for (const change of changes) changed[change.position] = change.value;
          await outcome(changed);
        },
      ),
      { numRuns: 60, seed: SEED },
    );
  });

  it("survives random bytes behind every signature", async () => {
    const signatures = [
      [...new Uint8Array(128), 0x44, 0x49, 0x43, 0x4d],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      [0xff, 0xd8, 0xff],
      [8, 0, 5, 0, 0x43, 0x53],
      [],
    ];
    await assert(
      asyncProperty(
        constantFrom(...signatures),
        array(integer({ min: 0, max: 255 }), { maxLength: 600 }),
        async (signature, rest) => {
          expect(await outcome(Uint8Array.from([...signature, ...rest]))).toBeInstanceOf(LabError);
        },
      ),
      { numRuns: 200, seed: SEED },
    );
  });
});
