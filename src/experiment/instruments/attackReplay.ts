/** The last attack again, picture by picture: answer, cosine and attention at every step, and the step that turns the answer. */
import type { AttackIterate } from "../../attacks/attack.ts";
import { toByte } from "../../image/grayImage.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { featureShift } from "../../metrics/featureShift.ts";
import { canAnswer } from "../../model/manifest.ts";
import { givenAnswer } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import { attentionShown } from "../attentionShown.ts";
import { lastAttack } from "../stages/madeAgain.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { FrameSequence, InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

type Frame = FrameSequence["frames"][number];

interface Seen {
  readonly frame: Frame;
  readonly picture: Float32Array;
  readonly attention: ReturnType<typeof attentionShown>;
}

export const attackReplay = defineInstrument({
  id: "attackReplay",
  label: "Replay of the attack, step by step",
  group: "film",
  help: "Makes the last attack of the stack once more and reads every picture it tried, so that the step that turns the answer is seen. A picture tried on the way is not always the best one, which is what the attack returns.",
  source: "The attack's own iterates; cosine and margin as elsewhere in the lab",
  params: {
    frames: {
      min: 5,
      max: 60,
      step: 1,
      default: 30,
      unit: "",
      label: "Most pictures",
      help: "Of a longer attack every second, third, ... picture is read.",
    },
  },
  needs: ["model", "system", "input", "clean", "disturbed"],
  async *run(given, scope) {
    const { spec, context, params } = scope;
    const again = await lastAttack(given, scope);
    if (context.signal.aborted) return undefined;
    if (!again) return obstructed("There is no attack in the stack that could be replayed.");
    const tried: AttackIterate[] = [];
    const run = again.run();
    for (;;) {
      const step = await run.next();
      if (step.done) {
        if (!step.value) return undefined;
        break;
      }
      tried.push(step.value);
      yield { progress: { done: tried.length, total: 0, label: `Replay: step ${tried.length}` } };
    }
    const kept = evenly(tried, params["frames"]!);
    const seen: Seen[] = [];
    for (const [k, iterate] of kept.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      seen.push(
        await seenOf(given.system, iterate, {
          question: spec.question,
          clean: given.clean.embedding,
        }),
      );
      yield {
        progress: {
          done: k + 1,
          total: kept.length,
          label: `Replay: reading ${k + 1} of ${kept.length}`,
        },
      };
    }
    const cleanAnswer = given.clean.answer?.corrected ?? null;
    return resultOf(seen, { size: given.input.size, cleanAnswer, after: again.after });
  },
});

/** At most `most` of them, the first and the last among them. */
export function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from(
    { length: most },
    (_, k) => items[Math.round((k * (items.length - 1)) / (most - 1))]!,
  );
}

async function seenOf(
  system: System,
  { step, restart, loss, current }: AttackIterate,
  { question, clean }: { readonly question: string; readonly clean: Float32Array },
): Promise<Seen> {
  const wordings = canAnswer(system.manifest) ? [recognizeQuestion(question)] : [];
  const { answers, embedding, attention } = await system.read(current, wordings);
  const [said] = answers;
  return {
    picture: current,
    attention: attentionShown({ attention }),
    frame: {
      step,
      restart,
      loss,
      answer: said && givenAnswer(said) !== "unsure" ? said.corrected : null,
      margin: said?.margin ?? null,
      cosine: featureShift(clean, embedding).cosine,
    },
  };
}

function resultOf(
  seen: readonly Seen[],
  {
    size,
    cleanAnswer,
    after,
  }: { readonly size: number; readonly cleanAnswer: string | null; readonly after: number },
): InstrumentResult {
  const frames = seen.map(({ frame }) => frame);
  const found = frames.findIndex(({ answer }) => answer !== null && answer !== cleanAnswer);
  const flip = found < 0 || cleanAnswer === null ? undefined : frames[found];
  const x = Float64Array.from(frames.keys());
  const first = seen[0]?.attention;
  const maps = seen.map(({ attention }) => attention?.map);
  return {
    statement: `${statementOf(frames, cleanAnswer, flip)}${after > 0 ? ` ${after} more ${after === 1 ? "member works" : "members work"} on its picture afterwards.` : ""}`,
    quantities: [
      {
        id: "flipStep",
        label: "Step that turns the answer first",
        value: flip?.step ?? NaN,
        unit: "",
        n: frames.length,
        ...(flip ? {} : { note: "none does" }),
      },
      {
        id: "lowestCosine",
        label: "Lowest cosine on the way",
        value: Math.min(...frames.map(({ cosine }) => cosine)),
        unit: "",
        n: frames.length,
      },
    ],
    plots: [
      {
        kind: "lines",
        id: "margin",
        title: "Margin by picture",
        x: { label: "Picture", unit: "" },
        y: { label: "Margin of the answer", unit: "logits" },
        series: [
          { name: "margin", x, y: Float64Array.from(frames, ({ margin }) => margin ?? NaN) },
        ],
      },
      {
        kind: "lines",
        id: "cosine",
        title: "Feature cosine by picture",
        x: { label: "Picture", unit: "" },
        y: { label: "Cosine to the clean feature", unit: "" },
        series: [{ name: "cosine", x, y: Float64Array.from(frames, ({ cosine }) => cosine) }],
      },
    ],
    tables: [
      {
        id: "frames",
        title: "Picture by picture",
        columns: ["Restart", "Step", "Answer", "Margin, logits", "Cosine", "Loss"],
        rows: frames.map(({ restart, step, answer, margin, cosine, loss }) => [
          // As the sentence above counts them.
          restart + 1,
          step,
          answer,
          margin,
          cosine,
          loss,
        ]),
      },
    ],
    frames: {
      size,
      pictures: Uint8Array.from(
        seen.flatMap(({ picture }) => [...picture]),
        toByte,
      ),
      ...(first && maps.every((map) => map?.length === first.map.length)
        ? {
            attention: {
              label: first.label,
              grid: first.grid,
              maps: Float32Array.from(maps.flatMap((map) => [...map!])),
            },
          }
        : {}),
      frames,
      flipFrame: flip ? found : null,
    },
  };
}

function statementOf(
  frames: readonly Frame[],
  cleanAnswer: string | null,
  flip: Frame | undefined,
): string {
  if (cleanAnswer === null)
    return `${frames.length} pictures of the attack; this model gives no answer that could turn.`;
  if (!flip) return `None of the ${frames.length} pictures turns the answer “${cleanAnswer}”.`;
  const restart = flip.restart > 0 ? ` of restart ${flip.restart + 1}` : "";
  return `The answer turns from “${cleanAnswer}” to “${flip.answer}” at step ${flip.step}${restart}, at a cosine of ${decimal(flip.cosine, 3)}.`;
}
