/** What the model cards say of robustness, flips and the Gaussian score: cells of the bundled studies, and none typed by hand. */
import type { SummaryFile } from "../src/cli/study/reportCommand.ts";
import { canAnswer, graphsSha256 } from "../src/model/manifest.ts";
import type { LinkManifest } from "../src/model/linkManifest.ts";
import type { ModelManifest } from "../src/model/manifest.ts";
import type { MeasureId } from "../src/study/measures.ts";
import type { Cell } from "../src/study/rowColumns.ts";
import { cellText, estimateText } from "../src/study/tableText.ts";

/** Studies that a card quotes, by the name of their file. */
export const CARD_STUDIES = [
  "gaussian-score-by-model",
  "epsilon-attack-model",
  "strongest-attack-by-model",
  "wording-by-model",
  "wording-by-adapter",
  "learned-frequency",
] as const; // scripts/studies.mjs writes their numbers.
type CardStudy = (typeof CARD_STUDIES)[number];
export type Summaries = Readonly<Partial<Record<CardStudy, SummaryFile>>>;

const TITLE = "## On the deployed graphs";

/** The card with its section made anew: in its old place, or at the end. */
export function cardWith(card: string, manifest: ModelManifest, summaries: Summaries): string {
  return withSection(card, `${cardSection(manifest, summaries)}\n`);
}

/** A study of what is linked to a model: what it does, in one sentence, and its tables under a title each. */
interface LinkStudy {
  readonly study: CardStudy;
  readonly what: string;
  readonly parts: readonly (Layout & { readonly title: string })[];
}

/** By the task of the package. */
const LINK_STUDIES: Readonly<Partial<Record<LinkManifest["task"], LinkStudy>>> = {
  "low-rank-adapters": {
    study: "wording-by-adapter",
    what: "The same question in 16 other words, those kept out of training first, without an adapter and with each at scale 1.",
    parts: [
      {
        measure: "paraphraseFlips.base.clean",
        title:
          "Share of other wordings whose answer about the finding is another one, mean over phantoms.",
        down: "adapter",
        across: "finding",
      },
      {
        measure: "paraphraseFlips.negated.clean",
        title: "The same of negated wordings alone.",
        down: "adapter",
        across: "finding",
      },
      {
        measure: "correctClean",
        title: "Answers to the plain wording that are right.",
        down: "adapter",
        across: "finding",
      },
    ],
  },
  "frequency-modules": {
    study: "learned-frequency",
    what: "Strong disturbances, one of them of a kind that nothing was taught with, without the modules, with one gain set by hand and with each of the learned weights at amount 1.",
    parts: [
      ...(["consolidation", "nodule", "atelectasis"] as const).map((finding) => ({
        measure: "correct" as const,
        title: `Answers about the disturbed picture that are right: ${finding}.`,
        where: { finding },
        down: "weights",
        across: "disturbance",
      })),
      {
        measure: "featureCosine",
        title: "Cosine of the disturbed picture's features to the undisturbed one's, same model.",
        where: { finding: "consolidation" },
        down: "weights",
        across: "disturbance",
      },
    ],
  },
};

/** The same of a package of what is linked to a model; a card without such a study stays as it is. */
export function linkCardWith(
  card: string,
  { task, files }: Pick<LinkManifest, "task" | "files">,
  summaries: Summaries,
): string {
  const found = LINK_STUDIES[task];
  return found ? withSection(card, `${linkSection(files, found, summaries)}\n`) : card;
}

function linkSection(
  files: readonly { readonly sha256: string }[],
  { study, what, parts }: LinkStudy,
  summaries: Summaries,
): string {
  const summary = summaries[study];
  const said = summary?.graphs?.map(({ sha256 }) => sha256) ?? [];
  if (!summary || files.some(({ sha256 }) => !said.includes(sha256))) {
    return `${TITLE}\n\n${what} Not measured: the study ${study} has no runs of these weights.`;
  }
  return [
    TITLE,
    `${what} Study ${study} (docs/studies/${study}.md), ${summary.runs} of ${summary.planned} runs, ${summary.backend} ONNX Runtime, 95 % intervals.`,
    ...parts.flatMap(({ title, ...layout }) => [title, table(summary, layout)]),
  ].join("\n\n");
}

function withSection(card: string, section: string): string {
  const from = card.indexOf(`${TITLE}\n`);
  if (from < 0) return `${card.trimEnd()}\n\n${section}`;
  const next = card.indexOf("\n## ", from);
  return next < 0
    ? card.slice(0, from) + section
    : `${card.slice(0, from)}${section}${card.slice(next)}`;
}

