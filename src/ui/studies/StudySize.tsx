/** How much a study asks for, said before it starts. */
import { toErrorData } from "../../errors/labError.ts";
import { planSize } from "../../study/plan.ts";
import type { Study } from "../../study/schema.ts";
import { useResults } from "../context/stores.ts";
import { laneCount } from "./studyLane.ts";

export type Size =
  { readonly rows: number; readonly passes: number } | { readonly refusal: string };

export function sizeOf(study: Study): Size {
  try {
    const { rows, encoderPasses } = planSize(study);
    return { rows, passes: encoderPasses };
  } catch (error) {
    return { refusal: sentence(error) };
  }
}

export function sentence(error: unknown): string {
  const { message, hint } = toErrorData(error);
  return [message, hint].filter(Boolean).join(" ");
}

/** How long it takes is known from the pass that the engine measured at load. */
export function StudySize({ size }: { readonly size: Size }) {
  const forwardMs = useResults((s) => s.backend?.forwardMs ?? null);
  if ("refusal" in size) return <p role="alert">{size.refusal}</p>;
  const lanes = laneCount(navigator.hardwareConcurrency);
  const seconds = forwardMs === null ? null : (size.passes * forwardMs) / 1000 / lanes;
  const time =
    seconds === null
      ? ""
      : seconds < 90
        ? `, at least ${Math.ceil(seconds)} s`
        : `, at least ${Math.round(seconds / 60)} min`;
  return (
    <p data-testid="study-size">
      {size.rows} runs{time}.
    </p>
  );
}
