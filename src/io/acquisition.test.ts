import { expect, test } from "vitest";
import { ascii, dicomFile, imageElements, TAG, words } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { parseDicom } from "./dicom.ts";

const text = (vr: string, value: string) => ({ vr, bytes: ascii(value) });

function acquisitionOf(elements: DicomElements) {
  const pixels = { [TAG.pixelData]: words([0, 1, 2, 3]) };
  return parseDicom(dicomFile({ ...imageElements(2, 2, 12), ...elements, ...pixels })).attributes
    .acquisition;
}

test("the recording of a film is told, and nothing of whose it is", () => {
  const film = {
    "00080080": text("LO", "St Elsewhere"),
    "00081090": text("LO", "DRX-1 Evolution "),
    "00180060": text("DS", "120 "),
    "00181152": text("IS", "3 "),
    "00181153": text("IS", "2510"),
    "00185101": text("CS", "PA"),
  };
  expect(acquisitionOf(film)).toEqual({
    modality: "DX",
    view: "PA",
    kilovolts: 120,
    exposureMas: 2.51,
    device: "DRX-1 Evolution",
  });
});

test("what is not of its form stays out", () => {
  const odd = {
    "00081090": text("LO", "PHI-CANARY^PATIENT"),
    "00180060": text("DS", "many"),
    "00181152": text("IS", "-3"),
    "00185101": text("CS", "JOHN DOE"),
  };
  expect(acquisitionOf(odd)).toEqual({ modality: "DX" });
});
