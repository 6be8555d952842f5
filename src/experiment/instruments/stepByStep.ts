/** The answer after each member of the stack, so that "did my marker fool it?" has an answer. */
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { attentionOverlap } from "../attentionOverlap.ts";
import { measure } from "../measure.ts";
import type { ReadPicture } from "../measure.ts";
import { readOut } from "../readout.ts";
import type { Readout } from "../results.ts";
import { picturesOf } from "../stages/madeAgain.ts";
import { defineInstrument } from "./instrument.ts";

export const stepByStep = defineInstrument({
  id: "stepByStep",
  label: "Step by step through the stack",
  group: "film",
  help: "Reads the picture after each disturbance in turn, so that the one that turned the answer is seen. A later member works on what the ones before have made: alone it might do something else.",
  source: "The stack in its own order; margins in logits",
  params: {},
  needs: ["model", "system", "input", "clean", "disturbed"],
  obstacle: ({ clean }) => (clean.answer ? undefined : "This model has no answer that could turn."),
  async run(given, scope) {
    const { system, input, clean, disturbed } = given;
    const { question } = scope.spec;
    const pictures = await picturesOf(given, scope);
    if (!pictures) return undefined;
    const steps: { name: string; image: Float32Array; readout: Readout; id?: string }[] = [
      { name: "Untouched", image: input.image, readout: clean },
    ];
    for (const [k, { id, label }] of disturbed.items.entries()) {
      await scope.context.yieldToHost();
      if (scope.context.signal.aborted) return undefined;
      const image = pictures[k]!;
      steps.push({ name: label, image, readout: await readOut(system, image, question), id });
    }
    const turning = steps.findIndex(
      ({ readout }, k) => k > 0 && said(readout) !== said(steps[k - 1]!.readout),
    );
    const overlap = (now: ReadPicture) =>
      attentionOverlap(measure({ ...clean, image: input.image }, now, input.size));
    const margins = steps.map(({ readout }) => readout.answer!.margin);
    return {
      statement:
        steps.length === 1
          ? "Nothing in the stack is switched on."
          : turning < 0
            ? `No member of the stack turns the answer “${said(clean)}”.`
            : `The answer turns from “${said(steps[turning - 1]!.readout)}” to “${said(steps[turning]!.readout)}” with ${steps[turning]!.name}, member ${turning} of ${steps.length - 1}.`,
      quantities: [
        {
          id: "turnedAt",
          label: "Member that turns the answer first",
          value: turning < 0 ? NaN : turning,
          unit: "",
          n: steps.length - 1,
          ...(turning < 0 ? { note: "none does" } : {}),
        },
      ],
      plots: [
        {
          kind: "lines",
          id: "margins",
          title: "Margin after each member",
          x: { label: "Members applied", unit: "" },
          y: { label: "Margin of the answer", unit: "logits" },
          series: [
            {
              name: "margin",
              x: Float64Array.from(margins.keys()),
              y: Float64Array.from(margins),
              mode: "points",
            },
          ],
        },
      ],
      tables: [
        {
          id: "steps",
          title: "After each member",
          columns: [
            "After",
            "Answer",
            "Margin, logits",
            "Attention overlap",
            "Largest change so far, /255",
          ],
          rows: steps.map(({ name, image, readout }) => [
            name,
            readout.answer!.answer,
            readout.answer!.margin,
            overlap({ ...readout, image }),
            Math.round(255 * linfNorm(subtract(image, input.image))),
          ]),
          // Showing a step switches off what comes after it.
          opens: steps.map((_, k) => ({
            on: steps.slice(1, k + 1).flatMap(({ id }) => (id === undefined ? [] : [id])),
          })),
        },
      ],
    };
  },
});

function said({ answer }: Readout): string {
  return answer?.corrected ?? "";
}
