import { describe, expect, it } from "vitest";
import { TAG, UID, ascii, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { headerOf } from "./dicomHeader.ts";

const text = (vr: string, value: string) => ({ vr, bytes: ascii(value) });

const CANARY = "PHI-CANARY";

/** Everything that may tell whose film it is, in each place where it may stand. */
const PATIENT: DicomElements = {
  "00080005": text("CS", "ISO_IR 100"),
  "00080018": `1.2.3.4${CANARY}`,
  "00080020": text("DA", "19010101"),
  "00080050": text("SH", CANARY),
  "00080080": text("LO", CANARY),
  "00080090": text("PN", CANARY),
  "00081010": text("SH", CANARY),
  "00081030": text("LO", CANARY),
  [TAG.patientName]: `${CANARY}^M\u00fcller`,
  "00100020": text("LO", CANARY),
  "00100030": text("DA", "19010101"),
  "00104000": text("LT", CANARY),
  "00091001": text("LO", CANARY),
  "00091002": text("UN", CANARY),
  "00189999": text("CS", CANARY),
  "00400275": { items: [{ "00400007": text("LO", CANARY), "00321032": text("PN", CANARY) }] },
};

const FILM: DicomElements = {
  ...imageElements(4, 6, 12),
  ...PATIENT,
  [TAG.sopClass]: "1.2.840.10008.5.1.4.1.1.1.1",
  "00180060": text("DS", "120 "),
  "00181164": text("DS", "0.143\\0.143 "),
  [TAG.pixelData]: words(Array.from({ length: 24 }, (_, i) => i)),
};

const valuesOf = (rows: ReturnType<typeof headerOf>) =>
  Object.fromEntries(rows.map(({ tag, value }) => [tag, value]));

describe("the header of a DICOM file", () => {
  it("tells what is technical", () => {
    const rows = headerOf(dicomFile(FILM), false);
    expect(valuesOf(rows)).toMatchObject({
      "0002,0010": "1.2.840.10008.1.2.1 (explicit little endian)",
      "0008,0016": "1.2.840.10008.5.1.4.1.1.1.1",
      "0008,0060": "DX",
      "0018,0060": "120",
      "0018,1164": "0.143\\0.143",
      "0028,0010": "4",
      "0028,0101": "12",
      "0040,0275": "1 item",
      "7FE0,0010": "48 bytes",
    });
    expect(rows.find(({ tag }) => tag === "0018,0060")).toMatchObject({ name: "KVP", vr: "DS" });
  });

  it("holds back whatever may tell whose film it is, also in sequences, private and unknown elements", () => {
    const rows = headerOf(dicomFile(FILM), false);
    expect(JSON.stringify(rows)).not.toMatch(/PHI-CANARY|19010101|1\.2\.3\.4/);
    const hidden = rows.filter(({ value }) => value === null).map(({ tag }) => tag);
    expect(hidden).toHaveLength(Object.keys(PATIENT).length);
    expect(hidden).toEqual(expect.arrayContaining(["0009,1001", "0018,9999", "0040,0007"]));
  });

  it("tells all of it when it is asked for, in the letters of the file", () => {
    const latin = dicomFile({ ...FILM, [TAG.patientName]: "" });
    const rows = valuesOf(headerOf(latin, true));
    expect(Object.values(rows)).not.toContain(null);
    expect(rows["0009,1002"]).toBe(CANARY);
    expect(rows["0032,1032"]).toBe(CANARY);
    const named = (charset: string, bytes: Uint8Array) =>
      valuesOf(
        headerOf(
          dicomFile({
            ...FILM,
            "00080005": text("CS", charset),
            [TAG.patientName]: { vr: "PN", bytes },
          }),
          true,
        ),
      )["0010,0010"];
    expect(named("ISO_IR 100", Uint8Array.of(0x4d, 0xfc))).toBe("M\u00fc");
    expect(named("ISO_IR 192", new TextEncoder().encode("M\u00fc\u00df "))).toBe("M\u00fc\u00df");
  });

  it.each([UID.implicit, UID.bigEndian, UID.deflated])(
    "is read as it was written: %s",
    (syntax) => {
      const rows = valuesOf(headerOf(dicomFile(FILM, syntax), false));
      expect(rows).toMatchObject({ "0028,0010": "4", "0028,0011": "6", "0018,0060": "120" });
      expect(rows["0002,0010"]).toContain(syntax);
      expect(JSON.stringify(rows)).not.toMatch(/PHI-CANARY|19010101/);
    },
  );

  it("is none in a file that is no DICOM file", () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13);
    expect(headerOf(png, true)).toEqual([]);
  });
});
