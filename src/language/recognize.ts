/**
 * What a typed question asks, so that the lab answers it in the right answer space or says why it can't. The model is
 * always given the exact words typed; what is understood here decides the answer space, the polarity and the
 * paraphrases. Rules, not a model: what they can't settle is refused by name, never guessed.
 */
import { LabError } from "../errors/labError.ts";
import { readPolarity } from "./negation.ts";
import { FINDING_TERMS, expandQuestions, plainQuestions } from "./questionBank.ts";
import type { ExpandedQuestion, QuestionType } from "./questionBank.ts";
import { readScope, withScope } from "./scope.ts";
import { correctSpelling } from "./spelling.ts";
import type { Correction } from "./spelling.ts";
import { refuse, refuseSubject, termOf } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { readTopic } from "./topics.ts";
import {
  FOREIGN,
  HEDGES,
  NEGATIONS,
  SIZES,
  SUBJECT,
  findSubjects,
  isNeutral,
  plainSpelling,
} from "./vocabulary.ts";
import type { Subject } from "./vocabulary.ts";

export interface Understood extends ExpandedQuestion {
  /** True when the wording is not in the bank and was read by rules. */
  readonly freeText: boolean;
  /** Words read as another word, one typing error away. */
  readonly corrections: readonly Correction[];
  /** Typed words that were left out of the reading, such as "loculated" or a lobe. */
  readonly unread: readonly string[];
}

export type Interpretation =
  | { readonly understood: Understood; readonly refusal: null }
  | { readonly understood: null; readonly refusal: Refusal };

const MAX_CHARACTERS = 200;

/**
 * @throws LabError "question-invalid" with one sentence and what to ask instead; `where` is the refusal's reason.
 */
export function recognizeQuestion(text: string): Understood {
  const { understood, refusal } = interpretQuestion(text);
  if (understood) return understood;
  throw new LabError("question-invalid", refusal.message, {
    hint: refusal.hint,
    where: refusal.reason,
  });
}

/** The same without throwing. */
export function interpretQuestion(text: string): Interpretation {
  const read = readText(text);
  return "reason" in read
    ? { understood: null, refusal: read }
    : { understood: { ...read, text }, refusal: null };
}

type Read = Omit<Understood, "text">;

function readText(text: string): Read | Refusal {
  // Before any pattern runs: pasted text can be megabytes long.
  if (text.length > 20 * MAX_CHARACTERS || collapse(text).length > MAX_CHARACTERS) {
    return refuse.tooLong(MAX_CHARACTERS);
  }
  const asked = withoutClosing(collapse(text));
  if (asked === "") return refuse.empty();
  const known = byText().get(asked);
  if (known && (known.equivalent || known.scope)) {
    const exact = collapse(known.text) === collapse(text);
    return {
      ...known,
      heldOut: known.heldOut || !exact,
      freeText: false,
      corrections: [],
      unread: [],
    };
  }
  return byRules(collapse(text));
}

let index: Map<string, ExpandedQuestion> | undefined;

function byText(): Map<string, ExpandedQuestion> {
  index ??= new Map(expandQuestions().map((q) => [withoutClosing(collapse(q.text)), q]));
  return index;
}

/** Lower case and white space collapsed: what the tokenizer treats as equal. */
function collapse(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ").trim();
}

function withoutClosing(text: string): string {
  return text.replace(/[?.! ]+$/, "");
}