export function cardSection(manifest: ModelManifest, summaries: Summaries): string {
  const byMethod = (summary: SummaryFile) => [
    table(summary, {
      measure: "attackSuccess",
      of: manifest.id,
      down: "method",
      across: "epsilon",
    }),
  ];
  return [
    TITLE,
    "Studies of this repository on phantoms that no model was trained on, run on the graphs as they are shipped. Each names its cases, its n and the command that repeats it.",
    ...part(manifest, summaries, {
      study: "gaussian-score-by-model",
      what: "Gaussian robustness score: the mean of (1 + cos) / 2 of the features of noisy copies, clipped to [0, 1] and rounded to 255 grey levels as the page certifies them.",
      tables: (summary) => [
        table(summary, { measure: "gaussianScore", of: manifest.id, down: "sigma" }),
      ],
    }),
    ...(canAnswer(manifest)
      ? [
          ...part(manifest, summaries, {
            study: "epsilon-attack-model",
            what: "Attacks that succeed, of the answers that were right before, by epsilon (of 255). White box, linf; stronger attacks break more.",
            tables: byMethod,
          }),
          ...part(manifest, summaries, {
            study: "strongest-attack-by-model",
            what: "The same under the strongest attack of this lab (APGD from the picture and from a random start, momentum with a falling step, FAB, and Square, which only asks; the best of them), on fewer phantoms, beside APGD alone on those.",
            tables: byMethod,
          }),
          ...part(manifest, summaries, {
            study: "wording-by-model",
            what: "Answers about the finding that are others than to the plain wording, by wording and finding.",
            tables: (summary) => [flips(summary, manifest.id)],
          }),
        ]
      : []),
  ].join("\n\n");
}

interface Part {
  readonly study: CardStudy;
  readonly what: string;
  tables(summary: SummaryFile): readonly string[];
}

function part(
  manifest: ModelManifest,
  summaries: Summaries,
  { study, what, tables }: Part,
): string[] {
  const summary = summaries[study];
  const mine = summary?.models.find(({ id }) => id === manifest.id);
  const missing = `${what} Not measured: the study ${study} has no runs of`;
  if (!summary || !mine) return [`${missing} this model.`];
  const { precision, sha256 } = mine;
  if (sha256 !== graphsSha256(manifest, manifest.defaultPrecision)) {
    return [`${missing} these graphs; what it measured was another version of the model.`];
  }
  const share =
    summary.runs < summary.planned ? ` ${summary.runs} of ${summary.planned} runs.` : "";
  return [
    `${what} Study ${study} (docs/studies/${study}.md), weights ${precision}, ${summary.backend} ONNX Runtime, 95 % intervals.${share}`,
    ...tables(summary),
  ];
}

interface Layout {
  readonly measure: MeasureId;
  /** The level of the axis "system", where there is one. */
  readonly of?: string;
  /** Levels of axes that the table does not show. */
  readonly where?: Readonly<Record<string, string>>;
  readonly down: string;
  readonly across?: string;
}

function table({ tables }: SummaryFile, { measure, of, where, down, across }: Layout): string {
  const wanted = Object.entries({ ...where, ...(of !== undefined && { system: of }) });
  const cells = (tables.find((each) => each.measure === measure)?.cells ?? []).filter(
    ({ levels }) => wanted.every(([axis, level]) => levels[axis] === level),
  );
  return grid(
    cells.map((cell) => ({
      line: String(cell.levels[down]),
      column: across === undefined ? "mean" : String(cell.levels[across]),
      text: cellText(cell),
    })),
    across === undefined ? down : `${down} \\ ${across}`,
  );
}

function flips({ changed }: SummaryFile, of: string): string {
  const rows = changed.flatMap(({ measure, rows: found }) =>
    measure === "correctedClean"
      ? found.filter(({ axis, others }) => axis === "wording" && others["system"] === of)
      : [],
  );
  const finding = (others: Readonly<Record<string, Cell>>) => String(others["finding"]);
  return grid(
    rows.map(({ level, others, count, pairs, interval }) => ({
      line: String(level),
      column: finding(others),
      text: `${estimateText(count / pairs, interval)}, ${count} of ${pairs}`,
    })),
    "wording \\ finding",
  );
}

interface GridCell {
  readonly line: string;
  readonly column: string;
  readonly text: string;
}

function grid(cells: readonly GridCell[], corner: string): string {
  const [lines, columns] = [
    [...new Set(cells.map(({ line }) => line))],
    [...new Set(cells.map(({ column }) => column))],
  ];
  const at = (line: string, column: string) =>
    cells.find((cell) => cell.line === line && cell.column === column)?.text ?? "";
  return [
    `| ${[corner, ...columns].join(" | ")} |`,
    `| ${Array.from({ length: columns.length + 1 }, () => "---").join(" | ")} |`,
    ...lines.map(
      (line) => `| ${[line, ...columns.map((column) => at(line, column))].join(" | ")} |`,
    ),
  ].join("\n");
}
