/** Which words of its own vocabulary a model's picture tokens come nearest to, clean and disturbed. */
import { meanNorm, wordSearch } from "../../metrics/nearestWords.ts";
import type { NearWord, TokenRows } from "../../metrics/nearestWords.ts";
import type { WordTable } from "../../model/visionLanguageModel.ts";
import { canAnswer } from "../../model/manifest.ts";
import { randomStream } from "../../numerics/random.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import type { Halves, System } from "../../system/system.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult, PictureMap, Quantity, ResultTable } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Rows of the table that are read at once. */
const PART = 1024;
/** Beyond so many columns a grid of words can't be read. */
const WIDEST_GRID = 16;

const NAMES = ["clean", "disturbed"] as const;

export const nearWords = defineInstrument({
  id: "nearWords",
  label: "Nearest words to the picture's tokens",
  group: "stages",
  help: "Where a model reads the picture's tokens as if they were words, it names for each the word of the vocabulary that points most nearly the same way, beside how near chance would come. A near word is not what the model sees there: tokens may lie far from every word, and the language side never reads them as the word beside them.",
  source:
    "Cosine to the rows of the model's own embedding table; picture tokens as words: Liu et al. 2023, Visual Instruction Tuning (arXiv:2304.08485), section 4.1",
  params: {
    shown: {
      label: "Words listed",
      unit: "",
      min: 4,
      max: 40,
      step: 4,
      default: 12,
      integer: true,
      help: "The most frequent ones; the grid, where the model has one, shows all.",
    },
  },
  needs: ["system", "input", "disturbed"],
  obstacle: ({ system }) => obstacleOf(system),
  async *run({ system, input, disturbed }, scope) {
    const { context, params } = scope;
    const { words, encode } = system.halves as Halves;
    const table = await words?.();
    if (!table) return obstructed(NO_SEQUENCE);
    const [clean, moved] = [
      rowsOf((await encode(input.image)).tokens),
      rowsOf((await encode(disturbed.image)).tokens),
    ];
    const searched = [clean, moved, shuffled(clean, scope)];
    const searches = searched.map(wordSearch);
    const norms: number[] = [];
    for (let from = 0; from < table.count; from += PART) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: from, total: table.count, label: "Looking among the words" } };
      const n = Math.min(PART, table.count - from);
      const part = await table.rows(from, n);
      norms.push(n * meanNorm(part, clean.width));
      recordRows(context, `instrument.nearWords.table.${from / PART}`, split(part, clean.width));
      for (const search of searches) search.add(part, from);
    }
    NAMES.forEach((name, k) =>
      recordRows(
        context,
        `instrument.nearWords.tokens.${name}`,
        split(searched[k]!.data, clean.width),
      ),
    );
    return resultOf({
      table,
      found: searches.map(({ found }) => found),
      norms: {
        picture: [clean, moved].map(({ data, width }) => meanNorm(data, width)),
        words: norms.reduce((sum, each) => sum + each, 0) / table.count,
      },
      grid: system.manifest.tokenGrid,
      shown: params["shown"]!,
    });
  },
});

const NO_SEQUENCE =
  "This model's language side reads the picture by attention from outside: its picture tokens do not stand among words, so none is near.";

function obstacleOf({ halves, manifest, embedText }: System): string | undefined {
  if (halves?.words) return undefined;
  if (!halves)
    return "Behind this defense several pictures or models answer together: there is no one list of tokens.";
  if (!canAnswer(manifest))
    return "This model is an image encoder without a text side: it has no words.";
  return manifest.folder && embedText
    ? "This model compares the whole picture with whole sentences: its picture tokens do not stand among words (free prompts against the picture are the zero-shot measurement)."
    : NO_SEQUENCE;
}

function rowsOf({ data, shape }: FloatTensor): TokenRows {
  const width = shape.at(-1)!;
  return { rows: data.length / width, width, data };
}

/** The same numbers in another order within each token: as long and as lively, and pointing nowhere in particular. */
function shuffled({ rows, width, data }: TokenRows, { seed }: InstrumentScope): TokenRows {
  const random = randomStream(seed, "near words");
  const mixed = data.slice();
  for (let row = 0; row < rows; row++) {
    for (let i = width - 1; i > 0; i--) {
      const [a, b] = [row * width + i, row * width + random.integer(i + 1)];
      [mixed[a], mixed[b]] = [mixed[b]!, mixed[a]!];
    }
  }
  return { rows, width, data: mixed };
}

function split(data: Float32Array, width: number): readonly Float32Array[] {
  return Array.from({ length: data.length / width }, (_, k) =>
    data.subarray(k * width, (k + 1) * width),
  );
}

