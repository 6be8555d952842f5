/** Writes the files of an export: nothing leaves the browser but by the reader's own downloads. */
import { LabError } from "../../errors/labError.ts";
import type { Figure } from "../../experiment/exports/figure.ts";
import { PICTURES_FILE, pythonScript } from "../../experiment/exports/pythonScript.ts";
import type { RunRecord } from "../../experiment/exports/runRecord.ts";
import { TABLE_COLUMNS, screenTable } from "../../experiment/exports/screenTable.ts";
import { loadTokenizer } from "../../language/tokenizer.ts";
import { csvLine } from "../../study/csv.ts";
import { formatNpy } from "../../tensor/npyFormat.ts";
import { saveBlob } from "../kit/saveBlob.ts";

/** Twice the drawing's own size: 300 dots an inch at 16 cm of width. */
const PNG_SCALE = 2;

export function saveSvg({ svg }: Figure): void {
  saveBlob(svgBlob(svg), "penumbra-figure.svg");
}

function svgBlob(svg: string): Blob {
  return new Blob([svg], { type: "image/svg+xml" });
}

/** @throws LabError "browser-unable" where the browser can't draw it */
export async function savePng({ svg, width, height }: Figure): Promise<void> {
  const url = URL.createObjectURL(svgBlob(svg));
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = PNG_SCALE * width;
    canvas.height = PNG_SCALE * height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob)
      throw new LabError("browser-unable", "This browser can't draw the figure as PNG.", {
        hint: "Save it as SVG.",
      });
    saveBlob(blob, "penumbra-figure.png");
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function saveTable(record: RunRecord): void {
  const lines = [[...TABLE_COLUMNS], ...screenTable(record)].map((row) => csvLine(row));
  saveBlob(new Blob([[...lines, ""].join("\r\n")], { type: "text/csv" }), "penumbra-table.csv");
}

/** @throws LabError "model-incompatible" for a reader's own model */
export async function saveScript(record: RunRecord): Promise<void> {
  const { text } = await scriptOf(record);
  saveBlob(new Blob([text], { type: "text/x-python" }), "penumbra-run.py");
}

/** The two pictures of a reader's film, which the script of its run reads. @throws LabError "model-incompatible" */
export async function savePictures(record: RunRecord): Promise<void> {
  const { pictures, size } = await scriptOf(record);
  if (!pictures) return;
  const bytes = formatNpy({ dtype: "uint8", shape: [2, size, size], data: pictures });
  saveBlob(new Blob([Uint8Array.from(bytes)], { type: "application/octet-stream" }), PICTURES_FILE);
}

async function scriptOf(record: RunRecord) {
  const { model } = record;
  // Opened when the first wording is asked for: a model without a tokenizer is refused before that.
  const { tokenizer } = model;
  const words = tokenizer
    ? await fetch(new URL(`models/${model.id}/${tokenizer.path}`, document.baseURI)).then(
        (response) => response.json() as Promise<unknown>,
      )
    : undefined;
  return pythonScript(record, (text) =>
    tokenizer ? loadTokenizer(words, tokenizer.specialTokens).encodeQuestion(text) : [],
  );
}
