import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const UI = path.join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(UI, file), "utf8");

/** Classes a file gives to controls of the kit. */
function handedOver(text: string): string[] {
  const tags = text.match(/<(?:Button|Select|Slider)\b[\s\S]*?(?:[^=]>)/g) ?? [];
  return tags.flatMap((tag) => [...tag.matchAll(/className=\{styles\.(\w+)\}/g)].map((m) => m[1]!));
}

// Which of two stylesheets comes later depends on how the page is cut into chunks: a class that says something else than the
// kit's own has to weigh more.
test("what changes a control of the kit names its surroundings too", () => {
  const files = readdirSync(UI, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".tsx"),
  );
  const weak = files.flatMap((file) => {
    const text = read(file);
    const sheet = /import styles from "(\.[^"]+\.css)"/.exec(text)?.[1];
    if (!sheet) return [];
    const css = read(path.join(path.dirname(file), sheet));
    return handedOver(text)
      .filter((name) => new RegExp(`(?:^|\\})\\s*\\.${name} \\{`).test(css))
      .map((name) => `${file}: .${name}`);
  });
  expect(weak).toEqual([]);
  expect(handedOver("<Slider\n  className={styles.thin}\n  onChange={() => 1}\n/>")).toEqual([
    "thin",
  ]);
});
