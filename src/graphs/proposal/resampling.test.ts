/** Films made into pictures as the library's own image processors make them (models/golden/resampling.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { toModelInput } from "../../image/modelInput.ts";
import { fullDepthWindow } from "../../image/voi.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { pixelFormOf } from "../generative/pixelForm.ts";
import { parsePreprocessing, withPreprocessing } from "./preprocessing.ts";

interface Golden {
  readonly rows: number;
  readonly cols: number;
  readonly film: readonly number[];
  readonly made: Readonly<
    Record<string, { processor: unknown; size: number; grey: readonly number[] }>
  >;
}

const golden = JSON.parse(
  readFileSync(
    path.join(import.meta.dirname, "../../../models/golden/vlm/resampling.json"),
    "utf8",
  ),
) as Golden;

const film: Radiograph = {
  rows: golden.rows,
  cols: golden.cols,
  values: Int32Array.from(golden.film),
  bitsStored: 8,
  photometric: "MONOCHROME2",
  vois: [],
  pixelAspect: 1,
  notices: [],
  source: "png",
  rawSha256: "0".repeat(64),
};

it.each(Object.keys(golden.made))("%s", (name) => {
  const { processor, size, grey } = golden.made[name]!;
  const found = parsePreprocessing(processor, "preprocessor_config.json")!;
  const isTiled = name === "idefics3";
  const form = pixelFormOf(isTiled ? "tiles" : "whole", processor, found.size);
  expect(form.size).toBe(size);
  // As an image encoder or a classifier is prepared; folders of several graphs take the same from the processor.
  const unsaid = { range: [0, 1], mean: [0], std: [1], source: "guess", notice: "" } as const;
  const encoder = withPreprocessing(unsaid, found, size);
  if (!isTiled) {
    expect(encoder.notices).toEqual(["Pixels are prepared as preprocessor_config.json says."]);
  }
  const resample =
    form.kind === "tiles"
      ? { filter: "lanczos" as const, longest: form.longest }
      : encoder.resample;
  const stretched = isTiled || found.resize === "area-stretch";
  const { data } = toModelInput(film, {
    voi: fullDepthWindow(8),
    size,
    fit: stretched ? "stretch" : "crop",
    resample,
  });
  const made = [...data].map((value) => Math.round(value * 255));
  const off = made.map((value, i) => Math.abs(value - grey[i]!));
  expect(Math.max(...off)).toBeLessThanOrEqual(1);
});
