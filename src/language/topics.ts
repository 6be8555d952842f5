/** Questions about the whole film: the heart's size, devices together, the view, portable or not, normal or not. */
import type { QuestionType } from "./questionBank.ts";
import { refuse } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { SUBJECT } from "./vocabulary.ts";

export type Topic =
  | {
      readonly type: QuestionType;
      /** What is asked about, for a sentence. */
      readonly about: string;
      /** Of the property named, before any negation: -1 for "of normal size" or "abnormal". */
      readonly polarity: 1 | -1;
      /** The question with the property as the placeholder. */
      readonly masked: string;
      /** Whether the placeholder is a property ("not enlarged") and not a thing. */
      readonly adjective: boolean;
    }
  | { readonly type: QuestionType; readonly refusal: Refusal };

const HEART = /\b(?:heart|cardiac (?:silhouette|shadow|size)|cardiac)\b/;
const NORMAL_SIZE =
  /\b(?:(?:of )?normal (?:in )?size|normal sized|within normal limits|wnl|normal|ok|okay|unremarkable)\b/;
const LARGE = /\b(?:enlarged|too (?:large|big)|large|big|bigger|oversized|dilated)\b/;
const DEVICE =
  /\b(?:(?:medical |support |implanted )?devices?|(?:support )?apparatus|hardware|tubes?,? (?:and|or|,) ?lines?(?:,? (?:and|or) (?:a )?pacemakers?)?|lines?,? (?:and|or) tubes?|tubes?, lines?,? or (?:a )?pacemakers?)\b|\btubes?\/lines?\b|\blines?\/tubes?\b/;
const VIEW =
  /\b(?:pa|ap|postero ?anterior|antero ?posterior)\b|\b(?:what|which) (?:view|projection)\b|\b(?:view|projection) (?:is|was|of)\b|\bview\??$|\bprojection\??$/;
const PORTABLE = /\b(?:portable|bedside|mobile)\b/;
const NORMAL =
  /\b(?:normal|unremarkable|within normal limits|wnl|nad|(?:everything|all) (?:ok|okay|fine|good))\b/;
const ABNORMAL =
  /\b(?:abnormal(?:it(?:y|ies))?|(?:anything|something|nothing) (?:wrong|amiss)|pathology|pathological)\b/;
/**
 * Asks to be told what or where something is, which no yes or no can answer. Not "What do you think: is it abnormal?", where a closed
 * question follows.
 */
const OPEN =
  /\b(?:what|what's|which|where|list|name|describe|identify|enumerate|point out)\b(?!.*\b(?:is|are|do|does) (?:it|this|these|there (?:an?|any|some|something|anything|no)|the (?:film|radiograph|image|picture|chest))\b)/;
const PART =
  /\b(?:lungs?|lobes?|zones?|hil(?:a|um|ar)|diaphragm|mediastin\w*|cardiomediastinal|silhouette|heart|ribs?|bones?|bony|spine|trachea|aort\w+|pleura|angles?|vessels|vasculature|soft tissues?|quality|exposure|inspiration|rotation|position(?:ing)?|left|right)\b/;

/** The first topic of the text, or null. */
export function readTopic(asked: string): Topic | null {
  if (HEART.test(asked)) {
    const heart = heartTopic(asked);
    if (heart) return heart;
  }
  if (DEVICE.test(asked)) {
    return topic({ type: "device", about: "a medical device" }, asked, DEVICE, {
      polarity: 1,
      adjective: false,
    });
  }
  if (/\b(?:lateral|oblique|decubitus|lordotic)\b/.test(asked) && !/\bbi ?lateral/.test(asked)) {
    return {
      type: "view",
      refusal: refuse.topic(
        "The model tells PA from AP and knows no other view.",
        'Ask "Is this a PA or an AP view?"',
      ),
    };
  }
  if (PORTABLE.test(asked))
    return topic({ type: "portable", about: "a portable film" }, asked, PORTABLE, {
      polarity: 1,
      adjective: true,
    });
  if (VIEW.test(asked))
    return topic({ type: "view", about: "the view" }, asked, VIEW, {
      polarity: 1,
      adjective: true,
    });
  if ((NORMAL.test(asked) || ABNORMAL.test(asked)) && PART.test(asked)) {
    return {
      type: "normal",
      refusal: refuse.topic(
        "The model judges whether the whole film is normal, not a part of it.",
        'Ask "Is this radiograph normal?"',
      ),
    };
  }
  if (NORMAL.test(asked) && ABNORMAL.test(asked)) {
    return {
      type: "normal",
      refusal: refuse.topic(
        'A "yes" to "normal or abnormal" would mean nothing.',
        'Ask "Is this radiograph normal?"',
      ),
    };
  }
  if ((ABNORMAL.test(asked) || NORMAL.test(asked)) && OPEN.test(asked)) {
    return { type: "normal", refusal: refuse.openQuestion() };
  }
  if (ABNORMAL.test(asked)) {
    const nothing = /\bnothing (?:wrong|amiss)\b/;
    // "Nothing wrong" keeps its negation for the reading of polarity.
    const text = nothing.test(asked) ? asked.replace(nothing, "nothing pathological") : asked;
    return topic({ type: "normal", about: "a normal film" }, text, ABNORMAL, {
      polarity: -1,
      adjective: true,
    });
  }
  if (NORMAL.test(asked))
    return topic({ type: "normal", about: "a normal film" }, asked, NORMAL, {
      polarity: 1,
      adjective: true,
    });
  return null;
}

function heartTopic(asked: string): Topic | null {
  if (/\b(?:how (?:big|large)|what(?:'s| is)(?: the)?(?: size)?)\b/.test(asked)) {
    return {
      type: "heart",
      refusal: refuse.topic(
        "The model gives no measure of the heart, only whether it is enlarged.",
        'Ask "Is the heart enlarged?"',
      ),
    };
  }
  if (/\b(?:aort\w+|hil(?:a|um|ar)|ventric\w+|atri(?:um|al)|mediastin\w+)\b/.test(asked)) {
    return {
      type: "heart",
      refusal: refuse.topic(
        "Of the heart and the great vessels, the model was trained on the size of the whole heart alone.",
        'Ask "Is the heart enlarged?"',
      ),
    };
  }
  const ofNormalSize = /\bsized?\b/.test(asked) && NORMAL_SIZE.test(asked);
  if (ofNormalSize && LARGE.test(asked)) {
    return {
      type: "heart",
      refusal: refuse.topic(
        'A "yes" to "normal or enlarged" would mean nothing.',
        'Ask "Is the heart enlarged?"',
      ),
    };
  }
  if (ofNormalSize)
    return topic({ type: "heart", about: "heart size" }, asked, NORMAL_SIZE, {
      polarity: -1,
      adjective: true,
    });
  if (LARGE.test(asked))
    return topic({ type: "heart", about: "heart size" }, asked, LARGE, {
      polarity: 1,
      adjective: true,
    });
  if (/\b(?:normal|abnormal|ok|okay|small|size|unremarkable)\b/.test(asked)) {
    return {
      type: "heart",
      refusal: refuse.topic(
        "Of the heart, the model was trained on enlargement alone.",
        'Ask "Is the heart enlarged?" or "Is the heart of normal size?"',
      ),
    };
  }
  return null;
}

function topic(
  what: { readonly type: QuestionType; readonly about: string },
  asked: string,
  pattern: RegExp,
  how: { readonly polarity: 1 | -1; readonly adjective: boolean },
): Topic {
  return { ...what, ...how, masked: asked.replace(pattern, SUBJECT) };
}
