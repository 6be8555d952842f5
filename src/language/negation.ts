/** Whether a "yes" to a typed question means that the thing asked about is there. */
import { HEDGES, NEGATIONS, SUBJECT } from "./vocabulary.ts";

/** What says nothing about the subject although it holds a "no". */
const IDIOMS =
  /\b(?:yes or no|no or yes|yes no|whether or not|or not|(?:i'm|i am|we're|we are) not (?:sure|certain)|not (?:sure|certain)|no idea|no doubt|without (?:a )?doubt|(?:do not|don't) know)\b|\bor no SUBJECT\b/g;
const AGREEING_TAG =
  /,\s*(?:right|correct|yes|no|isn't (?:it|there)|is it not|doesn't (?:it|he|she)|don't you think)\s*\??$/;
/** "There is no effusion, is there?": a yes can be heard either way. */
const OPPOSING_TAG = /,\s*(?:is (?:it|there)|are there|does (?:it|he|she)|do you)\s*\??$/;
const DECLARATIVE =
  /^(?:so |then |and )?(?:this|it|that|there|the|he|she|patient|you|i|we|film|radiograph)\b/;
/** What may follow a "not" behind the subject. */
const ABSENT =
  /^(?:seen|present|visible|there|here|identified|shown|found|evident|detected|apparent|demonstrated|noted|be seen|$)/;

/**
 * The polarity of a question in which the thing asked about stands as SUBJECT, or null where the wording can be read
 * both ways: two negations, a negative question ("Isn't there …?"), a hedge, a "no" that belongs to something else.
 *
 * @param adjective whether the subject is a property ("Is the heart not enlarged?") and not a thing.
 */
export function readPolarity(masked: string, adjective = false): 1 | -1 | null {
  const stripped = masked.replaceAll(IDIOMS, " ").replaceAll(/\s+/g, " ").trim();
  const text = stripped
    .replace(AGREEING_TAG, "")
    .replaceAll(/\b(?:that|whether|if) there(?: is|'s| are)\b/g, " ");
  if (HEDGES.test(text)) return null;
  const cues = [...text.matchAll(NEGATIONS)];
  if (cues.length === 0) return 1;
  if (cues.length > 1 || OPPOSING_TAG.test(stripped)) return null;
  const [cue] = cues as [RegExpExecArray];
  const at = cue.index;
  const subjectAt = text.indexOf(SUBJECT);
  if (subjectAt < 0) return null;
  return at < subjectAt
    ? before(cue[0], text.slice(0, at), text.slice(at + cue[0].length, subjectAt), adjective)
    : after(cue[0], text.slice(subjectAt, at), text.slice(at + cue[0].length));
}

const isNot = (cue: string) => cue === "not" || cue === "cannot" || cue.endsWith("n't");

function before(cue: string, lead: string, between: string, adjective: boolean): 1 | -1 | null {
  if (/[,;.?!]/.test(between)) {
    // "No history of trauma, any pneumothorax?": the cue has a clause and a noun of its own.
    const own = between.split(/[,;.?!]/)[0]!.trim();
    return own !== "" && /^(?:no|not|without)$/.test(cue) ? 1 : null;
  }
  if (between.includes(":")) return null;
  if (isNot(cue)) {
    if (adjective && !cue.endsWith("n't")) return -1;
    const clause = `${lead}${cue}`
      .split(/[,;.?!:]/)
      .at(-1)!
      .trim();
    return DECLARATIVE.test(clause) ? -1 : null;
  }
  return /\b(?:is|are|does|do|has|have|can|could|was|see)\b/.test(between) ? null : -1;
}

function after(cue: string, between: string, rest: string): 1 | -1 | null {
  if (/[,;.?!:]/.test(between)) return null;
  if (isNot(cue)) return ABSENT.test(rest.replace(/[?.!\s]+$/, "").trim()) ? -1 : null;
  return /^(?:absent|rul|exclud|lacking)/.test(cue) ? -1 : null;
}
