/** A run as one figure for print: the panels that were ticked, with every parameter that decides the numbers under them. */
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import { VECTOR } from "../certifiedFeature.ts";
import type { AttackTrace, Readout } from "../results.ts";
import { percent } from "../../numerics/percentText.ts";
import { attentionShown } from "../attentionShown.ts";
import { radiusRange } from "../radiusRange.ts";
import { entryOf, traceEntry } from "../traceEntry.ts";
import type { TraceEntry } from "../traceEntry.ts";
import {
  attentionPicture,
  differencePicture,
  differenceScale,
  grayPicture,
} from "./figurePictures.ts";
import { answersPanel, curvesPanel, listPanel } from "./figurePlots.ts";
import { parameterLines } from "./runRecord.ts";
import type { RunRecord } from "./runRecord.ts";
import { FONT, escaped, linesOf, textAt } from "./svg.ts";
import { decimal } from "../../numerics/decimalText.ts";

export const FIGURE_PANELS = [
  { id: "clean", label: "Clean picture" },
  { id: "disturbed", label: "Disturbed picture" },
  { id: "difference", label: "Difference" },
  { id: "attentionClean", label: "Attention, clean" },
  { id: "attentionDisturbed", label: "Attention, disturbed" },
  { id: "answers", label: "Answers" },
  { id: "wordings", label: "Other wordings" },
  { id: "numbers", label: "Numbers" },
  { id: "trace", label: "Attack by step" },
  { id: "certificate", label: "Certified cosine" },
] as const;

export type FigurePanel = (typeof FIGURE_PANELS)[number]["id"];

/** Side of a panel, gap between panels, and the outer border, in user units. */
const SIDE = 300;
const GAP = 26;
const BORDER = 24;
const COLUMNS = 3;
const HEAD = 24;
const LINE = 15;
/** Helvetica's mean advance is just under half of its size. */
const CHARACTER = 5.35;

