/**
 * How a film was taken, as far as that tells nobody's name: kind of machine, view, dose and pixels. Each value has to be of its own
 * form, so that what a writer put into the wrong element stays out.
 */
import type { Acquisition } from "../image/radiograph.ts";
import type { DataSet } from "./dicomDataSet.ts";
import { decimalsOf, textsOf } from "./dicomValues.ts";

const TAG = {
  modality: "x00080060",
  device: "x00081090",
  kilovolts: "x00180060",
  exposure: "x00181152",
  exposureInMicro: "x00181153",
  view: "x00185101",
} as const;

export function readAcquisition(dataSet: DataSet): Acquisition {
  const number = (tag: string, most: number): number | undefined => {
    const value = decimalsOf(dataSet, tag)[0] ?? 0;
    return value > 0 && value <= most ? value : undefined;
  };
  const text = (tag: string, form: RegExp): string | undefined =>
    textsOf(dataSet, tag)[0]?.match(form)?.[0];
  const micro = number(TAG.exposureInMicro, 1e7);
  const exposure = micro === undefined ? number(TAG.exposure, 1e4) : micro / 1000;
  const all = {
    modality: text(TAG.modality, /^[A-Z]{2,4}$/),
    view: text(TAG.view, /^[A-Z]{2,4}$/),
    kilovolts: number(TAG.kilovolts, 300),
    exposureMas: exposure,
    // A product is called by letters, digits and a few signs; a caret parts a person's names.
    device: text(TAG.device, /^[A-Za-z0-9][A-Za-z0-9 ./()+-]{0,39}$/),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Acquisition;
}
