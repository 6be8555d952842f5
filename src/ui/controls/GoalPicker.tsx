/** What an attack tries to reach. */
import type { GoalSpec } from "../../experiment/spec.ts";
import { useResults } from "../context/stores.ts";
import { answerWord } from "../kit/formats.ts";
import { Select } from "../kit/Select.tsx";

export function GoalPicker(props: {
  readonly name: string;
  readonly goal: GoalSpec;
  readonly onChange: (goal: GoalSpec) => void;
}) {
  const { name, goal, onChange } = props;
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  if (clean === null) {
    // An encoder without a text side has nothing to say: its features are all there is to move.
    return (
      <Select aria-label={`${name}: goal`} value="featureAway" disabled>
        <option value="featureAway">move the features</option>
      </Select>
    );
  }
  const probabilities = clean?.probabilities;
  const answers = Object.keys(probabilities ?? {});
  const named = goal.kind === "targeted" && !answers.includes(goal.answer) ? [goal.answer] : [];
  const value = goal.kind === "targeted" ? `say:${goal.answer}` : goal.kind;
  return (
    <Select
      aria-label={`${name}: goal`}
      value={value}
      onChange={(event) => onChange(goalOf(event.currentTarget.value))}
    >
      <option value="untargeted">any other</option>
      {[...answers, ...named].map((answer) => (
        <option key={answer} value={`say:${answer}`}>{`say “${answerWord(answer)}”`}</option>
      ))}
      <option value="featureAway">move the features</option>
    </Select>
  );
}

function goalOf(value: string): GoalSpec {
  if (value.startsWith("say:")) return { kind: "targeted", answer: value.slice(4) };
  return value === "featureAway" ? { kind: "featureAway" } : { kind: "untargeted" };
}
