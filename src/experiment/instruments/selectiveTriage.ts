/** Where this case would go in a reading list that defers what the model is unsure of. */
import { uncertainty } from "../../metrics/uncertainty.ts";
import { plainQuestions } from "../../language/questionBank.ts";
import { answerSpaceOf } from "../../system/answerSpace.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { CRITICAL_FINDINGS } from "../../triage/criticalFindings.ts";
import { DEFAULT_THRESHOLDS, triage } from "../../triage/triage.ts";
import type { TriageDecision, TriageRoute } from "../../triage/triage.ts";
import { distributionOf } from "./answerDistribution.ts";
import { presenceQuestions, termOf } from "./blankImage.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";

const ROUTES: Readonly<Record<TriageRoute, string>> = {
  defer: "deferred to a reader",
  urgent: "moved to the top of the list",
  "auto-clear": "cleared without a reader",
  review: "read in its turn",
};

const share = (label: string, value: number, help: string) => ({
  label,
  unit: "share",
  min: 0,
  max: 1,
  step: 0.01,
  default: value,
  help,
});

export const selectiveTriage = defineInstrument({
  id: "selectiveTriage",
  label: "Selective triage",
  group: "certainty",
  help: "Sends the disturbed picture through the rules of a reading list: disagreement and low confidence defer it, a critical finding makes it urgent, a sure normal clears it. A teaching model of a list with thresholds of our own, to be fitted before they mean anything; no medical device.",
  source:
    "Rules and their order from the project's source on selective triage; negation after NegEx (Chapman et al. 2001)",
  params: {
    maxDisagreement: share(
      "Defer above disagreement",
      DEFAULT_THRESHOLDS.maxDisagreement,
      "Share of wordings that say otherwise.",
    ),
    minConfidence: share(
      "Defer below confidence",
      DEFAULT_THRESHOLDS.minConfidence,
      "Mean probability of the answer over the wordings.",
    ),
    clearConfidence: share(
      "Clear above confidence",
      DEFAULT_THRESHOLDS.clearConfidence,
      "Mean probability from which a normal film is cleared; at least the one for deferring.",
    ),
    wordings: {
      label: "Wordings",
      unit: "",
      min: 2,
      max: 20,
      step: 1,
      default: 7,
      integer: true,
      help: "Equivalents beside the reader's own wording.",
    },
  },
  needs: ["system", "disturbed"],
  obstacle: answersQuestions,
  async run({ system, disturbed }, { spec, params, context }) {
    const { wordings: count = 7 } = params;
    const thresholds = {
      maxDisagreement: params["maxDisagreement"] ?? DEFAULT_THRESHOLDS.maxDisagreement,
      minConfidence: params["minConfidence"] ?? DEFAULT_THRESHOLDS.minConfidence,
      clearConfidence: params["clearConfidence"] ?? DEFAULT_THRESHOLDS.clearConfidence,
    };
    if (thresholds.clearConfidence < thresholds.minConfidence) {
      return obstructed(
        "The confidence for clearing lies below the one for deferring: raise it, or lower the other.",
      );
    }
    const { asked, equivalents } = wordingsOf(spec.question, count);
    const { answers } = answerSpaceOf(system.manifest, asked);
    const findings = presenceQuestions(system);
    const normal = plainQuestions().find(({ type }) => type === "normal");
    const { answers: said } = await system.read(disturbed.image, [
      asked,
      ...equivalents.map(({ question }) => question),
      ...findings,
      ...(normal ? [normal] : []),
    ]);
    if (context.signal.aborted) return undefined;
    const worded = said.slice(0, equivalents.length + 1);
    const found = said.slice(worded.length, worded.length + findings.length);
    const { mean, dissent } = uncertainty(worded.map((each) => distributionOf(each, answers)))!;
    const decision = triage(
      {
        disagreement: dissent,
        confidence: Math.max(...mean),
        normal: normal !== undefined && said.at(-1)!.corrected === "yes",
        statements: findings.map((question, k) =>
          found[k]!.corrected === "yes"
            ? `There is ${termOf(question)}.`
            : `No ${termOf(question)}.`,
        ),
        decidedAt: new Date().toISOString(),
      },
      thresholds,
    );
    return resultOf(decision, {
      worded,
      dissent,
      confidence: Math.max(...mean),
      model: `${system.manifest.id} ${system.manifest.version}`,
    });
  },
});

function resultOf(
  decision: TriageDecision,
  given: {
    readonly worded: readonly AnswerResult[];
    readonly dissent: number;
    readonly confidence: number;
    readonly model: string;
  },
): InstrumentResult {
  const { route, reason, path, critical, version, decidedAt } = decision;
  const n = given.worded.length;
  return {
    statement: `This case would be ${ROUTES[route]}. ${reason}`,
    quantities: [
      {
        id: "disagreement",
        label: "Wordings that say otherwise",
        value: given.dissent,
        unit: "share",
        n,
      },
      {
        id: "confidence",
        label: "Mean probability of the answer",
        value: given.confidence,
        unit: "",
        n,
      },
      {
        id: "critical",
        label: "Critical findings stated",
        value: critical.length,
        unit: "",
        n: CRITICAL_FINDINGS.length,
      },
      {
        id: "deferred",
        label: "Deferred (1 yes, 0 no)",
        value: Number(route === "defer"),
        unit: "",
      },
    ],
    tables: [
      {
        id: "path",
        title: "The decision's path",
        columns: ["Rule", "What it found", "Decides"],
        rows: path.map(({ rule, statement, applies }) => [rule, statement, applies ? "yes" : "no"]),
      },
      {
        id: "record",
        title: "For the record",
        columns: ["What", "Value"],
        rows: [
          ["Rules", `version ${version}`],
          ["Model", given.model],
          ["Decided at", decidedAt],
          ["Critical findings looked for", CRITICAL_FINDINGS.map(({ name }) => name).join(", ")],
        ],
      },
    ],
  };
}
