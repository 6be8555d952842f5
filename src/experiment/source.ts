/** The case as the model's input, with the truth where it is a phantom. */
import { LabError } from "../errors/labError.ts";
import { snapToByteLattice } from "../image/grayImage.ts";
import { boxMask } from "../image/boxMask.ts";
import { squareOf } from "../image/filmSquare.ts";
import { toModelInput } from "../image/modelInput.ts";
import type { ModelInput } from "../image/modelInput.ts";
import type { FilmSquare } from "../image/filmSquare.ts";
import type { Radiograph, Voi } from "../image/radiograph.ts";
import { distributionOf } from "../image/distribution.ts";
import { automaticWindow, fileVoi, fullRangeWindow } from "../image/voi.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { InputResult } from "./results.ts";
import type { CaseSpec, FilmBoxes, WindowSpec } from "./spec.ts";

/** @throws LabError "not-open" when the case is a reader's file that is not open here. */
export function modelInputOf(
  source: CaseSpec,
  window: WindowSpec,
  { size, resize, resample }: Pick<ModelManifest["input"], "size" | "resize" | "resample">,
  radiograph: (sha256: string) => Radiograph | undefined,
): InputResult {
  if (source.kind === "phantom") {
    const phantom = renderPhantom(source.phantom, size);
    const image = phantom.image.slice();
    snapToByteLattice(image);
    return {
      size,
      image,
      statement: `Phantom rendered at ${size} x ${size}, whole field.`,
      notices:
        window.kind === "manual"
          ? ["A phantom is drawn in grey levels of its own: the stated window is not used."]
          : [],
      truth: {
        masks: Object.fromEntries(phantom.masks),
        findings: phantom.findings,
        patient: phantom.patient,
        report: phantom.report,
      },
    };
  }
  const opened = radiograph(source.sha256);
  if (!opened) {
    throw new LabError(
      "not-open",
      `This experiment is about a radiograph that is not open here (pixel hash ${source.sha256.slice(0, 12)}).`,
      { hint: "Open the same file; it never travels with a link." },
    );
  }
  const { square } = source;
  if (square) refuseOffFilm(opened, square);
  const { data, statement, crop } = toModelInput(opened, {
    voi: windowOf(opened, window),
    size,
    fit: resize === "area-stretch" ? "stretch" : "crop",
    square,
    resample,
  });
  const { boxes } = source;
  return {
    size,
    image: data,
    statement,
    notices: opened.notices,
    crop,
    ...(boxes && { marked: markedOn(boxes, { crop, size }) }),
  };
}

function markedOn(
  boxes: FilmBoxes,
  { crop, size }: Pick<ModelInput, "crop" | "size">,
): NonNullable<InputResult["marked"]> {
  const findings = [...new Set(boxes.map(({ finding }) => finding))];
  return Object.fromEntries(
    findings.map((name) => {
      const places = boxes
        .filter(({ finding }) => finding === name)
        .map(({ x, y, width, height }) => ({ left: x, top: y, width, height }));
      return [name, boxMask(places, crop, size)];
    }),
  );
}

/** @throws LabError "spec-invalid": of what lies beyond the film nobody knows anything. */
function refuseOffFilm(film: Radiograph, square: FilmSquare): void {
  const { top, left, height, width } = squareOf(film, square);
  const { rows, cols } = film;
  if (square.kind === "whole" || (left + width <= cols && top + height <= rows)) return;
  throw new LabError(
    "spec-invalid",
    `The square that the model is to be given reaches beyond the film, which has ${cols} columns and ${rows} rows.`,
    { hint: "Move it or make it smaller, or give the model the whole film." },
  );
}

function windowOf(radiograph: Radiograph, window: WindowSpec): Voi {
  switch (window.kind) {
    case "file": {
      const { index = 0 } = window;
      const count = radiograph.vois.length;
      // The first stands for "its own" where there is none.
      if (index === 0 || index < count) return fileVoi(radiograph, index);
      throw new LabError(
        "spec-invalid",
        `The experiment asks for window ${index + 1} of the file, which has ${count}.`,
        { hint: "Choose another window, or the automatic one." },
      );
    }
    case "automatic":
      return automaticWindow(distributionOf(radiograph));
    case "full":
      return fullRangeWindow(distributionOf(radiograph));
    case "manual":
      return { kind: "linear_exact", center: window.center, width: window.width };
  }
}