export interface Figure {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** The panels that this run has something for. */
export function panelsOf(record: RunRecord): readonly FigurePanel[] {
  return FIGURE_PANELS.flatMap(({ id }) => (drawPanel(id, record) ? [id] : []));
}

/** Panels in the order of FIGURE_PANELS, three to a row, lettered; those without a result are left out. */
export function figureOf(record: RunRecord, wanted: readonly FigurePanel[]): Figure {
  const drawn = FIGURE_PANELS.flatMap(({ id }) => {
    const panel = wanted.includes(id) ? drawPanel(id, record) : undefined;
    return panel ? [panel] : [];
  });
  const columns = Math.max(1, Math.min(COLUMNS, drawn.length));
  const rows = Math.ceil(drawn.length / columns);
  const width = 2 * BORDER + Math.max(2, columns) * SIDE + (Math.max(2, columns) - 1) * GAP;
  const most = Math.floor((width - 2 * BORDER) / CHARACTER);
  const words = [
    ...parameterLines(record).flatMap((line) => linesOf(line, most)),
    "Research and teaching only. Not for diagnosis.",
  ];
  const panelsEnd = BORDER + rows * (SIDE + HEAD + GAP);
  const height = panelsEnd + words.length * LINE + BORDER;
  const cells = drawn.map(({ title, body }, k) => {
    const x = BORDER + (k % columns) * (SIDE + GAP);
    const y = BORDER + Math.floor(k / columns) * (SIDE + HEAD + GAP);
    const letter = String.fromCharCode(65 + k);
    return `<g transform="translate(${x} ${y})">${textAt(0, 12, letter, { size: 14, weight: 700 })}${textAt(18, 12, title, { size: 12 })}<g transform="translate(0 ${HEAD})">${body}</g></g>`;
  });
  const footer = words.map((line, k) =>
    textAt(BORDER, panelsEnd + (k + 1) * LINE - 4, line, { size: 10.5, fill: "#333" }),
  );
  const title = `${record.spec.question} ${answerWords(record)}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}"><title>${escaped(title)}</title><rect width="100%" height="100%" fill="#fff"/>${cells.join("")}${footer.join("")}</svg>`;
  return { svg, width, height };
}

function answerWords({ results: { clean, readout } }: RunRecord): string {
  if (!clean?.answer || !readout?.answer) return "";
  return `Clean: ${clean.answer.corrected}. Disturbed: ${readout.answer.corrected}.`;
}

interface Panel {
  readonly title: string;
  readonly body: string;
}

function drawPanel(id: FigurePanel, record: RunRecord): Panel | undefined {
  return DRAWN[id](record.results, record.spec);
}

type Results = RunRecord["results"];

const DRAWN: Readonly<
  Record<FigurePanel, (results: Results, spec: RunRecord["spec"]) => Panel | undefined>
> = {
  clean: ({ input }) =>
    input && {
      title: "Clean, as the model is given it",
      body: pictured(grayPicture(input.image, input.size)),
    },
  disturbed: ({ input, disturbed }) =>
    input &&
    disturbed && { title: "Disturbed", body: pictured(grayPicture(disturbed.image, input.size)) },
  difference: ({ input, disturbed, metrics }) => {
    if (!input || !disturbed || !metrics) return undefined;
    const scale = differenceScale(metrics.linf);
    return {
      title: `Disturbed − clean, full scale ±${scale}/255`,
      body: pictured(differencePicture(input.image, disturbed.image, input.size, scale)),
    };
  },
  attentionClean: ({ input, clean, readout }) =>
    input && clean && attended(input, clean, { other: readout, name: "clean" }),
  attentionDisturbed: ({ input, disturbed, clean, readout }) =>
    input &&
    disturbed &&
    readout &&
    attended({ image: disturbed.image, size: input.size }, readout, {
      other: clean,
      name: "disturbed",
    }),
  answers: ({ clean, readout }) =>
    clean?.answer && readout?.answer
      ? {
          title: "Answer about the finding",
          body: answersPanel(SIDE, clean.answer, readout.answer),
        }
      : undefined,
  wordings: ({ clean, readout }) => {
    if (!clean?.paraphrases.length || !readout) return undefined;
    const rows = clean.paraphrases.map((before, k): [string, string] => {
      const after = readout.paraphrases[k];
      return [before.question, `${before.corrected} → ${after?.corrected ?? "?"}`];
    });
    return { title: "Other wordings, about the finding", body: listPanel(SIDE, rows) };
  },
  numbers: ({ metrics }) =>
    metrics && {
      title: "How far it moved",
      body: listPanel(SIDE, [
        ["Feature cosine", decimal(metrics.featureCosine, 4)],
        ["Feature l2", decimal(metrics.featureL2, 4)],
        ["Largest change of a pixel", `${decimal(255 * metrics.linf, 1)}/255`],
        ["l2 of the change", decimal(metrics.l2, 3)],
        ["Pixels changed", percent(metrics.changedShare)],
        ["Image SSIM", decimal(metrics.ssim, 4)],
        ["PSNR", Number.isFinite(metrics.psnr) ? `${decimal(metrics.psnr, 1)} dB` : "identical"],
        ...metrics.attentionSsim
          .slice(-1)
          .map(({ kind, layer, ssim }): [string, string] => [
            `Attention SSIM (${kind} ${layer + 1})`,
            decimal(ssim, 3),
          ]),
        ["Answer flipped", metrics.flipped === null ? "no answer" : metrics.flipped ? "yes" : "no"],
      ]),
    },
  trace: ({ disturbed }, { stack }) => {
    const attacked = disturbed?.items.findLast(({ trace }) => trace !== undefined);
    if (!attacked?.trace) return undefined;
    const item = stack.find(({ id }) => id === attacked.id);
    const settings = item?.type === "attack" ? ATTACK_CATALOG[item.attack].settings : [];
    const entry = traceEntry({ ...attacked.trace, entry: entryOf(settings) });
    return { title: `${attacked.label} by ${entry}`, body: tracePlot(attacked.trace, entry) };
  },
  certificate: ({ certificate }) =>
    certificate && {
      title: `Certified cosine of ${VECTOR[certificate.feature]}, n ${certificate.n}, alpha ${certificate.alpha}`,
      body: curvesPanel(
        SIDE,
        [
          {
            name: "to the smoothed clean feature",
            x: certificate.curve.radius,
            y: certificate.curve.toSmoothedClean,
            ink: "clean",
          },
          {
            name: "to the clean feature",
            x: certificate.curve.radius,
            y: certificate.curve.toClean,
            ink: "faint",
          },
        ],
        {
          x: "l2 radius around the clean picture",
          y: "cosine",
          ...(certificate.stackL2 > 0 && {
            mark: {
              at: certificate.stackL2,
              label: `this change ${decimal(certificate.stackL2, 2)}`,
            },
          }),
          range: { x: radiusRange(certificate), y: [0, 1] },
          empty: "Nothing is guaranteed so far, at any distance.",
        },
      ),
    },
};

function tracePlot({ loss, bestLoss, lossName, lossUnit }: AttackTrace, entry: TraceEntry): string {
  const steps = loss.map((_, k) => k);
  return curvesPanel(
    SIDE,
    [
      { name: `this ${entry}`, x: steps, y: loss, ink: "faint" },
      { name: "best so far", x: steps, y: bestLoss, ink: "changed" },
    ],
    { x: entry, y: lossUnit ? `${lossName} (${lossUnit})` : lossName },
  );
}

function pictured(href: string): string {
  return `<image width="${SIDE}" height="${SIDE}" href="${href}"/>`;
}

function attended(
  { image, size }: { readonly image: Float32Array; readonly size: number },
  readout: Readout,
  { other, name }: { readonly other: Readout | undefined; readonly name: string },
): Panel | undefined {
  const shown = attentionShown(readout);
  if (!shown) return undefined;
  const second = other && attentionShown(other);
  const peak = Math.max(peakOf(shown.map), second ? peakOf(second.map) : 0);
  return {
    title: `Attention, ${name}: ${shown.label}`,
    body: pictured(attentionPicture(image, size, shown, peak)),
  };
}

/** The 99th percentile, at least twice an even share: one outlying token must not turn everything else dark. */
function peakOf(map: Float32Array): number {
  const sorted = Float32Array.from(map).sort();
  return Math.max(sorted[Math.floor(0.99 * (sorted.length - 1))]!, 2 / map.length);
}
