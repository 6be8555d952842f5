/** Small pieces of SVG that figures are made of. All sizes in user units, one to a CSS pixel. */

export const FONT = "Helvetica, Arial, sans-serif";

/** Text and attribute values as XML takes them; characters that XML 1.0 forbids are left out. */
export function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- XML 1.0 has no way to write these
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}

export interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly weight?: number;
}

export function textAt(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size = 11, fill = "#111", anchor = "start", weight = 400 } = style;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" font-weight="${weight}">${escaped(words)}</text>`;
}

export function rectAt(
  x: number,
  y: number,
  {
    width,
    height,
    fill,
  }: { readonly width: number; readonly height: number; readonly fill: string },
): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(height)}" fill="${fill}"/>`;
}

export function lineFrom(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: string,
  extra = "",
): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}" ${extra}/>`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Words broken into lines of at most `most` characters; a longer word is cut. */
export function linesOf(text: string, most: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    for (let rest = word; rest !== ""; rest = rest.slice(most)) {
      const part = rest.slice(0, most);
      if (line !== "" && line.length + 1 + part.length > most) {
        lines.push(line);
        line = "";
      }
      line = line === "" ? part : `${line} ${part}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}
