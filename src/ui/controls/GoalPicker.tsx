/** What an attack tries to reach, and by which loss it measures how near it is. */
import { FINDINGS, FINDING_KINDS } from "../../phantom/spec.ts";
import type { FindingKind } from "../../phantom/spec.ts";
import { ANSWER_LOSSES, FEATURE_LOSSES } from "../../model/objective.ts";
import type { AnswerLossName, FeatureLossName } from "../../model/objective.ts";
import type { CaseSpec, GoalSpec } from "../../experiment/spec.ts";
import { useResults } from "../context/stores.ts";
import { answerWord } from "../kit/formats.ts";
import { Select } from "../kit/Select.tsx";

interface Props {
  readonly name: string;
  readonly goal: GoalSpec;
  readonly onChange: (goal: GoalSpec) => void;
}

/** Another patient than any in the gallery. */
const SECOND_SEED = 4711;

export function GoalPicker({ name, goal, onChange }: Props) {
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const answers = Object.keys(clean?.probabilities ?? {});
  const named = goal.kind === "targeted" && !answers.includes(goal.answer) ? [goal.answer] : [];
  const shown = valueOf(goal);
  // An encoder without a text side has nothing to say: its features are all there is to move.
  const isMute = clean === null;
  const value = isMute && !shown.startsWith("feature") ? "featureAway" : shown;
  const isListed = FINDING_KINDS.some((kind) => value === `featureTowards:${kind}`);
  return (
    <Select
      aria-label={`${name}: goal`}
      value={value}
      onChange={(event) => onChange(goalOf(event.currentTarget.value, goal))}
    >
      {!isMute && <option value="untargeted">any other</option>}
      {!isMute &&
        [...answers, ...named].map((answer) => (
          <option key={answer} value={`say:${answer}`}>{`say “${answerWord(answer)}”`}</option>
        ))}
      <option value="featureAway">move the features</option>
      <optgroup label="features like those of another phantom">
        {value === "featureTowards" && !isListed && (
          <option value="featureTowards">like the second picture</option>
        )}
        <option value="featureTowards:healthy">like a healthy one</option>
        {FINDING_KINDS.map((kind) => (
          <option key={kind} value={`featureTowards:${kind}`}>
            {`like one with ${FINDINGS[kind].label.toLowerCase()}`}
          </option>
        ))}
      </optgroup>
    </Select>
  );
}

const LOSS_NAMES: Readonly<Record<AnswerLossName | FeatureLossName, string>> = {
  margin: "margin (Carlini and Wagner)",
  "cross-entropy": "cross-entropy",
  dlr: "difference of logits ratio",
  cosine: "cosine",
  "squared-l2": "squared distance",
};

/** The loss; only those that the question has enough answers for. */
export function LossPicker({ name, goal, onChange }: Props) {
  const answers = useResults(
    (s) => Object.keys(s.stages.clean?.payload.answer?.probabilities ?? {}).length,
  );
  const isFeature = goal.kind === "featureAway" || goal.kind === "featureTowards";
  const leastForDlr = goal.kind === "targeted" ? 4 : 3;
  const offered = isFeature
    ? FEATURE_LOSSES
    : ANSWER_LOSSES.filter(
        (loss) => loss !== "dlr" || goal.loss === "dlr" || answers >= leastForDlr,
      );
  return (
    <Select
      aria-label={`${name}: loss`}
      value={goal.loss ?? offered[0]}
      onChange={(event) =>
        onChange({ ...goal, loss: event.currentTarget.value } as unknown as GoalSpec)
      }
    >
      {offered.map((loss) => (
        <option key={loss} value={loss}>
          {LOSS_NAMES[loss]}
        </option>
      ))}
    </Select>
  );
}

function valueOf(goal: GoalSpec): string {
  if (goal.kind === "targeted") return `say:${goal.answer}`;
  if (goal.kind !== "featureTowards") return goal.kind;
  const { case: second } = goal;
  if (second.kind !== "phantom" || second.phantom.seed !== SECOND_SEED) return "featureTowards";
  const [finding] = second.phantom.findings;
  return `featureTowards:${finding?.kind ?? "healthy"}`;
}

function goalOf(value: string, old: GoalSpec): GoalSpec {
  const [kind, what = ""] = value.split(":");
  if (kind === "say") return { kind: "targeted", answer: what };
  if (kind === "featureAway") return { kind: "featureAway" };
  if (kind === "featureTowards") {
    return what === "" ? old : { kind: "featureTowards", case: secondPicture(what) };
  }
  return { kind: "untargeted" };
}

function secondPicture(what: string): CaseSpec {
  const findings = what === "healthy" ? [] : [{ kind: what as FindingKind }];
  return { kind: "phantom", phantom: { seed: SECOND_SEED, findings } };
}
