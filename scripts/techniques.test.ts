import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

/** Every table row that names a test file. */
const rows = read("docs/techniques.md")
  .split("\n")
  .flatMap((line) => {
    const [, observed = "", title = "", file = ""] = line.split("|").map((cell) => cell.trim());
    return file.startsWith("`src/") ? [{ observed, title, file: file.slice(1, -1) }] : [];
  });

test("every technique's line names a test that is there", () => {
  expect(rows.length).toBeGreaterThan(60);
  const gone = rows.filter(({ title, file }) => {
    const source = read(file);
    return ![`"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted));
  });
  expect(gone).toEqual([]);
});

test("no technique stands twice", () => {
  expect(new Set(rows.map(({ observed }) => observed)).size).toBe(rows.length);
});

test("the axes of trust each lead to a measurement, or say that they are not covered", () => {
  const axes = read("docs/sources.md")
    .split("## Axes of trust")[1]!
    .split("\n")
    .filter((line) => /^\| [a-z]/.test(line));
  expect(axes.slice(1)).toHaveLength(5);
  for (const line of axes.slice(1)) expect(line).toMatch(/"[A-Z]|`e2e\/|not covered|attacks/);
});