/** Orders to a chat model, markup and links: not part of any question about a radiograph. */
const INSTRUCTION =
  /\b(?:ignore|disregard|forget|override|jailbreak|pretend|system prompt|you are now|developer mode)\b|\b(?:answer|say|reply|respond|output|print|write|return)\b[^?.]{0,20}?\b(?:yes|no)\b(?! or (?:no|yes)|\/)|<[/!|a-z]|\[inst|\{\{|https?:|\bdrop table\b/;

const ABBREVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/\br\/o\b/g, "rule out"],
  [/\bw\/o\b/g, "without"],
  [/\b(?:h\/o|hx)\b/g, "history of"],
  [/\bs\/p\b/g, "status post"],
  [/\bb\/l\b/g, "bilateral"],
  [/(?<![a-z0-9'/])(?:lt|l)(?![a-z0-9'/])\.?/g, "left"],
  [/(?<![a-z0-9'/])(?:rt|r)(?![a-z0-9'/])\.?/g, "right"],
  [/\blll\b/g, "left lower lobe"],
  [/\blul\b/g, "left upper lobe"],
  [/\brll\b/g, "right lower lobe"],
  [/\brul\b/g, "right upper lobe"],
  [/\brml\b/g, "right middle lobe"],
  [/\b\d{1,3}[ -]?(?:y\/?o|yr|years?)(?:[ -]old)?\b/g, " "],
];

function byRules(collapsed: string): Read | Refusal {
  const plain = collapsed.normalize("NFKC").replaceAll(/[\u2018\u2019]/g, "'");
  if (INSTRUCTION.test(plain)) return refuse.instruction();
  if (FOREIGN.test(plain)) return refuse.notEnglish();
  let spelled = plain;
  for (const [pattern, words] of ABBREVIATIONS) spelled = spelled.replaceAll(pattern, words);
  const { text, corrections } = correctSpelling(spelled);
  const asked = plainSpelling(text);
  const found = findSubjects(asked);
  const refusal =
    severalOrUnclear(asked, found.subjects, found.masked) ?? outsideOf(asked, found.masked);
  if (refusal) return refusal;
  const [subject] = found.subjects;
  const read =
    subject?.kind === "finding" && !devicesTogether(asked, found.subjects)
      ? aboutFinding(subject.findingId, found.masked)
      : aboutFilm(asked, collapsed);
  if ("reason" in read) return read;
  const words = wordsOf(read.rest);
  const unread = words.filter((word) => !isNeutral(word));
  if (unread.length >= 3 && unread.length > words.length / 2) return refuse.mostlyUnread(unread);
  const { rest: _, ...question } = read;
  return {
    ...question,
    corrections,
    unread: [...new Set([...question.unread, ...unread])],
    heldOut: true,
    freeText: true,
    templateId: "free",
  };
}

function severalOrUnclear(
  asked: string,
  subjects: readonly Subject[],
  masked: string,
): Refusal | undefined {
  if (!devicesTogether(asked, subjects)) {
    const named = names(subjects);
    const beside = subjects.some(({ kind }) => kind === "finding") ? besideFinding(masked) : [];
    if (named.length + beside.length > 1) return refuse.several([...named, ...beside]);
    const [subject] = subjects;
    if (subject && subject.kind !== "finding") return refuseSubject(subject);
  }
  const asking = asked.replaceAll(/\b(?:yes or no|please|pls|thanks|thank you|thx)\b/g, " ");
  const sentences = asking.split("?").filter((part) => /[a-z]{2}/.test(part));
  const followUp = /\bif so\b|^(?:is|are) there\b.*\band\b.*\b(?:which|what|where|how)\b/;
  return (asked.includes("?") && sentences.length > 1) || followUp.test(asked)
    ? refuse.severalQuestions()
    : undefined;
}

/** "Lines and tubes" is the one question about several things that the bank has. */
function devicesTogether(asked: string, subjects: readonly Subject[]): boolean {
  return (
    readTopic(asked)?.type === "device" &&
    subjects.every(isDevice) &&
    (names(subjects).length > 1 || subjects.every(({ kind }) => kind !== "finding"))
  );
}

/** Topics asked about in one breath with a finding. A "normal-looking portable film" is its setting only. */
function besideFinding(masked: string): string[] {
  if (/\b(?:pa or (?:an )?ap|ap or (?:a )?pa)\b/.test(masked)) return ["the view"];
  if (/\b(?:normal or|or (?:is (?:it|this) )?normal)\b/.test(masked)) return ["a normal film"];
  const topic = readTopic(masked);
  if (topic?.type === "device") return ["medical devices"];
  return topic?.type === "heart" && /\b(?:and|or)\b|[,/&+]/.test(masked) ? ["heart size"] : [];
}

function isDevice(subject: Subject): boolean {
  const ids =
    subject.kind === "finding"
      ? [subject.findingId]
      : subject.kind === "near"
        ? subject.meanings
        : [];
  return ids.some((id) => FINDING_TERMS.find((f) => f.id === id)?.role === "device");
}

function names(subjects: readonly Subject[]): string[] {
  return [...new Set(subjects.map((s) => (s.kind === "finding" ? termOf(s.findingId) : s.typed)))];
}

/** Questions that one film and a closed set of answers can't answer, whatever they are about. */
function outsideOf(asked: string, masked: string): Refusal | undefined {
  const outside: readonly (readonly [RegExp, string])[] = [
    [
      /\b(?:wors\w+|improv\w+|increas\w+|decreas\w+|resolv\w+|unchanged|stable|gone|no longer|any more|progress\w*|interval|changed?|since|(?:prior|previous|last|earlier) (?:film|radiograph|study|exam|x ray|image|cxr))\b/,
      "The model sees one radiograph and can't compare it with an earlier one.",
    ],
    [/\bhow many\b|\bnumber of\b|\bcount\b/, "The model doesn't count findings."],
    [
      /\bhow (?:likely|certain|sure|probable|confident)\b|\bprobability\b|\bchances?\b|\bpercent\w*\b/,
      "A probability can't be asked for in words; it stands beside every answer.",
    ],
    [
      /\bhow (?:bad|severe|serious)\b|\bseverity\b|\bgrade\b/,
      "The model has no grades of severity.",
    ],
    [
      /\b(?:tip|malposition\w*|misplaced|(?:well|correctly|properly|wrongly) (?:placed|positioned)|(?:correct|right|good) (?:position|place)|placement|bronchus|carina|too (?:low|high|deep|far))\b/,
      "The model doesn't judge where a device ends.",
    ],
    [
      /\b(?:why|causes?|caused|because|treat\w*|drain(?:ed|age)?|manage\w*|prognosis|operate|surgery|should (?:i|we))\b/,
      "The model says what is on the film, not why or what to do about it.",
    ],
    [
      /\bSUBJECT (?:\w+ )?(?:ok|okay|fine|normal|good)\W*$/,
      "The model says whether something is there, not whether it is as it should be.",
    ],
    [
      /^(?:what is|what's|what are|define|explain)(?: an?| the)? SUBJECT\W*$|\b(?:what does|how does)\b.*\blook like\b/,
      "The model answers about this radiograph and doesn't explain terms.",
    ],
  ];
  const hit = outside.find(([pattern]) => pattern.test(masked));
  return hit && refuse.outside(hit[1], asked);
}

interface Draft extends Read {
  /** The question without all that was understood. */
  readonly rest: string;
}

function aboutFinding(findingId: string, masked: string): Draft | Refusal {
  const comparison = readComparison(findingId, masked);
  if (comparison) return comparison;
  const scope = readScope(masked);
  const type: QuestionType = scope.asksSide ? "side" : scope.asksSize ? "size" : "presence";
  if (scope.asksSide && scope.asksSize) return refuse.severalQuestions();
  const plain = plainQuestions().find((q) => q.type === type && q.findingId === findingId);
  if (!plain) return refuse.noSideOrSize(findingId, type === "side" ? "side" : "size");
  const polarity = readPolarity(scope.unsided);
  if (polarity === null || (polarity < 0 && type !== "presence")) {
    return refuse.unclearNegation(termOf(findingId));
  }
  const { question, left } = withScope(plain, findingId, scope);
  return {
    ...question,
    strategy: question.scope ? "scope" : polarity < 0 ? "negation" : "syntactic",
    polarity,
    freeText: true,
    corrections: [],
    unread: left,
    rest: scope.rest,
  };
}

const GREATER = "larger|bigger|greater|more";
const COMPARED = new RegExp(
  `\\b(left|right)\\b(?!.*\\b\\1\\b).*\\b(${GREATER}|smaller|less)\\b.*\\bthan\\b.*\\b(left|right|other|opposite)\\b`,
);
const MORE_ON =
  /\b(more|less)\b.*\bon the (left|right)\b.*\bthan\b.*\b(left|right|other|opposite)\b/;

/** "Is the left effusion larger than the right?" Only effusions are compared. */
function readComparison(findingId: string, masked: string): Draft | Refusal | undefined {
  const more = MORE_ON.exec(masked);
  const larger = more ?? COMPARED.exec(masked);
  const asksComparison = /\b(?:larger|bigger|greater|smaller|largest|biggest|smallest|than)\b/.test(
    masked,
  );
  if (!larger) return asksComparison ? refuse.comparison() : undefined;
  const [side, word] = more ? [more[2]!, more[1]!] : [larger[1]!, larger[2]!];
  const plain = plainQuestions().find(
    (q) => q.canonicalId === `comparison.${side}` && q.findingId === findingId,
  );
  if (!plain || side === larger[3]) return refuse.comparison();
  if (readPolarity(masked) !== 1) return refuse.unclearNegation("a comparison");
  return {
    ...plain,
    strategy: "syntactic",
    polarity: word === "smaller" || word === "less" ? -1 : 1,
    freeText: true,
    corrections: [],
    unread: [],
    rest: cleared(masked).replaceAll(
      /\b(?:other|opposite|smaller|greater|than|bigger|larger|more|less)\b/g,
      " ",
    ),
  };
}

/** The heart, the view, devices together, the whole film. */
function aboutFilm(asked: string, collapsed: string): Draft | Refusal {
  const topic = readTopic(asked);
  if (!topic) {
    if (!/[a-z]/.test(collapsed) || /[^\p{Script=Latin}\p{N}\p{P}\p{S}\s]/u.test(collapsed)) {
      return refuse.notEnglish();
    }
    return refuse.unknown(collapsed, asked);
  }
  if ("refusal" in topic) return topic.refusal;
  const plain = plainQuestions().find((q) => q.type === topic.type)!;
  const turned = plain.answerSpace === "yes-no" ? readPolarity(topic.masked, topic.adjective) : 1;
  if (turned === null) return refuse.unclearNegation(topic.about);
  const polarity = turned === topic.polarity ? 1 : -1;
  return {
    ...plain,
    strategy: polarity < 0 ? "negation" : "syntactic",
    polarity,
    freeText: true,
    corrections: [],
    unread: [],
    rest: cleared(topic.masked).replaceAll(
      topic.type === "device" ? /\b(?:tubes?|lines?|devices?|drains?|pacemakers?)\b/g : /$^/g,
      " ",
    ),
  };
}

/** Without what was read: the subject, negations, sides and sizes. */
function cleared(masked: string): string {
  let rest = masked.replaceAll(SUBJECT, " ").replaceAll(NEGATIONS, " ").replace(HEDGES, " ");
  for (const pattern of Object.values(SIZES)) rest = rest.replaceAll(pattern, " ");
  return rest.replaceAll(/\b(?:left|right)\b/g, " ");
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+(?:'[a-z]+)?/gu) ?? [];
}
