/** In words, what was measured about answers like the one on screen. */
import type { Understood } from "../../language/recognise.ts";
import { reliabilityOf } from "../../model/measured.ts";
import type { MeasuredAuc, MeasuredModel } from "../../model/measured.ts";
import { percent } from "./formats.ts";

export interface Said {
  /** What must be read first; empty where the percentages hold. */
  readonly lead: string;
  readonly text: string;
  /** Whether the stated percentage can be taken at its word. */
  readonly isTrusted: boolean;
}

/** Right this much less often than stated, a percentage is no longer taken at its word. */
const TOLERANCE = 0.02;

const UNMEASURED: Said = {
  lead: "Untested.",
  text: "Nothing was measured about this model’s answers.",
  isTrusted: false,
};

export function onPhantom(
  measured: MeasuredModel | undefined,
  { type, findingId, scope, heldOut, strategy }: Understood,
  confidence: number,
): Said {
  if (!measured) return UNMEASURED;
  if (findingId === "pneumonia") {
    return {
      lead: "Untested.",
      text: "Phantoms do not model pneumonia, so the percentages mean nothing here.",
      isTrusted: false,
    };
  }
  const found = reliabilityOf(
    measured,
    { type, isScoped: type === "presence" && scope !== null, trained: !heldOut, strategy },
    confidence,
  );
  if (!found) {
    return {
      lead: "Untested.",
      text: `The percentages are the model’s own; too few answers like this were counted on ${measured.phantoms} test phantoms.`,
      isTrusted: false,
    };
  }
  const { right, n, from, below } = found;
  const share = right / n;
  const isTrusted = from !== null && share >= from - TOLERANCE;
  const sure =
    from === null
      ? "answers"
      : from === 0
        ? `answers under ${percentOf(below ?? 1)} sure`
        : `answers ${percentOf(from)} sure${below === null ? " or more" : ` to ${percentOf(below)}`}`;
  const wording = heldOut ? "a wording not seen in training" : "a trained wording";
  return {
    lead: isTrusted ? "" : "Do not take the percentages at their word.",
    text: `On undisturbed test phantoms, ${sure} to ${wording} were right ${percent(share)} of the time (${right} of ${n}).`,
    isTrusted,
  };
}

/** Real films were measured for pneumonia alone, and the percentages for nothing. */
export function onRealFilm(measured: MeasuredModel | undefined, { findingId }: Understood): Said {
  if (!measured) return UNMEASURED;
  const { kermanyChildren, nihAdults } = measured;
  const numbers = `AUC ${auc(nihAdults)} on ${nihAdults.n} adults of another hospital, ${auc(kermanyChildren)} on ${kermanyChildren.n} children of the training hospital (0.5 is guessing, 1 is perfect)`;
  return findingId === "pneumonia"
    ? {
        lead: `Measured on real films: ${numbers}.`,
        text: "The percentages were not checked on any real film.",
        isTrusted: false,
      }
    : {
        lead: "Untested on real films.",
        text: `Only pneumonia was measured there: ${numbers}. The percentages mean nothing for this film.`,
        isTrusted: false,
      };
}

function auc({ auc: value, low, high }: MeasuredAuc): string {
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function percentOf(share: number): string {
  return `${Number((100 * share).toFixed(1))}%`;
}
