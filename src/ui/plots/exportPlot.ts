/** Saves a plot as a picture or as a table. */
import { saveBlob } from "../kit/saveBlob.ts";
import type { PlotScales } from "./Plot.tsx";
import { csvOf } from "./drawable.ts";
import type { Drawable } from "./drawable.ts";
import { loadPlotter } from "./plotly.ts";
import { readTheme } from "./readTheme.ts";

const SIZE = { width: 900, height: 540 };
/** Twice the pixels, for print and for projectors. */
const PNG_SCALE = 2;

/** @throws when plotly.js cannot be loaded. */
export async function savePlotImage(
  spec: Drawable,
  scales: PlotScales,
  format: "png" | "svg",
): Promise<void> {
  const { plotly, drawn } = await loadPlotter();
  const form = { ...SIZE, ...scales };
  const { data, layout } = drawn(spec, readTheme(document.body), form);
  const title = { text: spec.title, font: { size: 15 } };
  const withTitle = { ...layout, title, margin: { ...layout.margin, t: 70 } };
  const url = await plotly.toImage(
    { data, layout: withTitle },
    { ...SIZE, format, ...(format === "png" ? { scale: PNG_SCALE } : {}) },
  );
  saveBlob(blobOf(url), `${fileName(spec)}.${format}`);
}

export function savePlotTable(spec: Drawable): void {
  saveBlob(new Blob([csvOf(spec)], { type: "text/csv" }), `${fileName(spec)}.csv`);
}

/** Of a data URL, which the page's content policy does not let it fetch. */
function blobOf(url: string): Blob {
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  const type = /^data:([^;,]*)/.exec(head)?.[1] ?? "";
  if (!head.endsWith(";base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], { type });
}

function fileName({ title }: Drawable): string {
  return `penumbra-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
}
