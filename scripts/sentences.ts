/**
 * Every sentence of the page, read from the source: what a dictionary under public/languages has to know. Text of components
 * is taken as it reaches the screen ("{0} of {1} films": neighbours make one sentence), other strings where they are prose.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseSync } from "vite";
import { labStudyList } from "./labStudies.ts";
import { YES_NO } from "../src/ui/instruments/quantityText.ts";
import { ROOT } from "./toolchain.mjs";

/**
 * Not on the page, or English in every language: the questions and their words (the model reads English), exported scripts, and
 * what is wrong inside a graph, which speaks to the tools that write graphs.
 */
const OUTSIDE =
  /(\.test\.tsx?|\.d\.ts|[sS]haders?\.ts)$|^language\/(?!(answer|chatTemplate|clinicalValidator|promptTokenizer|recognize|refusal|topics)\.)|^(cli|testing|onnx|numerics|tensor|sw\.ts|experiment\/exports|graphs\/(proposal|generative\/(?!ownFolders)))(\/|$)/;
/** Properties and attributes whose value is read out or printed, even when it is one word. */
const PRINTED =
  /^(label|title|help|hint|text|does|name|unit|short|summary|note|caption|description|heading|placeholder|alt|word|says|what|why|about|aria-label|aria-description|aria-roledescription|aria-valuetext)$/;
/** Values for machines. */
const MACHINE =
  /^(className|style|key|id|d|viewBox|transform|points|fill|stroke|font|background|type|role|href|src|path|code|ops?|rel|mode|kind|question|wording|prompt|template|source|reference|citation|columns?|operators?)$/;

type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** Sentence to the file it was first seen in. */
export function pageSentences(): ReadonlyMap<string, string> {
  const source = path.join(ROOT, "src");
  const found = new Map<string, string>();
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => /\.tsx?$/.test(file) && !OUTSIDE.test(file))
    .toSorted();
  for (const file of files) {
    const text = readFileSync(path.join(source, file), "utf8");
    for (const sentence of sentencesOf(text, file)) {
      if (!found.has(sentence)) found.set(sentence, file);
    }
  }
  for (const { id, name, description } of labStudyList()) {
    for (const sentence of [name, description]) found.set(sentence, `studies/${id}.json`);
  }
  return found;
}

/** The sentences of one module. */
export function sentencesOf(text: string, file: string): readonly string[] {
  const { program } = parseSync(file, text);
  const found: string[] = [];
  const keep = (sentence: string) => {
    const core = sentence.replaceAll(/\s+/g, " ").trim();
    if (!isSpoken(core)) return;
    found.push(core);
    // The page shows such a number as a word, and its label without this.
    if (core.endsWith(YES_NO)) found.push(core.slice(0, -YES_NO.length));
  };
  visit(program as unknown as Node, { keep, name: "", isShown: false });
  return found;
}

/** Strings that components return outside any element. */
export function bareTexts(text: string, file: string): readonly string[] {
  const { program } = parseSync(file, text);
  return bareIn(program as unknown as Node, false);
}

function bareIn(node: Node, isComponent: boolean): readonly string[] {
  if (node.type === "ReturnStatement" && isComponent) {
    const returned = node["argument"] as Node | null;
    const sentence = returned ? textOf(returned) : undefined;
    if (sentence !== undefined) return [sentence];
  }
  const name = ((node["id"] as Node | null | undefined)?.["name"] ?? "") as string;
  const isInside = node.type === "FunctionDeclaration" ? /^[A-Z]/.test(name) : isComponent;
  return childrenOf(node).flatMap((child) =>
    bareIn(child, isInside && !/^(Arrow)?FunctionExpression$/.test(node.type)),
  );
}

interface Place {
  readonly keep: (sentence: string) => void;
  /** Of the property or attribute that the node is the value of. */
  readonly name: string;
  /** Inside a component's text. */
  readonly isShown: boolean;
}

function visit(node: Node, place: Place): void {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "TSLiteralType":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
      return;
    case "JSXElement":
    case "JSXFragment":
      visitText(node["children"] as Node[], place);
      if (node["openingElement"])
        visit(node["openingElement"] as Node, { ...place, isShown: false });
      return;
    case "JSXAttribute": {
      const name = (node["name"] as Node)["name"] as string;
      const value = node["value"] as Node | null;
      if (value) visit(value, { ...place, name, isShown: false });
      return;
    }
    case "Property": {
      const key = node["key"] as Node;
      const name = ((key["name"] ?? key["value"]) as string | undefined) ?? "";
      visit(node["value"] as Node, { ...place, name, isShown: false });
      return;
    }
    case "BinaryExpression":
      if (["===", "!==", "==", "!=", "in"].includes(node["operator"] as string)) return;
      break;
    case "SwitchCase":
      for (const child of node["consequent"] as Node[]) visit(child, place);
      return;
    case "TaggedTemplateExpression":
      return;
    case "CallExpression":
      // Of the developer's own mistakes.
      if (FAULTS.includes((node["callee"] as Node)["name"] as string)) return;
      break;
  }
  const sentence = textOf(node);
  if (sentence !== undefined && isPrinted(sentence, place)) place.keep(sentence);
  for (const child of childrenOf(node)) {
    // The halves of a sum of strings are one sentence already.
    if (sentence !== undefined && textOf(child) !== undefined && node.type === "BinaryExpression") {
      for (const inner of expressionsOf(child)) visit(inner, place);
    } else visit(child, place);
  }
}

