/** What a department would see: calibration, risk and coverage, a threshold with a guarantee, and the routes of the triage rules. */
import { obstructed } from "../../experiment/instruments/instrumentResult.ts";
import type {
  InstrumentResult,
  ResultTable,
} from "../../experiment/instruments/instrumentResult.ts";
import { interpretQuestion } from "../../language/recognize.ts";
import { calibration } from "../../metrics/calibration.ts";
import {
  GUARANTEE_SOURCE,
  GUARANTEE_WORDS,
  THRESHOLD_ALPHA,
  guaranteedConfidence,
} from "../../metrics/guaranteedConfidence.ts";
import { proportion } from "../../metrics/proportion.ts";
import { clopperPearsonUpper } from "../../numerics/binomial.ts";
import { selectivePrediction } from "../../metrics/selectivePrediction.ts";
import { DEFAULT_THRESHOLDS, triage } from "../../triage/triage.ts";
import type { TriageRoute, TriageThresholds } from "../../triage/triage.ts";
import type { Cell, Row } from "../rowColumns.ts";
import { flagOf, numberOf, oneOfEachCase, perCent } from "./reading.ts";
import type { StudyReading } from "./reading.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Errors among answered films that the fitted threshold keeps to, with 95 % confidence. */
const MAX_RISK = 0.1;
const LEAST = 10;
const BINS = 10;

interface Film {
  readonly case: Cell;
  readonly confidence: number;
  readonly correct: boolean;
  readonly disagreement: number;
  readonly said: string;
  readonly finding: string;
}

/** @param which the answers about the pictures as they are, or as the stack left them. */
export function departmentTriage(rows: readonly Row[], which: "before" | "after"): StudyReading {
  return {
    id: `triage.${which}`,
    title: `What a department would see, ${which === "before" ? "films as they are" : "films as disturbed"}`,
    help: `Sends every answer of the study through the triage rules and counts where it goes and how often it is wrong there; a confidence to answer from is fitted so that errors among what is answered stay within a tenth. It is counted on the study's own cases, with its share of findings, and promises nothing about other films. ${GUARANTEE_WORDS}`,
    source: `${GUARANTEE_SOURCE}; Guo et al. 2017 (expected calibration error)`,
    result: resultOf(rows, which),
  };
}

function resultOf(rows: readonly Row[], which: "before" | "after"): InstrumentResult {
  const answered = rows.flatMap((row) => filmOf(row, which));
  // Of disturbed films the last setting of the study counts: its first is often no disturbance at all.
  const counted = which === "before" ? "first" : "last";
  const films = oneOfEachCase(answered, counted);
  if (films.length < LEAST) {
    return obstructed(
      `Not measured: ${films.length} cases have an answer whose truth is known, ${LEAST} are needed.`,
    );
  }
  const n = films.length;
  const { ece, brier, bins } = calibration(films, BINS)!;
  const { risk, aurc, excessAurc } = selectivePrediction(films)!;
  const fitted = guaranteedConfidence(films, MAX_RISK);
  const wrong = proportion(films.filter(({ correct }) => !correct).length, n);
  const filled = bins.filter(({ count }) => count > 0);
  return {
    statement: `${answered.length > n ? `Of ${answered.length} runs, the ${counted} of each of ${n} cases counts. ` : ""}${wrong.count} of ${n} answers are wrong (${perCent(wrong.share)}). ${
      fitted
        ? `Answering only from a confidence of ${decimal(fitted.confidence, 3)} on keeps ${fitted.answered} of ${n} films, with at most ${perCent(fitted.riskUpper)} wrong among them (95 % confidence, on cases like these).`
        : `No confidence to answer from keeps errors within ${perCent(MAX_RISK)} with 95 % confidence on so few cases.`
    }`,
    quantities: [
      { id: "ece", label: "Calibration error", value: ece, unit: "share", n },
      { id: "brier", label: "Brier score (0 is best)", value: brier, unit: "", n },
      { id: "aurc", label: "Area under risk and coverage", value: aurc, unit: "share", n },
      {
        id: "excessAurc",
        label: "Of that, more than the best order would have",
        value: excessAurc,
        unit: "share",
        n,
      },
      {
        id: "answerFrom",
        label: `Confidence to answer from (errors within ${perCent(MAX_RISK)})`,
        value: fitted?.confidence ?? NaN,
        unit: "",
        n,
        ...(fitted ? {} : { note: "none gives this guarantee" }),
      },
    ],
    plots: [
      {
        kind: "lines",
        id: "reliability",
        title: "Stated confidence and how often it is right",
        x: { label: "Stated confidence", unit: "share" },
        y: { label: "Right", unit: "share" },
        series: [
          {
            name: "measured",
            x: Float64Array.from(filled, ({ confidence }) => confidence),
            y: Float64Array.from(filled, ({ accuracy }) => accuracy),
            mode: "points",
          },
          { name: "perfect", x: Float64Array.of(0, 1), y: Float64Array.of(0, 1) },
        ],
      },
      {
        kind: "lines",
        id: "riskCoverage",
        title: "Errors among the films answered first",
        x: { label: "Films answered, most confident first", unit: "share" },
        y: { label: "Wrong among them", unit: "share" },
        series: [
          {
            name: "this model",
            x: Float64Array.from(risk, (_, k) => (k + 1) / n),
            y: Float64Array.from(risk),
          },
        ],
      },
    ],
    tables: [
      // Fixed beforehand, so a plain one-sided bound holds.
      routesTable("default", "Routes at the starting thresholds", films, {
        thresholds: DEFAULT_THRESHOLDS,
        alpha: 0.05,
      }),
      ...(fitted
        ? [
            // Chosen on these films: the bound of each line must hold for all the confidences that were tried.
            routesTable("fitted", "Routes with the fitted confidence", films, {
              thresholds: {
                ...DEFAULT_THRESHOLDS,
                minConfidence: fitted.confidence,
                clearConfidence: Math.max(fitted.confidence, DEFAULT_THRESHOLDS.clearConfidence),
              },
              alpha: THRESHOLD_ALPHA,
            }),
          ]
        : []),
    ],
  };
}

