/** `npm run docs`: what becomes of each operator that exporters and optimisers write (models/golden/operators.json) on the way of a gradient. */
import { readFileSync } from "node:fs";
import { toErrorData } from "../src/errors/labError.ts";
import { CHANNELS_LAST, isChannelsLast } from "../src/onnx/channelsLast.ts";
import { gradientReads } from "../src/onnx/grad/flow.ts";
import { MICROSOFT_RULES, RULES, ruleFor } from "../src/onnx/grad/rules.ts";
import { ELEMENT_TYPE, makeNode } from "../src/onnx/messages.ts";
import type { NodeProto } from "../src/onnx/messages.ts";
import { DECOMPOSITIONS, isUnfusable } from "../src/onnx/unfuse/unfuse.ts";

interface Listed {
  readonly domain: string;
  readonly op: string;
  /** Who writes it. */
  readonly by: readonly string[];
}

interface Outcome extends Listed {
  readonly kind: "rule" | "taken apart" | "resolved" | "no picture" | "zero" | "refused";
  readonly sentence: string;
}

/** Replaced by what they stand for, where that is known from constants and shapes. */
const RESOLVED = new Set(
  "If SplitToSequence SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceAt SequenceLength ConcatFromSequence Constant Upsample".split(
    " ",
  ),
);

/** Operators whose float results come of no picture: what they read are ids, sizes, seeds or whole numbers. */
const NO_PICTURE = new Set(
  "GatherBlockQuantized Range EyeLike ConstantOfShape RandomNormal RandomUniform Multinomial BitShift BitwiseAnd EmbedLayerNormalization QEmbedLayerNormalization".split(
    " ",
  ),
);

const LISTED = new URL("../models/golden/operators.json", import.meta.url);

export function operatorOutcomes(): readonly Outcome[] {
  const { operators } = JSON.parse(readFileSync(LISTED, "utf8")) as { operators: Listed[] };
  const known = new Set(operators.map(keyOf));
  const others = handledOperators().filter((each) => !known.has(keyOf(each)));
  const all = [...operators, ...others.map((each) => ({ ...each, by: [] }))];
  return all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map(outcomeOf);
}

/** Every operator that a rule, a decomposition or a plain form is there for. */
export function handledOperators(): readonly Pick<Listed, "domain" | "op">[] {
  const of = (domain: string, operators: Iterable<string>) =>
    [...operators].map((op) => ({ domain, op }));
  return [
    ...of("", Object.keys(RULES)),
    ...of("com.microsoft", Object.keys(MICROSOFT_RULES)),
    ...Object.entries(DECOMPOSITIONS).flatMap(([domain, all]) => of(domain, Object.keys(all))),
    ...of("com.microsoft", Object.keys(CHANNELS_LAST)),
  ];
}

function keyOf({ domain, op }: Pick<Listed, "domain" | "op">): string {
  return `${domain} ${op}`;
}

/** docs/tables/operators.md. */
export function operatorTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    ({ domain, op, by, sentence }) =>
      `| \`${domain === "" ? "" : `${domain}.`}${op}\` | ${by.join(", ") || "none of these"} | ${sentence} |`,
  );
  return [
    "# Operators on the way of a gradient",
    "",
    "What exporters, builders and optimisers of published models can write, read off their own sources (`models/golden/operator_lists.py`), and what becomes of",
    "each where a gradient meets it. Operators that the lab has an answer for and no list names stand here, too. Made by `npm run docs`.",
    "",
    "| operator | written by | here |",
    "| -------- | ---------- | ---- |",
    ...rows,
    "",
  ].join("\n");
}

function outcomeOf(listed: Listed): Outcome {
  const { domain, op } = listed;
  const node: NodeProto = { ...makeNode(op, ["x"], ["y"]), domain };
  if (isUnfusable(node)) {
    return { ...listed, kind: "taken apart", sentence: "taken apart into visible operators" };
  }
  if ((domain === "" && RESOLVED.has(op)) || isChannelsLast(node)) {
    return {
      ...listed,
      kind: "resolved",
      sentence: "replaced by what it stands for before the gradient",
    };
  }
  if (NO_PICTURE.has(op)) {
    return {
      ...listed,
      kind: "no picture",
      sentence: "reads ids, sizes or seeds: no picture goes through it",
    };
  }
  const float = ELEMENT_TYPE.float32;
  const types = new Map([
    ["x", float],
    ["y", float],
  ]);
  if (!gradientReads(node, types).includes("x")) {
    return {
      ...listed,
      kind: "zero",
      sentence: "its result changes in jumps alone: derivative zero",
    };
  }
  try {
    ruleFor(node);
    return { ...listed, kind: "rule", sentence: "a rule of its own" };
  } catch (error) {
    const { message } = toErrorData(error);
    return {
      ...listed,
      kind: "refused",
      sentence: `refused: “${message.replace(/ \(node.*\)/, "")}”`,
    };
  }
}
