/** In words, what was measured about answers like the one on screen. */
import type { Understood } from "../language/recognize.ts";
import { countKey, countedOn } from "../model/filmCounts.ts";
import type { FilmCounts } from "../model/filmCounts.ts";
import { reliabilityOf } from "../model/measured.ts";
import type { MeasuredAuc, MeasuredModel } from "../model/measured.ts";
import { percent } from "../numerics/percentText.ts";
import { decimal } from "../numerics/decimalText.ts";

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
  text: "The page holds no measurement of this model’s answers; its own card may.",
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

/** An interval that reaches below this is no better than a guess with a little luck. */
const CHANCE = 0.6;

/** What is said of the answer, and where the film stands among the model's populations, where that is known. */
export interface Stated {
  readonly confidence: number;
  readonly place:
    { readonly nearest: "adult" | "child" | "phantom"; readonly isFar: boolean } | undefined;
  /** On how many test films the model said yes, where that was counted. */
  readonly counts?: FilmCounts | undefined;
}

/** What is known of this very question on real films; a percentage as stated is never taken at its word there. */
export function onRealFilm(
  measured: MeasuredModel | undefined,
  asked: Understood,
  stated: Stated,
): Said {
  if (!measured) return UNMEASURED;
  const key = filmKey(asked);
  const own = key === undefined ? "" : numbersOf(measured, key);
  const found = foundOn(asked, stated);
  if (own !== "") {
    const area = `Measured on real films: ${own}.`;
    const text = percentagesOn(measured, key ?? "", stated);
    return {
      lead: found === "" ? area : found,
      text: found === "" ? text : `${area} ${text}`,
      isTrusted: false,
    };
  }
  if (found !== "") {
    return {
      lead: found,
      text: "On films that have it nothing was measured. The percentages say nothing about this film.",
      isTrusted: false,
    };
  }
  const others = Object.keys({ ...measured.adults, ...measured.children });
  return {
    lead: "Untested on real films.",
    text:
      others.length === 1
        ? `Only ${others[0]} was measured there: ${numbersOf(measured, others[0]!)}. The percentages say nothing about this film.`
        : "The card says which questions were measured. The percentages say nothing about this film.",
    isTrusted: false,
  };
}

/** What the answer was worth on films like this one, in counts; empty where nothing was counted. */
function foundOn(asked: Understood, { place, counts }: Stated): string {
  const population = place?.nearest === "child" && !place.isFar ? "child" : "adult";
  const key = asked.scope === null ? countKey(asked) : undefined;
  const counted = countedOn(counts, key, population);
  if (!counted) return "";
  const { normal, present } = counted;
  const films = population === "child" ? "normal children" : "normal adults";
  // Whole sentences: another language puts their parts in another order.
  if (key === "normal") {
    return present
      ? `Asked plainly, this model calls ${normal.yes} of ${normal.n} ${films} normal, and ${present.yes} of ${present.n} with a finding (test films).`
      : `Asked plainly, this model calls ${normal.yes} of ${normal.n} ${films} normal (test films).`;
  }
  return present
    ? `Asked plainly, this model finds it on ${normal.yes} of ${normal.n} ${films} and on ${present.yes} of ${present.n} with it (test films).`
    : `Asked plainly, this model finds it on ${normal.yes} of ${normal.n} ${films} (test films).`;
}

function percentagesOn(
  { adults, children, calibration }: MeasuredModel,
  key: string,
  { confidence, place }: Stated,
): string {
  // Of a picture that the model does not know nothing was checked, whatever it is nearest to.
  const nearest = place?.isFar ? undefined : place?.nearest;
  if (adults[key] && adults[key].low < CHANCE && nearest !== "child") {
    return "On adults that is close to guessing. No percentage can mend it.";
  }
  const films = { adult: adults, child: children };
  if (nearest === undefined || nearest === "phantom" || !films[nearest][key]) {
    return "The percentages were not checked on films like this one.";
  }
  const { ece, temperature, eceCalibrated } = calibration[nearest];
  const off =
    nearest === "adult"
      ? `On test films of adults, over all questions, stated percentages were off by ${points(ece)} on average`
      : `On test films of children, stated percentages about pneumonia were off by ${points(ece)} on average`;
  if (eceCalibrated >= ece) return `${off}.`;
  const logit = Math.log(confidence / (1 - confidence)) / temperature;
  return `${off}. Corrected by one factor (a temperature) fitted on other such films they are off by ${points(eceCalibrated)}, and this answer is ${percent(1 / (1 + Math.exp(-logit)))} sure.`;
}

function points(share: number): string {
  return `${decimal(100 * share, 1)} points`;
}

/** The name a question has among those measured on films; limits of side and size were never measured. */
function filmKey({ type, findingId, scope }: Understood): string | undefined {
  if (type === "normal") return "normal";
  if (type === "view") return "ap";
  if (type === "heart") return "cardiomegaly";
  return type === "presence" && scope === null && findingId ? findingId : undefined;
}

function numbersOf({ adults, children }: MeasuredModel, key: string): string {
  const parts = [
    adults[key] && `AUC ${auc(adults[key])} on ${adults[key].n} adults`,
    children[key] &&
      `${adults[key] ? "" : "AUC "}${auc(children[key])} on ${children[key].n} children of one hospital`,
  ].filter(Boolean);
  return parts.length === 0 ? "" : `${parts.join(", ")}; 0.5 is guessing, 1 is perfect`;
}

function auc({ auc: value, low, high }: MeasuredAuc): string {
  return `${decimal(value, 2)} (${decimal(low, 2)} to ${decimal(high, 2)})`;
}

function percentOf(share: number): string {
  return `${Number((100 * share).toFixed(1))}%`;
}
