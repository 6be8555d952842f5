/** Identifiers are spelled the American way (CONTRIBUTING.md); prose, and fields of files that are out in the world, are not looked at. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseSync } from "vite";
import { expect, test } from "vitest";
import { ROOT } from "./toolchain.mjs";

const BRITISH =
  /colour|grey|centre|neighbour|behaviour|analys(?:e|ed|es|ing)(?![a-z])|(?:normal|recogn|optim|initial|summar|random|serial|visual|organ|raster|quant)is(?:e|ation|ing)/i;
/** A manifest's licence, a link's band centre, a golden's grey picture. */
const FIELDS = ["licence", "centre", "grey"];
const FOLDERS = ["src", "scripts", "bench", "e2e", "models/dataset"];

/** Comments and plain strings taken away, roughly: what has no such word left need not be parsed. */
function withoutProse(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|"[^"\n]*"/gm, "");
}

/** Names that a source gives or uses; classes of a stylesheet are no identifiers. */
function identifiersOf(text: string, file: string): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(look);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { type, name, object } = node as Record<string, unknown>;
    if (type === "Identifier" && typeof name === "string") names.add(name);
    if (type === "MemberExpression" && (object as { name?: string }).name === "styles") return;
    Object.values(node).forEach(look);
  };
  look(parseSync(file, text).program);
  return names;
}

test("no identifier is spelled the British way", () => {
  const found = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(?:tsx?|mjs)$/.test(file))
      .flatMap((file) => {
        const text = readFileSync(path.join(ROOT, folder, file), "utf8");
        if (!BRITISH.test(withoutProse(text))) return [];
        return [...identifiersOf(text, file)]
          .filter((name) => BRITISH.test(name) && !FIELDS.includes(name))
          .map((name) => `${folder}/${file}: ${name}`);
      }),
  );
  expect(found).toEqual([]);
});

test("a British name is seen where it is given", () => {
  const source = "const greyLevel = styles.centre; // the colour\nfunction recogniseIt() {}";
  const names = [...identifiersOf(source, "a.ts")].filter((name) => BRITISH.test(name));
  expect(names).toEqual(["greyLevel", "recogniseIt"]);
});