function isPrinted(sentence: string, { name, isShown }: Place): boolean {
  if (MACHINE.test(name)) return false;
  if (isShown || PRINTED.test(name)) return true;
  const words = sentence.replaceAll(/\{\d+\}/g, "place");
  return /\p{L}{2,}[^\p{L}]* .*\p{L}{2,}/su.test(words) && /\p{L}{3}/u.test(sentence);
}

const FAULTS = ["fault", "invariant"];

/** What has words in it and is none: names in code, paths, styles, selectors, shaders, templates of other languages. */
const NOT_SPOKEN: readonly RegExp[] = [
  /^[a-z]+([A-Z-][a-z]*)+$/,
  /^[a-z]+_[a-z]/,
  /^[A-Z_]+$/,
  /^[\w-]+[/.:#][\w/.#:-]+$/,
  /^[.<%]|^--|^section\[|^\(prefers|^min\(|^rgb\(/,
  /^[\d.\s]+(px|fr|em)|\bpx\b.*(solid|auto)|var\(--|linear-gradient|sans-serif/,
  /\[role=|=>|\$\{|#version|<br>/,
  /^\{?["'][\w{}]*["']: |^\{["']/,
  // Words that a perturbation writes on the film, and titles of papers.
  /^(?=.*[A-Z]{2} [A-Z]{2})[A-Z ]+$/,
  /arXiv:/,
  /^internal:/,
];

function isSpoken(core: string): boolean {
  const words = core.replaceAll(/\{\d+\}/g, " ");
  return /\p{L}{2}/u.test(words) && !NOT_SPOKEN.some((pattern) => pattern.test(core));
}

/** Text, template or a sum of them as a sentence with places; undefined for anything else. */
function textOf(node: Node): string | undefined {
  const pieces = piecesOf(node);
  if (!pieces?.some((piece) => piece !== null)) return undefined;
  return withPlaces(pieces);
}

/** null stands for what is filled in. */
function piecesOf(node: Node): readonly (string | null)[] | undefined {
  if (node.type === "Literal") {
    return typeof node["value"] === "string" ? [node["value"]] : undefined;
  }
  if (node.type === "TemplateLiteral") {
    return (node["quasis"] as { readonly value: { readonly cooked: string } }[]).flatMap(
      ({ value }, k) => (k === 0 ? [value.cooked] : [null, value.cooked]),
    );
  }
  if (node.type === "BinaryExpression" && node["operator"] === "+") {
    const [left, right] = [piecesOf(node["left"] as Node), piecesOf(node["right"] as Node)];
    if (!left && !right) return undefined;
    return [...(left ?? [null]), ...(right ?? [null])];
  }
  return undefined;
}

function withPlaces(pieces: readonly (string | null)[]): string {
  let place = 0;
  return pieces.map((piece) => piece ?? `{${place++}}`).join("");
}

function expressionsOf(node: Node): readonly Node[] {
  if (node.type === "TemplateLiteral") return node["expressions"] as Node[];
  if (node.type === "BinaryExpression") {
    return [node["left"] as Node, node["right"] as Node].flatMap((side) =>
      textOf(side) === undefined ? [side] : expressionsOf(side),
    );
  }
  return [];
}

/** Children of an element: runs of text and of what is filled in are one sentence each. */
function visitText(children: readonly Node[], place: Place): void {
  let run: (string | null)[] = [];
  const close = () => {
    if (run.some((piece) => piece !== null && /\p{L}/u.test(piece))) place.keep(withPlaces(run));
    run = [];
  };
  for (const child of children) {
    if (child.type === "JSXText") {
      const text = shownText(child["value"] as string);
      if (text !== "") run.push(text);
      continue;
    }
    const inner = child.type === "JSXExpressionContainer" ? (child["expression"] as Node) : child;
    if (inner.type === "JSXEmptyExpression") continue;
    const pieces = piecesOf(inner);
    if (pieces) run.push(...pieces);
    else if (isValue(inner)) run.push(null);
    else close();
    for (const part of pieces ? expressionsOf(inner) : [inner]) {
      visit(part, { ...place, name: "", isShown: true });
    }
  }
  close();
}

/** Whether an expression can only be a string or a number. */
function isValue(node: Node): boolean {
  if (node.type === "Identifier") return node["name"] !== "children";
  if (node.type === "ConditionalExpression") {
    return [node["consequent"], node["alternate"]].every(
      (side) => piecesOf(side as Node) !== undefined || isValue(side as Node),
    );
  }
  return node.type === "MemberExpression" || node.type === "CallExpression"
    ? !hasElements(node)
    : false;
}

function hasElements(node: Node): boolean {
  return node.type.startsWith("JSX") || childrenOf(node).some((child) => hasElements(child));
}

/** JSX text as React shows it: lines are trimmed and joined by a space. */
function shownText(raw: string): string {
  const lines = raw.split("\n");
  return decoded(
    lines
      .map((line, k) => {
        const left = k === 0 ? line : line.trimStart();
        return k === lines.length - 1 ? left : left.trimEnd();
      })
      .filter((line) => line !== "")
      .join(" "),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&nbsp;": " ",
};

function decoded(text: string): string {
  return text.replaceAll(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}

function childrenOf(node: Node): readonly Node[] {
  return Object.entries(node).flatMap(([name, value]) => {
    if (name === "type" || name === "typeAnnotation" || name === "typeArguments") return [];
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