interface Found {
  readonly table: WordTable;
  /** Clean, disturbed, and the clean tokens shuffled. */
  readonly found: readonly (readonly NearWord[])[];
  readonly norms: { readonly picture: readonly number[]; readonly words: number };
  readonly grid: readonly [number, number] | undefined;
  readonly shown: number;
}

function resultOf({ table, found, norms, grid, shown }: Found): InstrumentResult {
  const [clean, moved, chance] = found as [
    readonly NearWord[],
    readonly NearWord[],
    readonly NearWord[],
  ];
  const word = ({ id }: NearWord): string => {
    const text = id < 0 ? "" : table.text(id).trim();
    return text === "" ? `(token ${id})` : text;
  };
  const mean = (list: readonly NearWord[]): number =>
    list.reduce((sum, { cosine }) => sum + cosine, 0) / list.length;
  const changed = clean.filter(({ id }, k) => id !== moved[k]!.id).length;
  const n = clean.length;
  const often = counted(clean.map(word));
  const cosines = [mean(clean), mean(moved)];
  const quantities: Quantity[] = [
    ...NAMES.map((name, k): Quantity => ({
      id: `cosine.${name}`,
      label: `Mean cosine to the nearest word, ${name}`,
      value: cosines[k]!,
      unit: "",
      n,
    })),
    {
      id: "cosine.chance",
      label: "Mean cosine to the nearest word, tokens whose numbers are shuffled",
      value: mean(chance),
      unit: "",
      n,
      note: "what chance gives",
    },
    {
      id: "changed",
      label: "Tokens whose nearest word changes",
      value: changed / n,
      unit: "share",
      n,
    },
    ...NAMES.map((name, k): Quantity => ({
      id: `length.${name}`,
      label: `Length of picture tokens over that of words, ${name}`,
      value: norms.picture[k]! / norms.words,
      unit: "",
      n,
    })),
  ];
  return {
    statement: `The nearest word is “${often[0]?.[0] ?? ""}” for ${often[0]?.[1] ?? 0} of the clean picture's ${n} tokens; the mean cosine is ${decimal(cosines[0]!, 2)}, where shuffled tokens reach ${decimal(mean(chance), 2)}${verdict(cosines[0]!, mean(chance))}. The disturbance changes the nearest word of ${changed} of ${n}.`,
    quantities,
    maps: mapsOf([clean, moved], grid),
    tables: [
      frequent([often, counted(moved.map(word))], shown),
      ...wordGrid(clean.map(word), grid, "Clean picture, place by place"),
      ...wordGrid(moved.map(word), grid, "Disturbed picture, place by place"),
    ],
  };
}

/** Whether the words deserve to be read at all. */
function verdict(cosine: number, chance: number): string {
  if (cosine <= chance) return ": no nearer than by chance, so the words say nothing here";
  return cosine <= 1.5 * chance ? ": hardly nearer than by chance" : "";
}

type Counted = readonly (readonly [word: string, tokens: number])[];

/** The most frequent first; of equal ones the one that comes first in the picture. */
function counted(words: readonly string[]): Counted {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}

function frequent([clean, moved]: readonly Counted[], shown: number): ResultTable {
  const after = new Map(moved);
  const before = new Map(clean);
  const words = [...new Set([...clean!, ...moved!].map(([word]) => word))];
  const most = (word: string): number => Math.max(before.get(word) ?? 0, after.get(word) ?? 0);
  return {
    id: "words",
    title: "Most frequent nearest words",
    columns: ["Word", "Tokens, clean", "Tokens, disturbed"],
    rows: words
      .toSorted((a, b) => most(b) - most(a))
      .slice(0, shown)
      .map((word) => [word, before.get(word) ?? 0, after.get(word) ?? 0]),
  };
}

function wordGrid(
  words: readonly string[],
  grid: readonly [number, number] | undefined,
  title: string,
): readonly ResultTable[] {
  if (!grid || grid[0] * grid[1] !== words.length || grid[1] > WIDEST_GRID) return [];
  const [rows, columns] = grid;
  return [
    {
      id: `grid.${title.split(" ")[0]!.toLowerCase()}`,
      title,
      columns: ["Row", ...Array.from({ length: columns }, (_, k) => String(k + 1))],
      rows: Array.from({ length: rows }, (_, r) => [
        r + 1,
        ...words.slice(r * columns, (r + 1) * columns),
      ]),
    },
  ];
}

function mapsOf(
  lists: readonly (readonly NearWord[])[],
  grid: readonly [number, number] | undefined,
): readonly PictureMap[] {
  if (!grid || grid[0] * grid[1] !== lists[0]!.length) return [];
  return NAMES.map((name, k): PictureMap => ({
    id: name,
    label: `How near each token is to its word, ${name} picture`,
    grid,
    data: Float32Array.from(lists[k]!, ({ cosine }) => Math.max(0, cosine)),
    unit: "cosine",
    picture: name,
  }));
}
