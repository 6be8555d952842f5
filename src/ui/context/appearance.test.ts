/** The light theme: every ink of the dark one has its own, and what is read is read on every ground it stands on. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const sheet = (name: string) =>
  readFileSync(path.join(import.meta.dirname, "../kit", name), "utf8");

function tokens(css: string, selector: string): Readonly<Record<string, string>> {
  const start = css.indexOf(selector);
  const block = css.slice(css.indexOf("{", start) + 1, css.indexOf("}", start));
  return Object.fromEntries(
    [...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]+)/g)].map(([, name, value]) => [name!, value!]),
  );
}

const dark = tokens(sheet("tokens.css"), ":root {");
const light = tokens(sheet("light.css"), ':root[data-theme="light"] {');

/** WCAG 2.2, 1.4.3: (L1 + 0.05) / (L2 + 0.05) of relative luminances. */
function contrast(one: string, other: string): number {
  const [high, low] = [one, other].map(luminance).sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const long = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

it("knows the contrast of black on white, and of one grey of the standard's own examples", () => {
  expect(contrast("#000000", "#fff")).toBeCloseTo(21, 6);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

it("gives every colour of the dark theme one of its own", () => {
  expect(Object.keys(light).toSorted()).toEqual(Object.keys(dark).toSorted());
});

const GROUNDS = ["--ground", "--panel", "--raised", "--hover"];
const INKS = ["--text", "--muted", "--clean", "--disturbed", "--flip", "--proved", "--focus"];

it.each([
  ["dark", dark],
  ["light", light],
])("reads in the %s theme: 4.5 to 1 at least", (_, theme) => {
  const poor = GROUNDS.flatMap((ground) =>
    INKS.filter((ink) => contrast(theme[ink]!, theme[ground]!) < 4.5).map(
      (ink) => `${ink} on ${ground}`,
    ),
  );
  for (const solid of ["--clean", "--disturbed", "--flip"]) {
    if (contrast(theme["--ink"]!, theme[solid]!) < 4.5) poor.push(`--ink on ${solid}`);
    if (contrast(theme["--text"]!, theme[`${solid}-deep`]!) < 4.5)
      poor.push(`text on ${solid}-deep`);
  }
  // Explanations stand on the page's own grounds only.
  for (const ground of ["--ground", "--panel", "--raised"]) {
    if (contrast(theme["--faint"]!, theme[ground]!) < 4.5) poor.push(`--faint on ${ground}`);
  }
  expect(poor).toEqual([]);
});
