/** What an attack tries to reach, and by which loss it measures how near it is. */
import { useState } from "react";
import { FINDINGS, FINDING_KINDS } from "../../phantom/spec.ts";
import { ATTENTION_SIDES } from "../../model/objective.ts";
import type { AttentionSide } from "../../model/objective.ts";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import { ATTACK_REGIONS } from "../../experiment/specChoices.ts";
import type { AttackRegion, GoalSpec } from "../../experiment/spec.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { answerWord } from "../kit/formats.ts";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";
import { attentionEntry, entryOf, goalOf, lossOf, lossesOf, withLoss } from "./goals.ts";
import type { GoalLoss } from "./goals.ts";
import styles from "./stack.module.css";

interface Props {
  readonly name: string;
  readonly goal: GoalSpec;
  readonly onChange: (goal: GoalSpec) => void;
}

const MASKS: Readonly<Record<AttackRegion, readonly [string, string]>> = {
  painted: ["draw it to the paint", "drive it off the paint"],
  findings: ["draw it to the findings", "drive it off the findings"],
  elsewhere: ["draw it to what is no finding", "drive it off what is no finding"],
  lungs: ["draw it to the lungs", "drive it off the lungs"],
  heart: ["draw it to the heart", "drive it off the heart"],
  outsideOrgans: ["draw it off lungs and heart", "drive it onto lungs and heart"],
};

export function GoalPicker({ name, goal, onChange }: Props) {
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const isPhantom = useExperiment((s) => s.spec.case.kind === "phantom");
  const answers = Object.keys(clean?.probabilities ?? {});
  const named = goal.kind === "targeted" && !answers.includes(goal.answer) ? [goal.answer] : [];
  // An encoder without a text side has nothing to say: its features and attention are all there is to move.
  const isMute = clean === null;
  const isAnswers = ["untargeted", "targeted", "text"].includes(goal.kind);
  const value = isMute && isAnswers ? "featureAway" : entryOf(goal);
  const isListed = FINDING_KINDS.some((kind) => value === `featureTowards:${kind}`);
  // Where the findings of a reader's own radiograph are, nobody has said.
  const masks = ATTACK_REGIONS.filter(
    (mask) => isPhantom || mask === "painted" || (goal.kind === "attention" && goal.mask === mask),
  );
  const other = answers.find((answer) => answer !== clean?.answer) ?? "yes";
  return (
    <Select
      aria-label={`${name}: goal`}
      value={value}
      onChange={(event) => onChange(goalOf(event.currentTarget.value, goal, other))}
    >
      {!isMute && <option value="untargeted">any other</option>}
      {!isMute &&
        [...answers, ...named].map((answer) => (
          <option key={answer} value={`say:${answer}`}>{`say “${answerWord(answer)}”`}</option>
        ))}
      {!isMute && <option value="text:towards">say a text of mine</option>}
      {!isMute && <option value="text:away">never say a text of mine</option>}
      {!isMute && <option value="writtenText">write what means a sentence of mine</option>}
      <option value="featureAway">move the features</option>
      {!isMute && <option value="featureText">features like those of a sentence</option>}
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
      <optgroup label="where the model looks">
        {masks.map((mask) =>
          (["towards", "away"] as const).map((aim, k) => (
            <option key={aim + mask} value={attentionEntry(aim, mask)}>
              {MASKS[mask][k]}
            </option>
          )),
        )}
      </optgroup>
    </Select>
  );
}

const TEXT_HELP = {
  text: "The attack makes the model more likely, or less, to say exactly these words behind the question (their log-likelihood). A model that was taught single answers may never say a sentence, however likely it becomes.",
  writtenText:
    "The attack brings what the model writes of its own accord near this sentence, by a text encoder. A written text has no gradient, so that only attacks that ask can have this goal, and the model must write.",
  featureText:
    "The attack moves the picture's features to where the text encoder puts this sentence.",
} as const;

const SIDES: Readonly<Record<AttentionSide, string>> = {
  encoder: "of the image encoder",
  answer: "of the answer",
};

/** What a goal says beyond its entry in the list: the text, or whose attention. */
export function GoalDetails({ name, goal, onChange }: Props) {
  const isMute = useResults((s) => s.stages.clean?.payload.answer === null);
  const [typed, setTyped] = useState<string | null>(null);
  if ("text" in goal) {
    return (
      <Row label="Text" help={TEXT_HELP[goal.kind]}>
        <input
          className={styles.text}
          aria-label={`${name}: text`}
          maxLength={SPEC_LIMITS.questionCharacters}
          value={typed ?? goal.text}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setTyped(text);
            if (/\S/.test(text)) onChange({ ...goal, text });
          }}
          onBlur={() => setTyped(null)}
        />
      </Row>
    );
  }
  if (goal.kind !== "attention" || isMute) return null;
  return (
    <Row
      label="Attention"
      help="The image encoder's attention between parts of the picture, or what the answer's word pays to them. The goal is the mean over heads and layers."
    >
      <Select
        aria-label={`${name}: attention`}
        value={goal.of ?? ATTENTION_SIDES[0]}
        onChange={(event) => {
          const of = ATTENTION_SIDES.find((side) => side === event.currentTarget.value);
          if (of) onChange({ ...goal, of });
        }}
      >
        {ATTENTION_SIDES.map((side) => (
          <option key={side} value={side}>
            {SIDES[side]}
          </option>
        ))}
      </Select>
    </Row>
  );
}

const LOSS_NAMES: Readonly<Record<GoalLoss, string>> = {
  margin: "margin (Carlini and Wagner)",
  "cross-entropy": "cross-entropy",
  dlr: "difference of logits ratio",
  cosine: "cosine",
  "squared-l2": "squared distance",
  mass: "share of the attention",
  scores: "scores before the softmax",
};

/** The loss, where a goal has several. */
export function LossPicker({ name, goal, onChange }: Props) {
  const answers = useResults(
    (s) => Object.keys(s.stages.clean?.payload.answer?.probabilities ?? {}).length,
  );
  const offered = lossesOf(goal, answers);
  if (offered.length === 0)
    return <span>{goal.kind === "text" ? "log-likelihood" : "cosine of the texts"}</span>;
  return (
    <Select
      aria-label={`${name}: loss`}
      value={lossOf(goal) ?? offered[0]}
      onChange={(event) => onChange(withLoss(goal, event.currentTarget.value))}
    >
      {offered.map((loss) => (
        <option key={loss} value={loss}>
          {LOSS_NAMES[loss]}
        </option>
      ))}
    </Select>
  );
}
