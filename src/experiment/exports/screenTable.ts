/** Every number of a run as one long table: a row for each quantity, with its unit and, where it has one, its place. */
import { VECTOR } from "../certifiedFeature.ts";
import { partName } from "../../model/graphPart.ts";
import { finiteOrNull } from "./finite.ts";
import type { InstrumentResult } from "../instruments/instrumentResult.ts";
import type { CertificateResult, DisturbedItem, MetricsResult, Readout } from "../results.ts";
import { caseLine } from "./runRecord.ts";
import type { RunRecord } from "./runRecord.ts";

export type TableCell = string | number | boolean | null;
/** section, item, quantity, position, value, unit, n */
export type TableRow = readonly TableCell[];

export const TABLE_COLUMNS = ["section", "item", "quantity", "x", "value", "unit", "n"] as const;

/** Without its heading. Positions (`x`) are steps of a trace, radii of a curve, or points of a plot. */
export function screenTable(record: RunRecord): readonly TableRow[] {
  const { results, environment, spec, model } = record;
  const { clean, readout, metrics, disturbed, certificate, undefended, gradientCheck } = results;
  return [
    one(["run", "lab"], "version", environment.lab),
    one(["run", "lab"], "commit", environment.commit),
    one(["run", "runtime"], environment.backend, environment.runtime),
    one(["run", "model"], "id", model.id),
    one(["run", "model"], "precision", environment.precision),
    one(["run", "model"], "sha256", environment.modelSha256),
    ...(results.graphs ?? []).map((part) => one(["graph", partName(part)], "sha256", part.sha256)),
    one(["run", "case"], "picture", caseLine(spec)),
    one(["run", "case"], "window", results.input?.statement ?? null),
    one(["run", "question"], "text", spec.question),
    ...(clean ? readoutRows("clean", clean) : []),
    ...(readout ? readoutRows("disturbed", readout) : []),
    ...(undefended
      ? [
          ...readoutRows("clean, without defenses", undefended.clean),
          ...readoutRows("disturbed, without defenses", undefended.disturbed),
          one(["undefended", "answer"], "flipped", undefended.flipped),
        ]
      : []),
    ...(metrics ? metricRows(metrics) : []),
    ...(disturbed?.items.flatMap(itemRows) ?? []),
    ...(certificate ? certificateRows(certificate) : []),
    ...(gradientCheck
      ? [
          one(
            ["gradient check", "central differences"],
            "max relative error",
            gradientCheck.maxRelativeError,
          ),
        ]
      : []),
    ...instrumentRows(results),
  ];
}

function one(
  [section, item]: readonly [section: string, item: string],
  quantity: string,
  value: TableCell,
  unit = "",
): TableRow {
  return [section, item, quantity, null, plain(value), unit, null];
}

function plain(value: TableCell): TableCell {
  return typeof value === "number" ? finiteOrNull(value) : value;
}

function readoutRows(picture: string, { answer, paraphrases }: Readout): readonly TableRow[] {
  return [...(answer ? [answer] : []), ...paraphrases].flatMap((said) => [
    one([`answer, ${picture}`, said.question], "answer", said.answer),
    one([`answer, ${picture}`, said.question], "about the finding", said.corrected),
    one([`answer, ${picture}`, said.question], "margin", said.margin, "logits"),
    ...Object.entries(said.probabilities).map(([word, p]) =>
      one([`answer, ${picture}`, said.question], `probability of ${word}`, p),
    ),
    one([`answer, ${picture}`, said.question], "probability of other words", said.massOutside),
  ]);
}

