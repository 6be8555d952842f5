/** One way to print a number: what reaches a reader's eye has a real minus sign, so that no sentence makes its own digits. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./toolchain.mjs";

/** Folders whose words and numbers are shown on the page. */
const SHOWN = ["ui", "experiment", "lesson", "system", "study/readings", "image", "perturbations"];

/** Digits that are made into a number again, or into a place within a drawing. */
const NO_TEXT = /Number\(|withMinus\(|HEIGHT/;

test("numbers that are shown come from numerics/decimalText", () => {
  const own = globSync(`src/{${SHOWN.join(",")}}/**/*.{ts,tsx}`, { cwd: ROOT })
    .filter((file) => !file.includes(".test."))
    .flatMap((file) =>
      readFileSync(path.join(ROOT, file), "utf8")
        .split("\n")
        .filter((line) => {
          const at = line.search(/\.to(Fixed|Precision|Exponential)\(/);
          return at >= 0 && !NO_TEXT.test(line.slice(0, at));
        })
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(own).toEqual([]);
});