function filmOf(row: Row, which: "before" | "after"): readonly Film[] {
  const clean = which === "before";
  const confidence = numberOf(row, clean ? "confidenceClean" : "confidence");
  const correct = flagOf(row, clean ? "correctClean" : "correct");
  const said = row[clean ? "correctedClean" : "corrected"];
  if (confidence === undefined || correct === undefined || typeof said !== "string") return [];
  const disagreement = numberOf(row, clean ? "paraphraseFlipsClean" : "paraphraseFlips") ?? 0;
  const { understood } = interpretQuestion(String(row["asked"] ?? ""));
  return [
    {
      case: row.case,
      confidence,
      correct,
      disagreement,
      said,
      finding: understood?.findingId ?? "",
    },
  ];
}

const ROUTES: readonly (readonly [TriageRoute, string])[] = [
  ["defer", "To a reader, as uncertain"],
  ["urgent", "To a reader first, as critical"],
  ["review", "To a reader, in the usual order"],
  ["auto-clear", "Cleared without a reader"],
];

/** Per 100 films, since a department thinks in films. */
function routesTable(
  id: string,
  title: string,
  films: readonly Film[],
  { thresholds, alpha }: { readonly thresholds: TriageThresholds; readonly alpha: number },
): ResultTable {
  const routed = films.map((film) => {
    const { confidence, disagreement, said, finding } = film;
    const input = {
      confidence,
      disagreement,
      normal: said === "no",
      statements: said === "yes" && finding !== "" ? [`There is ${finding}.`] : [],
      decidedAt: "",
    };
    return { film, route: triage(input, thresholds).route };
  });
  const { maxDisagreement, minConfidence, clearConfidence } = thresholds;
  return {
    id,
    title: `${title}: deferred above ${perCent(maxDisagreement)} dissent or below confidence ${decimal(minConfidence, 2)}, cleared above ${decimal(clearConfidence, 2)}`,
    columns: [
      "Where it goes",
      "Films",
      "Of 100",
      "Wrong among them",
      "Share wrong, at most (95 %)",
    ],
    rows: ROUTES.map(([route, name]) => {
      const own = routed.filter((each) => each.route === route);
      const wrong = own.filter(({ film }) => !film.correct).length;
      return [
        name,
        own.length,
        (100 * own.length) / films.length,
        wrong,
        own.length === 0 ? null : clopperPearsonUpper(wrong, own.length, alpha),
      ];
    }),
  };
}
