/** Who answers where several models answer as one, and what the gate saw. */
import { qualityOf } from "../../defenses/several/gate.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { givenAnswer } from "../../system/reading.ts";
import type { Expert } from "../../system/system.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

export const experts = defineInstrument({
  id: "experts",
  label: "Who answers: experts and gate",
  group: "robustness",
  help: "Shows with which weight each model of an ensemble or mixture answers, before and after the disturbances, and the quality of the picture that a gate goes by. A weight says what the gate believes of the picture, not that the expert is right.",
  source: "Jacobs et al. 1991; noise level by Immerkaer 1996",
  params: {},
  needs: ["system", "input", "disturbed"],
  obstacle: ({ system }) =>
    system.experts
      ? undefined
      : "One model answers here: switch on an ensemble or a mixture of experts.",
  async run({ system, input, disturbed }, { spec }) {
    const wording = recognizeQuestion(spec.question);
    const before = await system.experts!(input.image, wording);
    const after = await system.experts!(disturbed.image, wording);
    return result(before, after, [qualityOf(input.image), qualityOf(disturbed.image)]);
  },
});

/** Weights nearer than this are the same. */
const SAME = 1e-9;

type Qualities = ReturnType<typeof qualityOf>;

function result(
  before: readonly Expert[],
  after: readonly Expert[],
  [clean, seen]: readonly [Qualities, Qualities],
): InstrumentResult {
  const heaviest = after.reduce((best, each) => (each.weight > best.weight ? each : best));
  // Where the weights are fixed no one looks at the picture's quality.
  const isGated = after.some((each) => each.isGated);
  const was = before.find(({ label }) => label === heaviest.label)!;
  const equals = after.filter(({ weight }) => heaviest.weight - weight < SAME);
  return {
    statement:
      equals.length > 1
        ? `The most weight on the disturbed picture, ${percent(heaviest.weight)} each, is shared by ${equals.map(({ label }) => label).join(", ")}.`
        : `The most weight on the disturbed picture, ${percent(heaviest.weight)} (before: ${percent(was.weight)}), is that of ${heaviest.label}, which answers ${givenAnswer(heaviest.answer)}.`,
    quantities: [
      ...after.map(({ label, weight }, k) => ({
        id: `weight${k + 1}`,
        label: `Weight of ${label}`,
        value: weight,
        unit: "",
        note: `before the disturbances ${decimal(before[k]!.weight, 3)}`,
      })),
      ...(isGated ? seen.map(({ id, label, value }) => ({ id, label, value, unit: "" })) : []),
    ],
    plots: [
      {
        kind: "heat",
        id: "weights",
        title: "Weight of each",
        rows: ["before", "after"],
        columns: after.map(({ label }) => label),
        values: Float64Array.from([...before, ...after], ({ weight }) => weight),
        unit: "",
      },
    ],
    tables: [
      {
        id: "experts",
        title: "Who says what",
        columns: [
          "",
          "weight before",
          "answer before",
          "weight after",
          "answer after",
          "margin after",
        ],
        rows: after.map(({ label, weight, answer }, k) => [
          label,
          Number(before[k]!.weight.toFixed(3)),
          givenAnswer(before[k]!.answer),
          Number(weight.toFixed(3)),
          givenAnswer(answer),
          Number(answer.margin.toFixed(2)),
        ]),
      },
      ...(isGated ? [qualityTable(clean, seen)] : []),
    ],
  };
}

function qualityTable(
  clean: Qualities,
  seen: Qualities,
): NonNullable<InstrumentResult["tables"]>[number] {
  return {
    id: "quality",
    title: "What the gate sees",
    columns: ["of the picture", "before", "after"],
    rows: seen.map(({ label, value }, k) => [
      label,
      Number(clean[k]!.value.toFixed(3)),
      Number(value.toFixed(3)),
    ]),
  };
}

function percent(weight: number): string {
  return `${Math.round(100 * weight)} %`;
}
