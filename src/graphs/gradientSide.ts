/** The gradient side of an opened model, built when it is first asked for. */
import { loadPart } from "../host/loadPart.ts";
import type { LossGraphs } from "./lossGraphs.ts";
import type { ModelParts } from "./modelParts.ts";
import { paddingOf } from "./promptPadding.ts";

/** The gradient side of a model; its rules are fetched with the first gradient, which comes after the first answer. */
export interface GradientSide {
  open(): Promise<LossGraphs>;
  release(): Promise<void>;
}

export function gradientSide({
  manifest,
  encoder,
  answerSide,
  taps,
  grid,
  mergedBytes,
  sessions,
}: ModelParts): GradientSide {
  const padding = paddingOf({ manifest, answerSide });
  const source = { encoder, answer: answerSide, taps, grid, padding, mergedBytes };
  let opened: Promise<LossGraphs> | undefined;
  return {
    open() {
      const opening = (opened ??= loadPart(() => import("./lossGraphs.ts")).then(
        (part) => new part.LossGraphs(source, sessions),
      ));
      opening.catch(() => {
        opened = undefined;
      });
      return opening;
    },
    release: async () => (await opened)?.release(),
  };
}
