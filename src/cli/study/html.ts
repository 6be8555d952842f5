/** Pieces of HTML whose texts are escaped wherever they come from. */

export interface Html {
  readonly html: string;
}

/** A template whose values are texts to be escaped, pieces of HTML, or lists of these. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.reduce((text, part, k) => text + pieceOf(values[k - 1]) + part) };
}

type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined | null | false;

function pieceOf(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  if ("html" in value) return value.html;
  return value.map(pieceOf).join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** JSON inside a script element, which ends at "</". */
export function scriptJson(value: unknown): Html {
  return { html: JSON.stringify(value).replaceAll("<", "\\u003c") };
}