function metricRows(metrics: MetricsResult): readonly TableRow[] {
  const row = (quantity: string, value: TableCell, unit = "") =>
    one(["how far it moved", "clean against disturbed"], quantity, value, unit);
  return [
    row("feature cosine", metrics.featureCosine),
    row("feature l2", metrics.featureL2),
    row("linf", 255 * metrics.linf, "/255"),
    row("l2", metrics.l2),
    row("share of pixels changed", metrics.changedShare),
    row("image SSIM", metrics.ssim),
    row("PSNR", metrics.psnr, "dB"),
    row("rollout SSIM", metrics.rolloutSsim),
    row("flipped", metrics.flipped),
    row("flip rate of wordings, clean", metrics.flipRateClean),
    row("flip rate of wordings, disturbed", metrics.flipRateDisturbed),
    ...metrics.attentionSsim.flatMap(({ kind, layer, ssim, jsd }) => [
      one(["attention", `${kind} layer ${layer + 1}`], "SSIM", ssim),
      one(["attention", `${kind} layer ${layer + 1}`], "Jensen-Shannon divergence", jsd, "bits"),
    ]),
  ];
}

function itemRows({ id, label, linf, l2, trace }: DisturbedItem): readonly TableRow[] {
  const item = `${label} (${id})`;
  return [
    one(["disturbance", item], "linf", 255 * linf, "/255"),
    one(["disturbance", item], "l2", l2),
    ...(trace
      ? [
          ...points("attack trace", item, trace.lossName, { y: trace.loss, unit: trace.lossUnit }),
          ...points("attack trace", item, `best ${trace.lossName}`, {
            y: trace.bestLoss,
            unit: trace.lossUnit,
          }),
        ]
      : []),
  ];
}

function points(
  section: string,
  item: string,
  quantity: string,
  {
    x,
    y,
    unit = "",
  }: { readonly x?: ArrayLike<number>; readonly y: ArrayLike<number>; readonly unit?: string },
): readonly TableRow[] {
  return Array.from(y, (value, k) => [
    section,
    item,
    quantity,
    x ? finiteOrNull(x[k]!) : k,
    finiteOrNull(value),
    unit,
    null,
  ]);
}

function certificateRows({
  feature,
  n,
  score,
  scoreLower,
  radius,
  curve,
  stackL2,
  atStack,
}: CertificateResult): readonly TableRow[] {
  const row = (quantity: string, value: number): TableRow => [
    "certificate",
    `smoothed feature: ${VECTOR[feature]}`,
    quantity,
    null,
    finiteOrNull(value),
    "",
    n,
  ];
  return [
    row("Gaussian robustness score", score),
    row("score, lower bound", scoreLower),
    row("certified radius (l2)", radius),
    row("l2 of the disturbance", stackL2),
    row("cosine bound at the disturbance, to the smoothed clean feature", atStack.toSmoothedClean),
    row("cosine bound at the disturbance, to the clean feature", atStack.toClean),
    ...points("certificate curve", "cosine bound", "to the smoothed clean feature", {
      x: curve.radius,
      y: curve.toSmoothedClean,
    }),
    ...points("certificate curve", "cosine bound", "to the clean feature", {
      x: curve.radius,
      y: curve.toClean,
    }),
  ];
}

function instrumentRows(results: RunRecord["results"]): readonly TableRow[] {
  return Object.entries(results).flatMap(([stage, result]) => {
    if (!stage.startsWith("instrument:")) return [];
    const { quantities, plots = [], tables = [] } = result as InstrumentResult;
    return [
      ...quantities.map(({ label, value, unit, n }): TableRow => [
        stage,
        "",
        label,
        null,
        finiteOrNull(value),
        unit,
        n ?? null,
      ]),
      ...plots.flatMap((plot) =>
        plot.kind === "lines"
          ? plot.series.flatMap(({ name, x, y }) =>
              points(stage, plot.title, name, { x, y, unit: plot.y.unit }),
            )
          : Array.from(plot.values, (value, k): TableRow => [
              stage,
              plot.title,
              `${plot.rows[Math.floor(k / plot.columns.length)]} / ${plot.columns[k % plot.columns.length]}`,
              null,
              finiteOrNull(value),
              plot.unit,
              null,
            ]),
      ),
      ...tables.flatMap(({ title, columns, rows }) =>
        rows.flatMap((cells, k) =>
          cells.map((cell, c): TableRow => [
            stage,
            title,
            columns[c]!,
            k + 1,
            plain(cell),
            "",
            null,
          ]),
        ),
      ),
    ];
  });
}
